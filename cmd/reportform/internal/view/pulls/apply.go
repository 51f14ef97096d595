// Package pulls shows how the pulls of a plan go, while they run and when all
// is done.
package pulls

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/cmd/reportform/internal/view/plans"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/diag"
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
	Waiting           int
	Failed            []run.Ended
	Pruned            []plan.Deletion
	HeldBack          []plan.Hazard // that nobody has allowed
	Damaged           int           // ledgers that the plan left out
	Events, Bytes     int64
	Warnings          hcl.Diagnostics // about clocks
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
	return max(0, a.Planned-a.Finished-a.Skipped-a.Waiting-len(failed))
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
	h.Diagnostics(a.Warnings, nil)
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
	case len(a.HeldBack) > 0, a.Damaged > 0:
		head = o.Yellow("Apply incomplete.")
	}
	parts := []string{term.Many(a.Finished, "pull") + " finished"}
	if a.Skipped > 0 {
		parts = append(parts, term.Count(a.Skipped)+" skipped")
	}
	if a.Waiting > 0 {
		parts = append(parts, term.Count(a.Waiting)+" waiting")
	}
	if len(failed) > 0 {
		parts = append(parts, term.Count(len(failed))+" failed")
	}
	if n := a.notTried(); n > 0 {
		parts = append(parts, term.Count(n)+" not done")
	}
	if a.Damaged > 0 {
		parts = append(parts, term.Many(a.Damaged, "ledger")+" left out")
	}
	if len(a.Pruned) > 0 {
		parts = append(parts, term.Many(len(a.Pruned), "deletion"))
	}
	parts = append(parts, term.Many(a.Events, "event"), term.Size(a.Bytes)+" written", term.Length(a.Took))
	o.Printf("\n%s\n", head)
	o.Paragraphs(2, strings.Join(parts, ", ")+".")
	h.HeldBack(a.HeldBack)
	switch {
	case len(failed) > 0:
		o.Paragraphs(2, "What was written whole is held, and nothing else. The next apply tries again what failed; RF_LOG=debug shows every request.")
		if a.Deadline {
			o.Paragraphs(2, "The deadline ended the run; the next apply goes on from there.")
		}
	case a.Interrupted || a.Deadline:
		o.Paragraphs(2, "What finished is held; the next apply goes on from there.")
	case a.Waiting > 0:
		o.Paragraphs(2, "Waiting pulls are too early by the service's clock: they have published nothing, and a later apply fetches them.")
	}
}

// failures shows what failed, why, and what to do: once for each cause, with
// everybody who is affected.
func (h *Human) failures(failed []run.Ended) {
	if len(failed) == 0 {
		return
	}
	groups := run.GroupFailures(failed)
	head := term.Many(len(failed), "pull") + " failed"
	if len(groups) > 1 && len(groups) < len(failed) {
		head += ", for " + term.Many(len(groups), "reason")
	}
	h.Err.Printf("\n%s\n", h.Err.Red(head+":"))
	for i := range groups {
		h.Err.Printf("\n")
		h.failure(&groups[i])
	}
}

// failure shows the failures of one cause.
func (h *Human) failure(g *run.Group) {
	p := &h.Err
	if g.Pulls == 1 {
		p.Printf("  %s\n", p.Bold(pullName(g.First.Pull)))
		p.Paragraphs(4, g.First.Failure.Message)
	} else {
		p.Printf("  %s\n", p.Bold(term.Many(g.Pulls, "pull")+" of "+term.Many(len(g.Tenants), "tenant")))
		fact := func(name, text string) { p.Hanging(term.Plain(fmt.Sprintf("    %-9s ", name)), 14, text) }
		fact("tenants", strings.Join(namesOf(g.Tenants), ", "))
		fact("reports", strings.Join(g.Reports, ", "))
		fact("slices", plans.Stretch(g.Earliest.Label, g.Latest.Label, g.Earliest.From, g.Latest.To))
		p.Paragraphs(4, diag.Capitalize(textOf(g)))
		switch {
		case g.Unasked == 1:
			p.Paragraphs(4, "One of them was not tried: the result would have been the same.")
		case g.Unasked > 1:
			p.Paragraphs(4, term.Count(g.Unasked)+" of them were not tried: the result would have been the same.")
		}
	}
	if len(g.Held) > 0 {
		p.Paragraphs(4, "Held all the same: "+strings.Join(g.Held, ", ")+".")
	}
	if g.Advice != "" {
		p.Paragraphs(4, g.Advice)
	}
}

// textOf is what went wrong, and by what support finds a request.
func textOf(g *run.Group) string {
	text := g.Reason
	if g.Texts > 0 {
		text += "\nThis is one of " + term.Many(g.Texts, "text") + "; state show has that of each."
	}
	var ids []string
	if g.RequestID != "" {
		ids = append(ids, "request-id "+g.RequestID)
	}
	if g.ClientRequestID != "" {
		ids = append(ids, "client-request-id "+g.ClientRequestID)
	}
	if first, _, _ := strings.Cut(g.First.Failure.Message, "\n"); g.Kind == "output" && first != text {
		text += "\nSuch as " + pullName(g.First.Pull) + ": " + first
	}
	if len(ids) > 0 {
		text += "\nSuch as " + pullName(g.First.Pull) + ": " + strings.Join(ids, ", ")
	}
	return text
}

// namesOf are the names of tenants, as they are typed after -tenant.
func namesOf(tenants []string) []string {
	names := make([]string, len(tenants))
	for i, t := range tenants {
		names[i] = address.Address(t).Name()
	}
	return names
}
