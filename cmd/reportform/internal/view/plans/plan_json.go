package plans

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/place"
)

// The messages of plan, in the order in which they are written.

type pullMessage struct {
	view.Head
	Tenant     string          `json:"tenant"`
	Report     string          `json:"report"`
	ReportType string          `json:"report_type"`
	From       time.Time       `json:"from"`
	To         time.Time       `json:"to"`
	Label      string          `json:"label"`
	Final      bool            `json:"final"`
	Revisit    bool            `json:"revisit"`
	LostAt     time.Time       `json:"lost_at,omitzero"`
	Outputs    []outputMessage `json:"outputs"`
	Source     *plan.Source    `json:"source,omitempty"`
}

type outputMessage struct {
	Output string      `json:"output"`
	Reason plan.Reason `json:"reason"`
	Place  place.Place `json:"path"`
	From   place.Place `json:"from_path,omitempty"`
}

type gapMessage struct {
	view.Head
	Tenant string    `json:"tenant"`
	Report string    `json:"report"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	First  string    `json:"first,omitempty"`
	Last   string    `json:"last,omitempty"`
	Slices int       `json:"slices"`
	Why    string    `json:"why"`
	Until  time.Time `json:"until,omitzero"`
	LostAt time.Time `json:"lost_at,omitzero"`
}

type aheadMessage struct {
	view.Head
	plan.Ahead
}

// Ahead writes what begins in the future.
func Ahead(j *view.JSON, list []plan.Ahead) {
	for _, a := range list {
		j.Put(aheadMessage{view.HeadOf(view.TypeAhead), a})
	}
}

type orphanMessage struct {
	view.Head
	Tenant string      `json:"tenant"`
	Report string      `json:"report"`
	Output string      `json:"output"`
	From   time.Time   `json:"from"`
	To     time.Time   `json:"to"`
	Place  place.Place `json:"path"`
	Why    string      `json:"why"`
	Bytes  int64       `json:"bytes"`
	SHA256 string      `json:"sha256"`
}

type planSummaryMessage struct {
	view.Head
	Now     time.Time           `json:"now"`
	Pulls   int                 `json:"pulls"`
	Reasons map[plan.Reason]int `json:"reasons"`
	Waiting int                 `json:"waiting"`
	Lost    int                 `json:"lost"`
	Orphans int                 `json:"orphans"`
	Held    int                 `json:"held"`

	FilesTrusted bool `json:"files_trusted,omitempty"`
	Narrowed     bool `json:"narrowed,omitempty"`
	// KeptElsewhere counts ledgers that another configuration keeps.
	KeptElsewhere int `json:"kept_elsewhere,omitempty"`
	// Clock says how this machine's is off.
	Clock *plan.Clock `json:"clock,omitempty"`
}

// JSON writes plans for programs.
type JSON struct{ *view.JSON }

// NewJSON returns a view that writes plans on j.
func NewJSON(j *view.JSON) *JSON { return &JSON{j} }

// Plan writes every pull, gap and orphan of the plan, and a summary.
func (j *JSON) Plan(p *plan.Plan) {
	for i := range p.Pulls {
		pull := &p.Pulls[i]
		message := pullMessage{
			view.HeadOf(view.TypePlannedPull), pull.Tenant, pull.Report, pull.Type,
			pull.From, pull.To, pull.Label, pull.Final, pull.Revisit, pull.LostAt, make([]outputMessage, 0, len(pull.Outputs)), pull.Source,
		}
		for _, o := range pull.Outputs {
			message.Outputs = append(message.Outputs, outputMessage{o.Output, o.Reason, o.Place, o.From})
		}
		j.Put(message)
	}
	j.gaps(view.TypeWaiting, p.Waiting)
	j.gaps(view.TypeLost, p.Lost)
	Ahead(j.JSON, p.Ahead)
	j.Orphans(view.TypeOrphan, p.Orphans)
	j.schedules(p.Schedules)
	for i := range p.Warnings {
		w := &p.Warnings[i]
		j.Diagnostics(hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "A path for this system alone", Detail: w.Output + ": " + w.Text}}, nil)
	}
	j.estimate(p.Estimate)
	j.Put(planSummaryMessage{
		view.HeadOf(view.TypePlanSummary), p.Now, len(p.Pulls), reasons(p.Pulls),
		gapSlices(p.Waiting), gapSlices(p.Lost), len(p.Orphans), p.Held, p.FilesTrusted, p.Narrowed, p.KeptElsewhere, p.Clock,
	})
}

// Orphans writes orphans in messages of a type: what is one, or was.
func (j *JSON) Orphans(t view.Type, orphans []plan.Orphan) {
	for i := range orphans {
		o := &orphans[i]
		j.Put(orphanMessage{view.HeadOf(t), o.Tenant, o.Report, o.Output, o.From, o.To, o.Place, o.Why, o.Bytes, o.SHA256})
	}
}

func (j *JSON) gaps(t view.Type, gaps []plan.Gap) {
	for _, g := range gaps {
		j.Put(gapMessage{view.HeadOf(t), g.Tenant, g.Report, g.From, g.To, g.First, g.Last, g.Slices, g.Why, g.Until, g.LostAt})
	}
}

// PlanSaved says where the plan lies.
func (j *JSON) PlanSaved(path string) {
	j.Put(struct {
		view.Head
		Path string `json:"path"`
	}{view.HeadOf(view.TypePlanSaved), path})
}
