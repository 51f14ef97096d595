package run

import (
	"fmt"
	"time"

	"github.com/reportform/reportform/engine/clock"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/outputs"
)

// Outcome says what came of a run of pulls, in their order. It is plain data.
type Outcome struct {
	Results []Result `json:"results"`
}

// Result says what came of one pull. It is plain data.
type Result struct {
	Stats fetch.Stats `json:"stats"` // of what was read
	// Written are the outputs that hold the slice since.
	Written []Written     `json:"written,omitempty"`
	Took    time.Duration `json:"took"`
	// Skipped reports that there was nothing to do: every output holds the slice
	// meanwhile.
	Skipped bool `json:"skipped,omitempty"`
	// Failure says why outputs still lack the slice; nil if none does.
	Failure *Failure `json:"failure,omitempty"`
	// Later says what a later reading found; nil of a first one.
	Later *Later `json:"later,omitempty"`
	// Waiting says until when the slice waits by the service's clock; nil if it
	// does not. Then nothing was published.
	Waiting *Waiting `json:"waiting,omitempty"`
	// Clock is what this machine's clock and the service's showed; nil where the
	// service was not asked.
	Clock *clock.Reading `json:"clock,omitempty"`
}

// Written is an output that holds the slice of a pull.
type Written struct {
	Output  string          `json:"output"` // address
	Receipt outputs.Receipt `json:"receipt"`
}

// Failure says why outputs lack the slice of a pull. It is plain data.
type Failure struct {
	Outputs []string `json:"outputs"` // addresses of those that lack it
	// Message says what went wrong, a line for each error. It holds no secrets.
	Message string `json:"message"`
	// Cause is the kind of the error, as a stable word; empty for none.
	Cause string `json:"cause,omitempty"`
	// Advice says what the user can do, in full sentences; empty where the
	// message says it all.
	Advice string `json:"advice,omitempty"`
	// Stopped reports that an interrupt ended the pull.
	Stopped bool `json:"stopped,omitempty"`
}

// Error is the Message.
func (f *Failure) Error() string { return f.Message }

// Progress is what apply reports while it works: one of Started, Progressed and
// Ended. Values arrive one at a time.
type Progress interface{ progress() }

// Started says that a pull begins.
type Started struct{ Pull *plan.Pull }

// Progressed says how far a pull is; at most a few a second for each pull.
type Progressed struct {
	Pull                 *plan.Pull
	Events, Bytes, Pages int64
}

// Ended says what came of a pull.
type Ended struct {
	Pull *plan.Pull
	Result
}

// Err is nil, or says which pull failed and why.
func (e *Ended) Err() error {
	if e.Failure == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", nameOf(e.Pull), e.Failure)
}

// nameOf names a pull in texts.
func nameOf(p *plan.Pull) string { return fmt.Sprintf("%s of %s, %s", p.Report, p.Tenant, p.Label) }

func (Started) progress()    {}
func (Progressed) progress() {}
func (Ended) progress()      {}
