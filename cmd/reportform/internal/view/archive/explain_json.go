package archive

import (
	"path/filepath"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/cmd/reportform/internal/view/ledgers"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/plan"
)

type explanationMessage struct {
	view.Head
	Path    string          `json:"path"`
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
	State       string               `json:"state"`
	Fault       engine.Fault         `json:"fault,omitempty"`
	FoundBytes  int64                `json:"found_bytes,omitempty"`
	FoundSHA256 string               `json:"found_sha256,omitempty"`
	Error       string               `json:"error,omitempty"`
	Held        *ledgers.HeldMessage `json:"held,omitempty"`
	Reason      plan.Reason          `json:"reason,omitempty"`
	Failure     string               `json:"failure,omitempty"`
	Orphan      string               `json:"orphan,omitempty"`
	Unwanted    string               `json:"unwanted,omitempty"`
	Lost        string               `json:"lost,omitempty"`
	Until       time.Time            `json:"until,omitzero"`
	LostAt      time.Time            `json:"lost_at,omitzero"`
}

type declarationMessage struct {
	Address  string `json:"address"`
	Filename string `json:"filename"`
	Line     int    `json:"line"`
}

// Explanation writes where a file comes from.
func (j *JSON) Explanation(x *engine.Explanation) {
	message := explanationMessage{view.HeadOf(view.TypeExplanation), x.Path, x.Exists, x.Nearest, []originMessage{}}
	for i := range x.Origins {
		message.Origins = append(message.Origins, newOriginMessage(&x.Origins[i]))
	}
	j.Put(message)
}

func newOriginMessage(or *engine.Origin) originMessage {
	m := originMessage{
		Tenant: or.Key.Tenant, Report: or.Key.Report, Output: or.Output, From: or.From, To: or.To, Label: or.Label,
		Declared: []declarationMessage{}, State: "declared",
		Fault: or.Mismatch.Fault, FoundBytes: or.Mismatch.FoundBytes, FoundSHA256: or.Mismatch.FoundSHA256,
		Reason: or.Reason, Orphan: or.Orphan, Unwanted: or.Unwanted, LostAt: or.LostAt,
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
	if or.Mismatch.Err != nil {
		m.Error = or.Mismatch.Err.Error()
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
