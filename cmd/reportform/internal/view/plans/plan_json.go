package plans

import (
	"time"

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

type damagedMessage struct {
	view.Head
	Tenant string `json:"tenant"`
	Report string `json:"report"`
	Error  string `json:"error"`
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

	// Damaged counts the ledgers that cannot be read.
	Damaged int `json:"damaged,omitempty"`

	FilesTrusted bool `json:"files_trusted,omitempty"`
	Narrowed     bool `json:"narrowed,omitempty"`
	// KeptElsewhere counts ledgers that another configuration keeps.
	KeptElsewhere int `json:"kept_elsewhere,omitempty"`
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
			message.Outputs = append(message.Outputs, outputMessage{o.Output, o.Reason, o.Place})
		}
		j.Put(message)
	}
	j.damaged(p.Damaged)
	j.gaps(view.TypeWaiting, p.Waiting)
	j.gaps(view.TypeLost, p.Lost)
	j.Orphans(view.TypeOrphan, p.Orphans)
	j.schedules(p.Schedules)
	j.estimate(p.Estimate)
	j.Put(planSummaryMessage{
		view.HeadOf(view.TypePlanSummary), p.Now, len(p.Pulls), reasons(p.Pulls),
		gapSlices(p.Waiting), gapSlices(p.Lost), len(p.Orphans), p.Held, len(p.Damaged), p.FilesTrusted, p.Narrowed, p.KeptElsewhere,
	})
}

func (j *JSON) damaged(list []plan.Damaged) {
	for _, d := range list {
		j.Put(damagedMessage{view.HeadOf(view.TypeBadLedger), d.Tenant, d.Report, d.Why})
	}
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
		j.Put(gapMessage{view.HeadOf(t), g.Tenant, g.Report, g.From, g.To, g.First, g.Last, g.Slices, g.Why, g.Until})
	}
}

// PlanSaved says where the plan lies.
func (j *JSON) PlanSaved(path string) {
	j.Put(struct {
		view.Head
		Path string `json:"path"`
	}{view.HeadOf(view.TypePlanSaved), path})
}
