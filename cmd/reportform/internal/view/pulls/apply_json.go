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
	Untimed     int64            `json:"untimed"`
	Later       *laterMessage    `json:"later,omitempty"`
	Outputs     []writtenMessage `json:"outputs"`
}

// laterMessage says what a later reading found.
type laterMessage struct {
	Late     int64 `json:"late"`
	ByRows   bool  `json:"by_rows,omitempty"`
	Vanished int64 `json:"vanished"`
	Changed  int64 `json:"changed"`
	// The late events came between these, after the end of the slice.
	FromSeconds float64 `json:"from_seconds"`
	ToSeconds   float64 `json:"to_seconds"`
}

func newLater(l *run.Later) *laterMessage {
	if l == nil {
		return nil
	}
	return &laterMessage{l.Late, l.ByRows, l.Vanished, l.Changed, l.From.Seconds(), l.To.Seconds()}
}

type pullWaitingMessage struct {
	pullHead
	Until time.Time `json:"until"`
	Why   string    `json:"why"`
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

// failureFacts are what is known of a failure beside its texts.
type failureFacts struct {
	Kind            string `json:"kind,omitempty"`
	Cause           string `json:"cause,omitempty"`
	Status          int    `json:"status,omitempty"`
	Code            string `json:"code,omitempty"`
	RequestID       string `json:"request_id,omitempty"`
	ClientRequestID string `json:"client_request_id,omitempty"`
}

func factsOf(x *run.Explanation) failureFacts {
	return failureFacts{x.Kind, x.Cause, x.Status, x.Code, x.RequestID, x.ClientRequestID}
}

type pullFailedMessage struct {
	pullHead
	TookSeconds float64 `json:"took_seconds"`
	Error       string  `json:"error"`
	failureFacts
	Advice string `json:"advice,omitempty"`
	// Unasked says that the service was not asked.
	Unasked bool `json:"unasked,omitempty"`
	// Outputs are those that hold the slice all the same.
	Outputs []writtenMessage `json:"outputs,omitempty"`
}

// unasked is the error of a pull for which the service was not asked.
const unasked = "not asked: the report of the tenant was refused, or the service given up, before"

type failureGroupMessage struct {
	view.Head
	failureFacts
	Pulls   int       `json:"pulls"`
	Unasked int       `json:"unasked"`
	Tenants []string  `json:"tenants"`
	Reports []string  `json:"reports"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Reason  string    `json:"reason"`
	Advice  string    `json:"advice,omitempty"`
	// Outputs are those that hold the slices all the same.
	Outputs []string `json:"outputs,omitempty"`
}

type applyWaitingMessage struct {
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
	Waiting     int     `json:"waiting"`
	Damaged     int     `json:"damaged,omitempty"`
	Pruned      int     `json:"pruned"`
	Events      int64   `json:"events"`
	Bytes       int64   `json:"bytes"` // written
	Interrupted bool    `json:"interrupted"`
	Deadline    bool    `json:"deadline"`
	TookSeconds float64 `json:"took_seconds"`
	// HeldBack are the hazards that nobody has allowed.
	HeldBack []plan.HazardKind `json:"held_back,omitempty"`
}

// JSON writes applies for programs.
type JSON struct {
	*plans.JSON
	waits map[run.Waits]*spacing // by subject and cause
}

// NewJSON returns a view that writes applies on j.
func NewJSON(j *view.JSON) *JSON { return &JSON{plans.NewJSON(j), map[run.Waits]*spacing{}} }

func (j *JSON) pull(t view.Type, p *plan.Pull) pullHead {
	return pullHead{view.HeadOf(t), j.Now().UTC(), p.Tenant, p.Report, p.From, p.To, p.Label}
}

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
	case run.Waits:
		if !j.due(&p) {
			return
		}
		m := applyWaitingMessage{
			Head: view.HeadOf(view.TypeApplyWaiting), At: j.Now().UTC(),
			Tenant: p.Tenant, Application: p.App, Host: p.Host, Cause: p.Why, Last: p.Last,
		}
		if !p.Until.IsZero() {
			m.Until = new(p.Until.UTC())
		}
		j.Put(m)
	}
}

// due reports whether a wait is to be told of, which it is then.
func (j *JSON) due(w *run.Waits) bool {
	key := run.Waits{Tenant: w.Tenant, App: w.App, Host: w.Host, Why: w.Why}
	s := j.waits[key]
	if s == nil {
		s = &spacing{}
		j.waits[key] = s
	}
	now := j.Now()
	if s.hear(w.Until, now); !s.due(now) {
		return false
	}
	s.say(now)
	return true
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
		message := pullFailedMessage{j.pull(view.TypePullFailed, e.Pull), e.Took.Seconds(), f.Message, factsOf(&f.Explanation), f.Advice, f.Unasked, written}
		if f.Unasked { // its group says the rest
			message.Error, message.Advice = unasked, ""
		}
		j.Put(message)
	case e.Skipped:
		j.Put(j.pull(view.TypePullSkipped, e.Pull))
	case e.Waiting != nil:
		j.Put(pullWaitingMessage{j.pull(view.TypePullWaiting, e.Pull), e.Waiting.Until.UTC(), e.Waiting.Why})
	default:
		j.Put(pullCompleteMessage{
			j.pull(view.TypePullComplete, e.Pull), e.Took.Seconds(),
			s.Events, s.Bytes, s.Pages, s.Requests, s.Repeated, s.Revisions, s.Outside, s.Untimed, newLater(e.Later), written,
		})
	}
}

// EndApply writes warnings, what was pruned, why pulls failed, and a summary.
func (j *JSON) EndApply(a Applied) {
	j.Diagnostics(a.Warnings, nil)
	j.Deletions(view.TypePruned, a.Pruned)
	failed := a.failures()
	var heldBack []plan.HazardKind
	for _, z := range a.HeldBack {
		heldBack = append(heldBack, z.Kind)
	}
	for _, g := range run.GroupFailures(failed) {
		j.Put(failureGroupMessage{
			view.HeadOf(view.TypeFailureGroup), factsOf(&g.Explanation), g.Pulls, g.Unasked, g.Tenants, g.Reports,
			g.Earliest.From, g.Latest.To, g.Reason, g.Advice, g.Held,
		})
	}
	j.Put(applySummaryMessage{
		view.HeadOf(view.TypeApplySummary), a.Finished, a.Skipped, len(failed), a.notTried(), a.Waiting, a.Damaged, len(a.Pruned),
		a.Events, a.Bytes, a.Interrupted, a.Deadline, a.Took.Seconds(), heldBack,
	})
}
