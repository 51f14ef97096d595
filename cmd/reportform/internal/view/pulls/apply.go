// Package pulls shows how the pulls of a plan go, while they run and when all
// is done.
package pulls

import (
	"strings"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/cmd/reportform/internal/view/plans"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/internal/term"
)

// Human shows applies to people: what comes of the pulls of a plan, after the
// plan itself.
type Human struct {
	*plans.Human
	progress display // of the apply that runs; nil otherwise
}

// NewHuman returns a view that shows applies on h.
func NewHuman(h *view.Human) *Human { return &Human{Human: plans.NewHuman(h)} }

// Applied is the outcome of an apply.
type Applied struct {
	Planned           int // pulls of the plan
	Finished, Skipped int
	Failed            []run.Ended
	Pruned            []plan.Orphan
	Events, Bytes     int64
	Interrupted       bool
	Deadline          bool // it ended at its deadline
	Took              time.Duration
}

// failures are the pulls that failed, without those that an interrupt or the
// deadline ended.
func (a *Applied) failures() (list []run.Ended) {
	for _, f := range a.Failed {
		if !a.Interrupted && !a.Deadline || !f.Failure.Stopped {
			list = append(list, f)
		}
	}
	return list
}

// notTried counts the pulls that an interrupt or the deadline kept from being tried or completed.
func (a *Applied) notTried() int {
	failed := a.failures()
	return max(0, a.Planned-a.Finished-a.Skipped-len(failed))
}

// maxFailures bounds the failures that are shown in full.
const maxFailures = 20

// maxNames bounds the pulls that are named with one error.
const maxNames = 3

// Prune says what apply -prune deletes.
func (h *Human) Prune(orphans []plan.Orphan) {
	if len(orphans) == 0 {
		return
	}
	var bytes int64
	for _, o := range orphans {
		bytes += o.Bytes
	}
	h.Out.Printf("%s %s, %s, will be deleted: -prune is given.\n", h.Out.Red("Prune:"), term.Many(len(orphans), "orphan"), term.Size(bytes))
}

// Interrupted says, after BeginApply, that the first interrupt was heard.
func (h *Human) Interrupted() {
	h.progress.note("Interrupted: stopping cleanly. Interrupt again to exit at once.")
}

// BeginApply prepares for the progress of so many pulls.
func (h *Human) BeginApply(pulls int) {
	if h.Err.Terminal {
		h.progress = newLive(&h.Err, pulls, h.Now)
		return
	}
	h.progress = newLines(&h.Err, pulls, h.Now)
}

// Progress shows one thing that happened, after BeginApply.
func (h *Human) Progress(p run.Progress) { h.progress.report(p) }

// Tick lets the progress show that time passes; it is called a few times a second.
func (h *Human) Tick() { h.progress.tick() }

// EndApply shows the outcome.
func (h *Human) EndApply(a Applied) {
	h.progress.end()
	failed := a.failures()
	h.failures(failed)
	o := &h.Out
	head := o.Green("Apply complete.")
	switch {
	case len(failed) > 0:
		head = o.Red("Apply incomplete.")
	case a.Interrupted:
		head = o.Yellow("Apply interrupted.")
	case a.Deadline:
		head = o.Yellow("Apply ended at its deadline.")
	}
	parts := []string{term.Many(a.Finished, "pull") + " finished"}
	if a.Skipped > 0 {
		parts = append(parts, term.Count(a.Skipped)+" skipped")
	}
	if len(failed) > 0 {
		parts = append(parts, term.Count(len(failed))+" failed")
	}
	if n := a.notTried(); n > 0 {
		parts = append(parts, term.Count(n)+" not done")
	}
	if len(a.Pruned) > 0 {
		parts = append(parts, term.Many(len(a.Pruned), "orphan")+" deleted")
	}
	parts = append(parts, term.Many(a.Events, "event"), term.Size(a.Bytes)+" written", term.Length(a.Took))
	o.Printf("\n%s\n", head)
	o.Paragraphs(2, strings.Join(parts, ", ")+".")
	switch {
	case len(failed) > 0:
		o.Paragraphs(2, "What was written whole is held, and nothing else. The next apply tries again what failed; RF_LOG=debug shows every request.")
		if a.Deadline {
			o.Paragraphs(2, "The deadline ended the run; the next apply goes on from there.")
		}
	case a.Interrupted || a.Deadline:
		o.Paragraphs(2, "What finished is held; the next apply goes on from there.")
	}
}

// failures shows what failed, why, and what to do. Equal failures stand together.
func (h *Human) failures(failed []run.Ended) {
	if len(failed) == 0 {
		return
	}
	p := &h.Err
	type group struct {
		text, advice string
		pulls        []string
	}
	var groups []*group
	seen := map[[2]string]*group{}
	for _, f := range failed {
		key := [2]string{f.Failure.Message + heldText(&f), f.Failure.Advice}
		if seen[key] == nil {
			seen[key] = &group{text: key[0], advice: key[1]}
			groups = append(groups, seen[key])
		}
		seen[key].pulls = append(seen[key].pulls, pullName(f.Pull))
	}
	p.Printf("\n%s\n", p.Red(term.Many(len(failed), "pull")+" failed:"))
	for i, g := range groups {
		if i == maxFailures {
			p.Printf("\n  and %s; state show has the error of each\n", term.Many(len(groups)-i, "more failure"))
			break
		}
		p.Printf("\n")
		for n, name := range g.pulls {
			if n == maxNames && len(g.pulls) > maxNames+1 {
				p.Printf("  and %s with the same error\n", term.Many(len(g.pulls)-n, "more pull"))
				break
			}
			p.Printf("  %s\n", p.Bold(name))
		}
		p.Paragraphs(4, g.text)
		if g.advice != "" {
			p.Paragraphs(4, g.advice)
		}
	}
}

// heldText says which outputs hold the slice although others failed.
func heldText(e *run.Ended) string {
	if len(e.Written) == 0 {
		return ""
	}
	var names []string
	for _, w := range e.Written {
		names = append(names, w.Output)
	}
	return "\nHeld all the same: " + strings.Join(names, ", ") + "."
}
