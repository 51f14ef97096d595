package view

import (
	"time"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
)

// pullHead begins every message about a pull that runs.
type pullHead struct {
	head
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
	Output string `json:"output"`
	Path   string `json:"path"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

type pullFailedMessage struct {
	pullHead
	TookSeconds float64 `json:"took_seconds"`
	Error       string  `json:"error"`
	Advice      string  `json:"advice,omitempty"`
}

type applySummaryMessage struct {
	head
	Finished    int     `json:"finished"`
	Skipped     int     `json:"skipped"`
	Failed      int     `json:"failed"`
	NotDone     int     `json:"not_done"`
	Pruned      int     `json:"pruned"`
	Events      int64   `json:"events"`
	Bytes       int64   `json:"bytes"` // written
	Interrupted bool    `json:"interrupted"`
	TookSeconds float64 `json:"took_seconds"`
}

func (j *JSON) pull(t Type, p *plan.Pull) pullHead {
	return pullHead{headOf(t), j.now().UTC(), p.Tenant, p.Report, p.From, p.To, p.Label}
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
	j.put(struct {
		head
		At time.Time `json:"at"`
	}{headOf(TypeInterrupted), j.now().UTC()})
}

// Progress writes one thing that happened.
func (j *JSON) Progress(progress run.Progress) {
	switch p := progress.(type) {
	case run.Started:
		j.put(j.pull(TypePullStart, p.Pull))
	case run.Progressed:
		j.put(pullProgressMessage{j.pull(TypePullProgress, p.Pull), p.Events, p.Bytes, p.Pages})
	case run.Finished:
		s := &p.Stats
		message := pullCompleteMessage{
			j.pull(TypePullComplete, p.Pull), p.Took.Seconds(),
			s.Events, s.Bytes, s.Pages, s.Requests, s.Repeated, s.Revisions, s.Outside,
			make([]writtenMessage, 0, len(p.Receipts)),
		}
		for _, r := range p.Receipts {
			message.Outputs = append(message.Outputs, writtenMessage{r.Output, r.Path, r.Rows, r.Bytes, r.SHA256})
		}
		j.put(message)
	case run.Failed:
		j.put(pullFailedMessage{j.pull(TypePullFailed, p.Pull), p.Took.Seconds(), failureText(p.Err), failureAdvice(p.Err)})
	case run.Skipped:
		j.put(j.pull(TypePullSkipped, p.Pull))
	}
}

// EndApply writes what was pruned, and a summary.
func (j *JSON) EndApply(a Applied) {
	for i := range a.Pruned {
		j.put(newOrphanMessage(TypePruned, &a.Pruned[i]))
	}
	failed := a.failures()
	j.put(applySummaryMessage{
		headOf(TypeApplySummary), a.Finished, a.Skipped, len(failed), a.notTried(), len(a.Pruned),
		a.Events, a.Bytes, a.Interrupted, a.Took.Seconds(),
	})
}
