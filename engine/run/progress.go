package run

import (
	"time"

	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/outputs"
)

// Progress is what apply reports while it works: one of Started, Progressed,
// Finished, Failed and Skipped. Values arrive one at a time.
type Progress interface{ progress() }

// Started says that a pull begins.
type Started struct{ Pull *plan.Pull }

// Progressed says how far a pull is; at most a few a second for each pull.
type Progressed struct {
	Pull                 *plan.Pull
	Events, Bytes, Pages int64
}

// Finished says that a pull is complete, published and in the ledger.
type Finished struct {
	Pull     *plan.Pull
	Stats    fetch.Stats
	Receipts []Written
	Took     time.Duration
}

// Written is one output of a finished pull.
type Written struct {
	Output string
	outputs.Receipt
}

// Failed says that a pull did not complete; nothing of it was published.
type Failed struct {
	Pull *plan.Pull
	Err  error
	Took time.Duration
}

// Skipped says that a pull had nothing to do: every output of it is held meanwhile.
type Skipped struct{ Pull *plan.Pull }

func (Started) progress()    {}
func (Progressed) progress() {}
func (Finished) progress()   {}
func (Failed) progress()     {}
func (Skipped) progress()    {}
