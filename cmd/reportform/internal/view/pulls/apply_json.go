package pulls

import (
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/cmd/reportform/internal/view/plans"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// pullHead begins every message about a pull that runs.
type pullHead struct {
	view.Head
	At     time.Time `json:"at"`
	Tenant string    `json:"tenant"`
	Report string    `json:"report"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Label  string    `json:"label"`
}

type pullProgressMessage struct {
	pullHead
	Events int64 `json:"events"`
	Bytes  int64 `json:"bytes"`
	Pages  int64 `json:"pages"`
}

type pullCompleteMessage struct {
	pullHead
	TookSeconds float64          `json:"took_seconds"`
	Events      int64            `json:"events"`
	Bytes       int64            `json:"bytes"` // received
	Pages       int64            `json:"pages"`
	Requests    int64            `json:"requests"`
	Repeated    int64            `json:"repeated"`
	Revisions   int64            `json:"revisions"`
	Outside     int64            `json:"outside"`
	Outputs     []writtenMessage `json:"outputs"`
}

type writtenMessage struct {
	Output string      `json:"output"`
	Place  place.Place `json:"path"`
	Rows   int64       `json:"rows"`
	Bytes  int64       `json:"bytes"`
	SHA256 string      `json:"sha256"`
	// Promise and Ack are of what is no file.
	Promise outputs.Promise `json:"promise,omitempty"`
	Ack     string          `json:"ack,omitempty"`
}

type pullFailedMessage struct {
	pullHead
	TookSeconds float64 `json:"took_seconds"`
	Error       string  `json:"error"`
	Cause       string  `json:"cause,omitempty"`
	Advice      string  `json:"advice,omitempty"`
	// Outputs are those that hold the slice all the same.
	Outputs []writtenMessage `json:"outputs,omitempty"`
}

type pullWaitingMessage struct {
	view.Head
	At time.Time `json:"at"`
	// One of these says who waits.
	Tenant      string     `json:"tenant,omitempty"`
	Application string     `json:"application,omitempty"`
	Host        string     `json:"host,omitempty"`
	Cause       string     `json:"cause"`
	Until       *time.Time `json:"until,omitempty"`
	Last        string     `json:"last,omitempty"`
}

type applySummaryMessage struct {
	view.Head
	Finished    int     `json:"finished"`
	Skipped     int     `json:"skipped"`
	Failed      int     `json:"failed"`
	NotDone     int     `json:"not_done"`
	Pruned      int     `json:"pruned"`
	Events      int64   `json:"events"`
	Bytes       int64   `json:"bytes"` // written
	Interrupted bool    `json:"interrupted"`
	Deadline    bool    `json:"deadline"`
	TookSeconds float64 `json:"took_seconds"`
}

// JSON writes applies for programs.
type JSON struct{ *plans.JSON }

// NewJSON returns a view that writes applies on j.
func NewJSON(j *view.JSON) *JSON { return &JSON{plans.NewJSON(j)} }

func (j *JSON) pull(t view.Type, p *plan.Pull) pullHead {
	return pullHead{view.HeadOf(t), j.Now().UTC(), p.Tenant, p.Report, p.From, p.To, p.Label}
}

// Prune writes nothing: the orphans are in the plan, and each is reported when
// it is deleted.
func (j *JSON) Prune([]plan.Orphan) {}

// BeginApply writes nothing: the number of pulls is in the plan's summary.
func (j *JSON) BeginApply(int) {}

// Tick writes nothing: a program keeps its own time.
func (j *JSON) Tick() {}

// Interrupted says that the first interrupt was heard.
func (j *JSON) Interrupted() {
	j.Put(struct {
		view.Head
		At time.Time `json:"at"`
	}{view.HeadOf(view.TypeInterrupted), j.Now().UTC()})
}

// Progress writes one thing that happened.
func (j *JSON) Progress(progress run.Progress) {
	switch p := progress.(type) {
	case run.Started:
		j.Put(j.pull(view.TypePullStart, p.Pull))
	case run.Progressed:
		j.Put(pullProgressMessage{j.pull(view.TypePullProgress, p.Pull), p.Events, p.Bytes, p.Pages})
	case run.Ended:
		j.ended(&p)
	case run.Waiting:
		m := pullWaitingMessage{
			Head: view.HeadOf(view.TypePullWaiting), At: j.Now().UTC(),
			Tenant: p.Tenant, Application: p.App, Host: p.Host, Cause: p.Why, Last: p.Last,
		}
		if !p.Until.IsZero() {
			m.Until = new(p.Until.UTC())
		}
		j.Put(m)
	}
}

func (j *JSON) ended(e *run.Ended) {
	written := make([]writtenMessage, 0, len(e.Written))
	for _, w := range e.Written {
		r := &w.Receipt
		written = append(written, writtenMessage{w.Output, r.Place, r.Rows, r.Bytes, r.SHA256, r.Promise, r.Ack})
	}
	switch s := &e.Stats; {
	case e.Failure != nil:
		f := e.Failure
		j.Put(pullFailedMessage{j.pull(view.TypePullFailed, e.Pull), e.Took.Seconds(), f.Message, f.Cause, f.Advice, written})
	case e.Skipped:
		j.Put(j.pull(view.TypePullSkipped, e.Pull))
	default:
		j.Put(pullCompleteMessage{
			j.pull(view.TypePullComplete, e.Pull), e.Took.Seconds(),
			s.Events, s.Bytes, s.Pages, s.Requests, s.Repeated, s.Revisions, s.Outside, written,
		})
	}
}

// EndApply writes what was pruned, and a summary.
func (j *JSON) EndApply(a Applied) {
	j.Orphans(view.TypePruned, a.Pruned)
	failed := a.failures()
	j.Put(applySummaryMessage{
		view.HeadOf(view.TypeApplySummary), a.Finished, a.Skipped, len(failed), a.notTried(), len(a.Pruned),
		a.Events, a.Bytes, a.Interrupted, a.Deadline, a.Took.Seconds(),
	})
}
