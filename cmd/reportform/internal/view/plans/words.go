package plans

import (
	"strings"
	"time"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/internal/term"
)

// The words of a plan, which coverage and explain use too.

// Reasons is the order in which reasons are listed.
func Reasons() []plan.Reason {
	return []plan.Reason{
		plan.Failed, plan.Missing, plan.Altered, plan.Changed,
		plan.Revisit, plan.Moved, plan.Open, plan.Relocated, plan.Derived, plan.New,
	}
}

// ReasonText explains a reason.
func ReasonText(r plan.Reason) string {
	switch r {
	case plan.New:
		return "not held yet"
	case plan.Derived:
		return "not held yet; made from a held file, without a request"
	case plan.Open:
		return "held, but fetched before the slice had settled"
	case plan.Moved:
		return "the window has moved on; the file is replaced"
	case plan.Revisit:
		return "held; read once more for events that came late"
	case plan.Changed:
		return "held, but the definition or the path has changed since"
	case plan.Relocated:
		return "held at another path; the file is moved, without a request"
	case plan.Missing:
		return "the file is gone"
	case plan.Altered:
		return "the file is not the one that was written"
	case plan.Failed:
		return "the last try did not complete"
	}
	return string(r)
}

// ReasonAt explains a reason, where it is known what it is said of.
func ReasonAt(r plan.Reason, p place.Place) string {
	switch {
	case p.IsFile():
	case r == plan.Relocated:
		return "held at another place; it is moved, without a request"
	case r == plan.Missing:
		return "what was written is gone"
	case r == plan.Altered:
		return "what is there is not what was written"
	}
	return ReasonText(r)
}

// OrphanText explains why something is an orphan.
func OrphanText(why string) string {
	switch why {
	case "tenant":
		return "the tenant is no longer declared"
	case "report":
		return "the report is no longer declared"
	case "output":
		return "the report no longer has this output"
	case "slice":
		return "the window no longer has these slices"
	case "path":
		return "the slices are held at another path"
	case "expired":
		return "older than the window keeps"
	}
	return why
}

// Stretch names consecutive slices by the labels of the first and the last. The
// bounds stand beside a label that does not tell them, and in the place of
// labels that are not known.
func Stretch(first, last string, from, to time.Time) string {
	switch {
	case first == "" || last == "":
		return term.Interval(from, to)
	case strings.HasPrefix(first, "last-"):
		return first + " (" + term.Interval(from, to) + ")"
	case first == last:
		return first
	}
	return first + " .. " + last
}

// SomeTenants writes the first tenants of a list and how many more there are,
// with what they share.
func SomeTenants(tenants []string, share string) string {
	if len(tenants) <= maxTenants {
		return strings.Join(tenants, ", ")
	}
	text := strings.Join(tenants[:maxTenants], ", ") + " and " + term.Many(len(tenants)-maxTenants, "more tenant")
	if share != "" {
		text += " " + share
	}
	return text
}
