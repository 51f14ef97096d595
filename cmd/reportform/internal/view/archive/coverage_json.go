package archive

import (
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/cmd/reportform/internal/view/plans"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
)

type tallyMessage struct {
	Percent float64 `json:"percent"`
	Held    int     `json:"held"`
	Missing int     `json:"missing"`
	Open    int     `json:"open"`
	Waiting int     `json:"waiting"`
	Lost    int     `json:"lost"`
}

func newTally(t plan.Tally) tallyMessage {
	return tallyMessage{t.Percent(), t.Held, t.Missing, t.Open, t.Waiting, t.Lost}
}

type coverageMessage struct {
	view.Head
	Tenant string `json:"tenant"`
	Report string `json:"report"`
	tallyMessage
	Late int64 `json:"late"` // events that a later reading found
}

type coverageRunMessage struct {
	view.Head
	Tenant  string        `json:"tenant"`
	Report  string        `json:"report"`
	Status  plan.Status   `json:"status"`
	From    time.Time     `json:"from"`
	To      time.Time     `json:"to"`
	First   string        `json:"first"`
	Last    string        `json:"last"`
	Slices  int           `json:"slices"`
	Reasons []plan.Reason `json:"reasons,omitempty"`
	Outputs []string      `json:"outputs,omitempty"`
	Lacking []plan.Lack   `json:"lacking,omitempty"`
	Why     string        `json:"why,omitempty"`
	Until   time.Time     `json:"until,omitzero"`
	LostAt  time.Time     `json:"lost_at,omitzero"`
}

// latenessMessage says how late the events of a report type came.
type latenessMessage struct {
	view.Head
	ReportType string          `json:"report_type"`
	Events     int64           `json:"events"`
	Late       int64           `json:"late"`
	ByRows     int64           `json:"by_rows"`
	Within     []withinMessage `json:"within"`
	Least      float64         `json:"least_seconds"`
	Most       float64         `json:"most_seconds"`
	After      float64         `json:"after_seconds"`
	Advised    string          `json:"advised,omitempty"`
}

// withinMessage counts the late events up to a bound, beyond the one before; the
// last has none.
type withinMessage struct {
	Seconds float64 `json:"seconds,omitempty"`
	Events  int64   `json:"events"`
}

func newLateness(l *plan.TypeLateness) latenessMessage {
	m := latenessMessage{
		Head: view.HeadOf(view.TypeLateness), ReportType: l.Type, Events: l.Events, Late: l.Late, ByRows: l.ByRows,
		Least: time.Duration(l.Least).Seconds(), Most: time.Duration(l.Most).Seconds(), After: time.Duration(l.After).Seconds(),
	}
	for i, n := range l.Within {
		within := withinMessage{Events: n}
		if bounds := ledger.LatenessBounds(); i < len(bounds) {
			within.Seconds = bounds[i].Seconds()
		}
		m.Within = append(m.Within, within)
	}
	if after, ok := plan.Advised(&l.Lateness); ok {
		m.Advised = after.String()
	}
	return m
}

type coverageSummaryMessage struct {
	view.Head
	Now   time.Time `json:"now"`
	Pairs int       `json:"pairs"`
	tallyMessage
	Min   float64 `json:"min,omitempty"`
	Below int     `json:"below"`
	// Undeclared counts ledgers.
	Undeclared   int  `json:"undeclared"`
	FilesTrusted bool `json:"files_trusted,omitempty"`
	Narrowed     bool `json:"narrowed,omitempty"`
}

// JSON writes the state of an archive for programs.
type JSON struct{ *view.JSON }

// NewJSON returns a view that writes the state of an archive on j.
func NewJSON(j *view.JSON) *JSON { return &JSON{j} }

// Coverage writes for every report and tenant its numbers and runs, and a
// summary.
func (j *JSON) Coverage(c *engine.Coverage, least float64, below int) {
	var total plan.Tally
	for i := range c.Parts {
		p := &c.Parts[i]
		total = total.Plus(p.Slices)
		var late int64
		if p.Lateness != nil {
			late = p.Lateness.Late
		}
		j.Put(coverageMessage{view.HeadOf(view.TypeCoverage), p.Tenant, p.Report, newTally(p.Slices), late})
		for _, r := range p.Runs {
			j.Put(coverageRunMessage{
				view.HeadOf(view.TypeCoverageRun), p.Tenant, p.Report, r.Status, r.From, r.To, r.First, r.Last, r.Slices,
				r.Reasons, r.Outputs, r.Lacking, r.Why, r.Until, r.LostAt,
			})
		}
	}
	plans.Ahead(j.JSON, c.Ahead)
	for _, l := range plan.LatenessOf(c.Parts) {
		j.Put(newLateness(&l))
	}
	j.Put(coverageSummaryMessage{view.HeadOf(view.TypeCoverageSummary), c.Now, len(c.Parts), newTally(total), least, below, c.Undeclared, c.FilesTrusted, c.Narrowed})
}
