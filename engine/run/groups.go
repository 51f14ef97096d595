package run

import (
	"regexp"
	"slices"
	"strings"

	"github.com/reportform/reportform/engine/plan"
)

// Group is failures that have one cause, and one remedy.
type Group struct {
	// Explanation is that of First, the first for which the service was asked; its
	// Advice is such that it holds for all, and its Reason is never empty.
	Explanation
	First *Ended
	Pulls int
	// Unasked counts those for which the service was not asked.
	Unasked int
	// Texts counts the different texts of the failures, where there are more of
	// them than make groups of their own; 0 for one.
	Texts int
	// Tenants and Reports are the addresses of all that are affected, each once,
	// in the order of the failures.
	Tenants, Reports []string
	// Earliest and Latest are the pulls with the first and the last slice.
	Earliest, Latest *plan.Pull
	// Held are the outputs that hold the slices all the same.
	Held []string
}

// class is what failures of one kind have in common, whatever their texts are.
type class struct {
	kind, cause, code, held string
	status                  int
}

// maxTexts is how many groups of one class there are at most: texts that differ
// more often hold something that is different each time.
const maxTexts = 5

// GroupFailures puts failures together that have one cause: the same facts, and a
// text that differs in nothing but names, times, numbers and ids. There are few
// groups, however many failures there are.
func GroupFailures(failed []Ended) []Group {
	type key struct {
		class
		text string
	}
	var groups []*grouping
	known, classes := map[key]*grouping{}, map[class][]*grouping{}
	for i := range failed {
		e := &failed[i]
		held := heldBeside(e)
		of := class{e.Failure.Kind, e.Failure.Cause, e.Failure.Code, strings.Join(held, " "), e.Failure.Status}
		at := key{of, plain(e)}
		g := known[at]
		if g == nil {
			alike := classes[of]
			if len(alike) < maxTexts {
				g = &grouping{Group: Group{Explanation: e.Failure.Explanation, First: e, Earliest: e.Pull, Latest: e.Pull, Held: held}}
				g.Reason = reasonOf(e.Failure)
				groups = append(groups, g)
				classes[of] = append(alike, g)
			} else {
				g = alike[maxTexts-1]
				g.Texts = max(1, g.Texts) + 1
			}
			known[at] = g
		}
		g.add(e)
	}
	list := make([]Group, len(groups))
	for i, g := range groups {
		if g.advices {
			g.Advice = g.Remedy
		}
		list[i] = g.Group
	}
	return list
}

// grouping is a Group that grows.
type grouping struct {
	Group
	tenants, reports map[string]bool
	advices          bool // there is more than one advice
}

func (g *grouping) add(e *Ended) {
	if g.tenants == nil {
		g.tenants, g.reports = map[string]bool{}, map[string]bool{}
	}
	g.Pulls++
	if e.Failure.Unasked {
		g.Unasked++
	} else if g.First.Failure.Unasked {
		g.First, g.RequestID, g.ClientRequestID = e, e.Failure.RequestID, e.Failure.ClientRequestID
	}
	if !g.tenants[e.Pull.Tenant] {
		g.tenants[e.Pull.Tenant] = true
		g.Tenants = append(g.Tenants, e.Pull.Tenant)
	}
	if !g.reports[e.Pull.Report] {
		g.reports[e.Pull.Report] = true
		g.Reports = append(g.Reports, e.Pull.Report)
	}
	if e.Pull.From.Before(g.Earliest.From) {
		g.Earliest = e.Pull
	}
	if e.Pull.To.After(g.Latest.To) {
		g.Latest = e.Pull
	}
	g.advices = g.advices || e.Failure.Advice != g.Explanation.Advice
}

// heldBeside are the outputs that hold the slice although others failed.
func heldBeside(e *Ended) []string {
	var held []string
	for _, w := range e.Written {
		held = append(held, w.Output)
	}
	slices.Sort(held)
	return held
}

var (
	guid   = regexp.MustCompile(`[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}`)
	number = regexp.MustCompile(`[0-9][0-9,.:TZ-]*`)
)

// reasonOf is the reason of a failure, or the message where there is none, or
// where it has more to say than one error.
func reasonOf(f *Failure) string {
	if f.Reason == "" || strings.Contains(f.Message, "\n") {
		return f.Message
	}
	return f.Reason
}

// plain is the text of a failure without what is of one pull alone.
func plain(e *Ended) string {
	text := reasonOf(e.Failure)
	if text != e.Failure.Reason {
		for _, name := range []string{e.Pull.Tenant, e.Pull.Report, e.Pull.Label} {
			if name != "" {
				text = strings.ReplaceAll(text, name, "~")
			}
		}
	}
	text = guid.ReplaceAllLiteralString(text, "#")
	return number.ReplaceAllLiteralString(text, "0")
}
