package run

import (
	"fmt"
	"strings"

	"github.com/reportform/reportform/engine/plan"
)

// PullError says which pull failed and why.
type PullError struct {
	Pull *plan.Pull
	Err  error
	// Advice says what the user can do, in full sentences; empty where the
	// error says it all.
	Advice string
}

func (e *PullError) Error() string {
	return fmt.Sprintf("%s of %s, %s: %v", e.Pull.Report, e.Pull.Tenant, e.Pull.Label, e.Err)
}

func (e *PullError) Unwrap() error { return e.Err }

// advice asks the job what can be done about err.
func (j *Job) advice(err error) string {
	if j.Advise == nil {
		return ""
	}
	return j.Advise(err)
}

// oneLine is the text of err on one line of bounded length, for the ledger.
func oneLine(err error) string {
	const limit = 500
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "..."
	}
	return text
}
