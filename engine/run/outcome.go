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
	Explanation
	// Unasked reports that the service was not asked for the slice: it had
	// refused the whole report of the tenant before, or was given up.
	Unasked bool `json:"unasked,omitempty"`
	// Stopped reports that an interrupt or the deadline ended the pull.
	Stopped bool `json:"stopped,omitempty"`
}

// Explanation says of a failure what is known of it beside its message. It is
// plain data; what is not known is empty.
type Explanation struct {
	// Kind says where it happened, as a stable word: service, login, secret,
	// network or output.
	Kind string `json:"kind,omitempty"`
	// Cause says what happened, as a stable word.
	Cause string `json:"cause,omitempty"`
	// Status is that of the answer, Code the service's word for the error.
	Status int    `json:"status,omitempty"`
	Code   string `json:"code,omitempty"`
	// RequestID and ClientRequestID are what support finds the request by.
	RequestID       string `json:"request_id,omitempty"`
	ClientRequestID string `json:"client_request_id,omitempty"`
	// Reason is what went wrong, without what is of one tenant, slice or request
	// alone.
	Reason string `json:"reason,omitempty"`
	// Advice says what the user can do, in full sentences; empty where the
	// message says it all. Remedy says it for any tenant.
	Advice string `json:"advice,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

// Error is the Message.
func (f *Failure) Error() string { return f.Message }

// Progress is what apply reports while it works: one of Started, Progressed,
// Ended and Waits. Values arrive one at a time.
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

// Waits says that pulls wait, for whom and for what: those of a tenant, of an
// application in all its tenants, or those that ask a host. It comes again while
// the wait goes on.
type Waits struct {
	// One of these is set: a tenant's address, a client id, host:port.
	Tenant, App, Host string
	// Why says what for, as a stable word: throttled, pace, unavailable, silent,
	// outage, token.
	Why   string
	Until time.Time // when it goes on at the earliest; zero where nobody knows
	// Last is the answer or the failure behind it, on one line; empty for none.
	Last string
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
func (Waits) progress()      {}
