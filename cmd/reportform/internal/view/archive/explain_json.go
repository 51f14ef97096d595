package archive

import (
	"path/filepath"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/cmd/reportform/internal/view/ledgers"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/place"
)

type explanationMessage struct {
	view.Head
	Place   place.Place     `json:"path"`
	Exists  bool            `json:"exists"`
	Nearest string          `json:"nearest,omitempty"`
	Origins []originMessage `json:"origins"`
}

type originMessage struct {
	Tenant   string               `json:"tenant"`
	Report   string               `json:"report"`
	Output   string               `json:"output"`
	From     time.Time            `json:"from"`
	To       time.Time            `json:"to"`
	Label    string               `json:"label,omitempty"`
	Declared []declarationMessage `json:"declared"`
	// State is held, left or declared.
	State string `json:"state"`
	// Place is that of the origin, where it is not the one that was asked for.
	Place place.Place     `json:"path,omitempty"`
	Fault place.Condition `json:"fault,omitempty"`
	// Unverifiable reports that nobody can read again what is there.
	Unverifiable bool                 `json:"unverifiable,omitempty"`
	FoundBytes   int64                `json:"found_bytes,omitempty"`
	FoundSHA256  string               `json:"found_sha256,omitempty"`
	Error        string               `json:"error,omitempty"`
	Held         *ledgers.HeldMessage `json:"held,omitempty"`
	Reason       plan.Reason          `json:"reason,omitempty"`
	Failure      string               `json:"failure,omitempty"`
	Orphan       string               `json:"orphan,omitempty"`
	Protected    bool                 `json:"protected,omitempty"`
	Unwanted     string               `json:"unwanted,omitempty"`
	Lost         string               `json:"lost,omitempty"`
	Until        time.Time            `json:"until,omitzero"`
	LostAt       time.Time            `json:"lost_at,omitzero"`
}

type declarationMessage struct {
	Address  string `json:"address"`
	Filename string `json:"filename"`
	Line     int    `json:"line"`
}

// Explanation writes where a file comes from.
func (j *JSON) Explanation(x *engine.Explanation) {
	message := explanationMessage{view.HeadOf(view.TypeExplanation), x.Place, x.Exists, x.Nearest, []originMessage{}}
	for i := range x.Origins {
		message.Origins = append(message.Origins, newOriginMessage(x, &x.Origins[i]))
	}
	j.Put(message)
}

func newOriginMessage(x *engine.Explanation, or *engine.Origin) originMessage {
	m := originMessage{
		Tenant: or.Key.Tenant, Report: or.Key.Report, Output: or.Output, From: or.From, To: or.To, Label: or.Label,
		Declared: []declarationMessage{}, State: "declared",
		Fault: faultOf(&or.Found), Unverifiable: (or.Held != nil || or.Left != nil) && or.Found.Condition == "", FoundBytes: or.Found.Bytes, FoundSHA256: or.Found.SHA256,
		Reason: or.Reason, Orphan: or.Orphan, Protected: or.Protected, Unwanted: or.Unwanted, LostAt: or.LostAt,
	}
	if or.Place != x.Place {
		m.Place = or.Place
	}
	for _, d := range or.Declared {
		m.Declared = append(m.Declared, declarationMessage{d.Address, filepath.ToSlash(d.Range.Filename), d.Range.Start.Line})
	}
	switch {
	case or.Held != nil:
		held := ledgers.NewHeldMessage(or.Key.Tenant, or.Key.Report, or.Held)
		m.State, m.Held = "held", &held
	case or.Left != nil:
		m.State = "left"
		if m.Orphan == "" {
			m.Orphan = "path"
		}
	}
	if or.Found.Err != nil {
		m.Error = or.Found.Err.Error()
	}
	if or.Failed != nil {
		m.Failure = or.Failed.Error
	}
	if or.Lost != nil {
		m.Lost = or.Lost.Why
	}
	if or.Waiting != nil {
		m.Until = or.Waiting.Until
	}
	return m
}
