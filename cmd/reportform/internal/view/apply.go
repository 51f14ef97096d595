package view

import (
	"errors"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
)

// Applied is the outcome of an apply.
type Applied struct {
	Planned           int // pulls of the plan
	Finished, Skipped int
	Failed            []run.Failed
	Pruned            []plan.Orphan
	Events, Bytes     int64
	Interrupted       bool
	Took              time.Duration
}

// failures are the pulls that failed, without those that an interrupt ended.
func (a *Applied) failures() (list []run.Failed) {
	for _, f := range a.Failed {
		if !a.Interrupted || !stopped(f) {
			list = append(list, f)
		}
	}
	return list
}

// notTried counts the pulls that an interrupt kept from being tried or completed.
func (a *Applied) notTried() int {
	failed := a.failures()
	return max(0, a.Planned-a.Finished-a.Skipped-len(failed))
}

// maxFailures bounds the failures that are shown in full.
const maxFailures = 20

// Ask puts a question that only yes answers.
func (h *Human) Ask(question string) {
	p := &h.err
	p.printf("\n%s\n", p.bold(question))
	p.paragraphs(2, "Only 'yes' will be accepted to approve.")
	p.printf("\n  %s ", p.bold("Enter a value:"))
}

// Cancelled says that the question was not answered with yes.
func (h *Human) Cancelled(what string) {
	h.err.printf("\n%s cancelled. Nothing was changed.\n", what)
}

// Interrupted says, after BeginApply, that the first interrupt was heard.
func (h *Human) Interrupted() {
	h.progress.note("Interrupted: stopping cleanly. Interrupt again to exit at once.")
}

// BeginApply prepares for the progress of so many pulls.
func (h *Human) BeginApply(pulls int) {
	if h.err.stream.Terminal {
		h.progress = newLive(&h.err, pulls, h.now)
		return
	}
	h.progress = newLines(&h.err, pulls, h.now)
}

// Progress shows one thing that happened, after BeginApply.
func (h *Human) Progress(p run.Progress) { h.progress.report(p) }

// Tick lets the progress show that time passes; it is called a few times a second.
func (h *Human) Tick() {
	if h.verify != nil {
		h.verify.tick()
		return
	}
	h.progress.tick()
}

// EndApply shows the outcome.
func (h *Human) EndApply(a Applied) {
	h.progress.end()
	failed := a.failures()
	h.failures(failed)
	o := &h.out
	head := o.green("Apply complete.")
	switch {
	case len(failed) > 0:
		head = o.red("Apply incomplete.")
	case a.Interrupted:
		head = o.yellow("Apply interrupted.")
	}
	parts := []string{many(a.Finished, "pull") + " finished"}
	if a.Skipped > 0 {
		parts = append(parts, count(a.Skipped)+" skipped")
	}
	if len(failed) > 0 {
		parts = append(parts, count(len(failed))+" failed")
	}
	if n := a.notTried(); n > 0 {
		parts = append(parts, count(n)+" not done")
	}
	if len(a.Pruned) > 0 {
		parts = append(parts, many(len(a.Pruned), "orphan")+" deleted")
	}
	parts = append(parts, many(a.Events, "event"), size(a.Bytes)+" written", length(a.Took))
	o.printf("\n%s\n", head)
	o.paragraphs(2, strings.Join(parts, ", ")+".")
	switch {
	case len(failed) > 0:
		o.paragraphs(2, "Nothing of a failed pull counts as held, and what finished does. The next apply tries again what failed; RF_LOG=debug shows every request.")
	case a.Interrupted:
		o.paragraphs(2, "What finished is held; the next apply goes on from there.")
	}
}

// failures shows what failed, why, and what to do. Equal failures stand together.
func (h *Human) failures(failed []run.Failed) {
	if len(failed) == 0 {
		return
	}
	p := &h.err
	type group struct {
		text, advice string
		pulls        []string
	}
	var groups []*group
	seen := map[[2]string]*group{}
	for _, f := range failed {
		key := [2]string{failureText(f.Err), failureAdvice(f.Err)}
		if seen[key] == nil {
			seen[key] = &group{text: key[0], advice: key[1]}
			groups = append(groups, seen[key])
		}
		seen[key].pulls = append(seen[key].pulls, pullName(f.Pull))
	}
	p.printf("\n%s\n", p.red(many(len(failed), "pull")+" failed:"))
	for i, g := range groups {
		if i == maxFailures {
			p.printf("\n  and %s; state show has the error of each\n", many(len(groups)-i, "more failure"))
			break
		}
		p.printf("\n")
		for n, name := range g.pulls {
			if n == maxTenants && len(g.pulls) > maxTenants+1 {
				p.printf("  and %s with the same error\n", many(len(g.pulls)-n, "more pull"))
				break
			}
			p.printf("  %s\n", p.bold(name))
		}
		p.paragraphs(4, g.text)
		if g.advice != "" {
			p.paragraphs(4, g.advice)
		}
	}
}

// failureText is what went wrong in a pull, without the pull's name.
func failureText(err error) string {
	var texts []string
	for _, e := range joined(err) {
		var pull *run.PullError
		if errors.As(e, &pull) {
			e = pull.Err
		}
		texts = append(texts, e.Error())
	}
	return strings.Join(texts, "\n")
}

// failureAdvice is what can be done about it; may be empty.
func failureAdvice(err error) string {
	var pull *run.PullError
	if errors.As(err, &pull) {
		return pull.Advice
	}
	return ""
}

// joined returns the errors that errors.Join put together.
func joined(err error) []error {
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		return list.Unwrap()
	}
	return []error{err}
}
