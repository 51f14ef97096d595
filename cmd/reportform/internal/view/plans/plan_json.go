package plans

import (
	"slices"
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

	Protected bool `json:"protected,omitempty"`
	// Hazards are those of a deletion.
	Hazards []plan.HazardKind `json:"hazards,omitempty"`
}

type hazardMessage struct {
	view.Head
	plan.Hazard

	Asks    bool `json:"asks"`
	Allowed bool `json:"allowed"`
}

type protectionMessage struct {
	view.Head
	plan.Protection
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
	// Clock says how this machine's is off.
	Clock     *plan.Clock `json:"clock,omitempty"`
	Deletions int         `json:"deletions,omitempty"`
	Approval  string      `json:"approval"`
}

// JSON writes plans for programs.
type JSON struct{ *view.JSON }

// NewJSON returns a view that writes plans on j.
func NewJSON(j *view.JSON) *JSON { return &JSON{j} }

// Plan writes every pull, gap, deletion, orphan and hazard of the plan, and a summary.
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
	j.damaged(p.Damaged)
	j.gaps(view.TypeWaiting, p.Waiting)
	j.gaps(view.TypeLost, p.Lost)
	Ahead(j.JSON, p.Ahead)
	j.Deletions(view.TypePlannedDeletion, p.Deletions)
	j.orphans(p.Orphans)
	for _, n := range p.Protections {
		j.Put(protectionMessage{view.HeadOf(view.TypeProtection), n})
	}
	for _, z := range p.Hazards {
		j.Put(hazardMessage{view.HeadOf(view.TypeHazard), z, z.Kind.Asks(), slices.Contains(p.Allowed, z.Kind)})
	}
	j.schedules(p.Schedules)
	for i := range p.Warnings {
		w := &p.Warnings[i]
		j.Diagnostics(hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "Path not portable", Detail: w.Output + ": " + w.Text}}, nil)
	}
	j.estimate(p.Estimate)
	j.Put(planSummaryMessage{
		view.HeadOf(view.TypePlanSummary), p.Now, len(p.Pulls), reasons(p.Pulls),
		gapSlices(p.Waiting), gapSlices(p.Lost), len(p.Orphans), p.Held, len(p.Damaged), p.FilesTrusted, p.Narrowed, p.KeptElsewhere, p.Clock,
		len(p.Deletions), plan.Approval(p),
	})
}

func (j *JSON) damaged(list []plan.Damaged) {
	for _, d := range list {
		j.Put(damagedMessage{view.HeadOf(view.TypeBadLedger), d.Tenant, d.Report, d.Why})
	}
}

// Deletions writes deletions in messages of a type: what is one, or was done.
func (j *JSON) Deletions(t view.Type, deletions []plan.Deletion) {
	for i := range deletions {
		message := messageOf(t, &deletions[i].Orphan)
		message.Hazards = deletions[i].Hazards
		j.Put(message)
	}
}

func (j *JSON) orphans(orphans []plan.Orphan) {
	for i := range orphans {
		j.Put(messageOf(view.TypeOrphan, &orphans[i]))
	}
}

func messageOf(t view.Type, o *plan.Orphan) orphanMessage {
	return orphanMessage{view.HeadOf(t), o.Tenant, o.Report, o.Output, o.From, o.To, o.Place, o.Why, o.Bytes, o.SHA256, o.Protected, nil}
}

func (j *JSON) gaps(t view.Type, gaps []plan.Gap) {
	for _, g := range gaps {
		j.Put(gapMessage{view.HeadOf(t), g.Tenant, g.Report, g.From, g.To, g.First, g.Last, g.Slices, g.Why, g.Until, g.LostAt})
	}
}

// PlanSaved says where the plan lies; its approval is in the summary.
func (j *JSON) PlanSaved(path, _ string) {
	j.Put(struct {
		view.Head
		Path string `json:"path"`
	}{view.HeadOf(view.TypePlanSaved), path})
}
