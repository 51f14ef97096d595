// Package ledgers shows ledgers: what is held, in numbers and in full, and what
// the commands of the state do to it.
package ledgers

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/term"
)

// Human shows ledgers to people.
type Human struct{ *view.Human }

// NewHuman returns a view that shows ledgers on h.
func NewHuman(h *view.Human) *Human { return &Human{h} }

// holding is a ledger in numbers.
type holding struct {
	outputs     []string
	slices      int
	from, to    time.Time // of the earliest and the latest slice
	rows, bytes int64     // rows of each slice once, bytes of every file
	failed      int       // slices whose last try did not complete
}

func holdingOf(l *ledger.Ledger) holding {
	var h holding
	held, failed := map[[2]int64]bool{}, map[[2]int64]bool{}
	for entry := range l.Held() {
		if !slices.Contains(h.outputs, entry.Output) {
			h.outputs = append(h.outputs, entry.Output)
		}
		h.bytes += entry.Bytes
		if key := [2]int64{entry.From.Unix(), entry.To.Unix()}; !held[key] {
			held[key] = true
			h.rows += entry.Rows
		}
		if h.from.IsZero() || entry.From.Before(h.from) {
			h.from = entry.From
		}
		if entry.To.After(h.to) {
			h.to = entry.To
		}
	}
	for _, entry := range l.Failed {
		failed[[2]int64{entry.From.Unix(), entry.To.Unix()}] = true
	}
	h.slices, h.failed = len(held), len(failed)
	return h
}

// NothingHeld says that there is no ledger.
func (h *Human) NothingHeld() {
	h.Out.Printf("Nothing is held yet. See what there is to do with: reportform plan\n")
}

// Ledgers shows ledgers, in order of report and tenant, as a table for each
// report.
func (h *Human) Ledgers(list iter.Seq[*ledger.Ledger]) {
	var t *ledgerTable
	for l := range list {
		if t == nil || t.report != l.Report {
			h.ledgerTable(t)
			t = &ledgerTable{report: l.Report}
		}
		t.add(l)
	}
	h.ledgerTable(t)
	if t != nil {
		h.Out.Printf("FROM is included, TO is not; both are UTC. More: reportform state show ADDRESS\n")
	}
}

// ledgerTable is the table of one report's ledgers.
type ledgerTable struct {
	report  string
	outputs []string
	rows    [][]string
}

func (t *ledgerTable) add(l *ledger.Ledger) {
	s := holdingOf(l)
	for _, output := range s.outputs {
		if !slices.Contains(t.outputs, output) {
			t.outputs = append(t.outputs, output)
		}
	}
	row := []string{address.Address(l.Tenant).WithoutKind(), term.Count(s.slices), "-", "-", term.Count(s.rows), term.Size(s.bytes), term.Count(s.failed)}
	if s.slices > 0 {
		row[2], row[3] = shortMoment(s.from), shortMoment(s.to)
	}
	t.rows = append(t.rows, row)
}

// ledgerTable prints a table that there may be.
func (h *Human) ledgerTable(t *ledgerTable) {
	if t == nil {
		return
	}
	o := &h.Out
	o.Printf("%s\n", o.Bold(t.report))
	if t.outputs != nil {
		o.Hanging("  in ", 5, strings.Join(t.outputs, ", "))
	}
	header := []string{"TENANT", "SLICES", "FROM", "TO", "ROWS", "BYTES", "FAILED"}
	o.Table([]term.Column{term.Name, term.Right, term.Left, term.Left, term.Right, term.Right, term.Right}, append([][]string{header}, t.rows...))
	o.Printf("\n")
}

// shortMoment writes midnight as a date alone.
func shortMoment(t time.Time) string {
	if t.UTC().Truncate(24 * time.Hour).Equal(t) {
		return t.UTC().Format(time.DateOnly)
	}
	return strings.TrimSuffix(term.Moment(t), "Z")
}

// LedgerKeys prints the addresses of ledgers, one a line.
func (h *Human) LedgerKeys(keys []ledger.Key) {
	for _, k := range keys {
		h.Out.Printf("%s %s\n", k.Report, k.Tenant)
	}
}

// Ledger shows every entry of a ledger.
func (h *Human) Ledger(l *ledger.Ledger) {
	o := &h.Out
	o.Printf("%s\n", o.Bold(l.Report+" "+l.Tenant))
	entries := slices.Collect(l.Held())
	slices.SortStableFunc(entries, func(a, b *ledger.Held) int {
		if c := a.From.Compare(b.From); c != 0 {
			return c
		}
		return a.To.Compare(b.To)
	})
	for i, e := range entries {
		if i == 0 || !e.From.Equal(entries[i-1].From) || !e.To.Equal(entries[i-1].To) {
			o.Printf("\n  %s\n", o.Cyan(term.Interval(e.From, e.To)))
		}
		h.held(e)
	}
	if len(entries) == 0 {
		o.Printf("\n  Nothing is held.\n")
	}
	for _, f := range l.Failed {
		o.Printf("\n  %s %s, %s, at %s\n", o.Red("Failed:"), term.Interval(f.From, f.To), f.Output, term.Moment(f.At))
		o.Paragraphs(4, f.Error)
	}
	for i, left := range l.Left {
		if i == 0 {
			o.Printf("\n  %s\n", o.Yellow("Left behind, held at another path since; apply -prune deletes them:"))
		}
		what := term.Size(left.Bytes)
		if left.SHA256 == "" && !left.Place.IsFile() {
			what = term.Many(left.Rows, "row")
		}
		o.Printf("    %s, %s\n", left.Place, what)
	}
	h.deleted(l)
	o.Printf("\n")
}

// deleted shows what a ledger says of deletions: what forbids or allows them, and
// the log.
func (h *Human) deleted(l *ledger.Ledger) {
	o := &h.Out
	if l.Protected {
		o.Printf("\n")
		o.Hanging("  ", 2, "Protected: nothing deletes what is held, until it is declared without protect.")
	}
	if l.Expiry != "" {
		o.Printf("\n")
		o.Hanging("  ", 2, "Slices expire "+l.Expiry+" after their end, without a question.")
	}
	for i, d := range l.Deleted {
		if i == 0 {
			o.Printf("\n  %s\n", o.Yellow("Deleted:"))
		}
		text := term.Interval(d.From, d.To) + ", " + d.Output
		if d.Slices > 1 {
			text += ", " + term.Many(d.Slices, "slice")
		}
		text += ", at " + term.Moment(d.At) + ": " + d.Why
		if d.Allowed != "" {
			text += ", allowed as " + d.Allowed
		}
		if d.Plan != "" {
			text += ", by plan " + view.Digest(d.Plan)
		}
		o.Hanging("    ", 6, text)
		o.Printf("      %s\n", d.Place)
	}
}

// Revisited is said of a slice that was read when its second reading was
// due, or later: it may have been the first.
const Revisited = ", after its revisit time"

// HasBytes reports whether an entry has bytes of its own, as a file has.
func HasBytes(e *ledger.Held, p *ledger.Proof) bool { return p.SHA256 != "" || e.Place.IsFile() }

// proven says what proof there is of an entry, in some words: of what has bytes
// their digest, of everything else what the destination has said.
func proven(e *ledger.Held, p *ledger.Proof) (words []string) {
	if HasBytes(e, p) {
		return []string{"sha256 " + view.Digest(p.SHA256)}
	}
	if p.Promise != "" {
		words = append(words, p.Promise)
	}
	if p.Ack != "" {
		words = append(words, "acknowledged as "+p.Ack)
	}
	return words
}

func (h *Human) held(e *ledger.Held) {
	o, p := &h.Out, e.Proof()
	o.Printf("    %s\n", e.Output)
	o.Printf("      %s\n", e.Place)
	final := "final"
	if !e.Final {
		final = "not final"
	}
	parts := []string{term.Many(e.Rows, "row")}
	if HasBytes(e, &p) {
		parts = append(parts, term.Size(e.Bytes))
	}
	parts = append(parts, term.Many(p.Pages, "page"))
	parts = append(append(parts, proven(e, &p)...), final)
	o.Hanging("      ", 6, strings.Join(append(parts, Extras(p)...), ", "))
	text := "fetched " + term.Moment(p.FetchedAt) + " in " + term.Length(p.Took)
	if e.Revisited {
		text += Revisited
	}
	o.Hanging("      ", 6, text)
	if p.Derived != "" {
		o.Printf("      made from %s\n", p.Derived)
	}
	if !p.First.IsZero() {
		o.Hanging("      ", 6, "events from "+term.Moment(p.First)+" to "+term.Moment(p.Last))
	}
}

// Extras are the counts of events that were not simply written, where there
// are any.
func Extras(p ledger.Proof) []string {
	return append(view.Extras(p.Repeated, p.Revisions, p.Outside, p.Untimed), view.Later(p.Late, p.Vanished, p.Changed, p.LateByRows)...)
}
