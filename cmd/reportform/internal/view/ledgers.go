package view

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/address"
)

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
			h.rows += entry.Proof().Rows
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
	h.out.printf("Nothing is held yet. See what there is to do with: reportform plan\n")
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
		h.out.printf("FROM is included, TO is not; both are UTC. More: reportform state show ADDRESS\n")
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
	row := []string{address.Address(l.Tenant).WithoutKind(), count(s.slices), "-", "-", count(s.rows), size(s.bytes), count(s.failed)}
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
	o := &h.out
	o.printf("%s\n", o.bold(t.report))
	if t.outputs != nil {
		o.hanging("  in ", 5, strings.Join(t.outputs, ", "))
	}
	header := []string{"TENANT", "SLICES", "FROM", "TO", "ROWS", "BYTES", "FAILED"}
	o.table([]column{name, right, left, left, right, right, right}, append([][]string{header}, t.rows...))
	o.printf("\n")
}

// shortMoment writes midnight as a date alone.
func shortMoment(t time.Time) string {
	if t.UTC().Truncate(24 * time.Hour).Equal(t) {
		return t.UTC().Format(time.DateOnly)
	}
	return strings.TrimSuffix(moment(t), "Z")
}

// LedgerKeys prints the addresses of ledgers, one a line.
func (h *Human) LedgerKeys(keys []ledger.Key) {
	for _, k := range keys {
		h.out.printf("%s %s\n", k.Report, k.Tenant)
	}
}

// Ledger shows every entry of a ledger.
func (h *Human) Ledger(l *ledger.Ledger) {
	o := &h.out
	o.printf("%s\n", o.bold(l.Report+" "+l.Tenant))
	entries := slices.Collect(l.Held())
	slices.SortStableFunc(entries, func(a, b *ledger.Held) int {
		if c := a.From.Compare(b.From); c != 0 {
			return c
		}
		return a.To.Compare(b.To)
	})
	for i, e := range entries {
		if i == 0 || !e.From.Equal(entries[i-1].From) || !e.To.Equal(entries[i-1].To) {
			o.printf("\n  %s\n", o.cyan(interval(e.From, e.To)))
		}
		h.held(e)
	}
	if len(entries) == 0 {
		o.printf("\n  Nothing is held.\n")
	}
	for _, f := range l.Failed {
		o.printf("\n  %s %s, %s, at %s\n", o.red("Failed:"), interval(f.From, f.To), f.Output, moment(f.At))
		o.paragraphs(4, f.Error)
	}
	for i, left := range l.Left {
		if i == 0 {
			o.printf("\n  %s\n", o.yellow("Left behind, held at another path since; apply -prune deletes them:"))
		}
		o.printf("    %s, %s\n", left.Path, size(left.Bytes))
	}
	o.printf("\n")
}

// revisitedText is said of a slice that was read when its second reading was
// due, or later: it may have been the first.
const revisitedText = ", after its revisit time"

func (h *Human) held(e *ledger.Held) {
	o, p := &h.out, e.Proof()
	o.printf("    %s\n", e.Output)
	o.printf("      %s\n", e.Path)
	final := "final"
	if !e.Final {
		final = "not final"
	}
	parts := []string{many(p.Rows, "row"), size(e.Bytes), many(p.Pages, "page"), "sha256 " + short(p.SHA256), final}
	o.hanging("      ", 6, strings.Join(append(parts, extras(p)...), ", "))
	text := "fetched " + moment(p.FetchedAt) + " in " + length(p.Took)
	if e.Revisited {
		text += revisitedText
	}
	o.hanging("      ", 6, text)
	if p.Derived != "" {
		o.printf("      made from %s\n", p.Derived)
	}
	if !p.First.IsZero() {
		o.hanging("      ", 6, "events from "+moment(p.First)+" to "+moment(p.Last))
	}
}

// extras are the counts of events that were not simply written, where there
// are any.
func extras(p ledger.Proof) (parts []string) {
	for _, extra := range []struct {
		n    int64
		what string
	}{{p.Repeated, "repeated"}, {p.Revisions, "revised"}, {p.Outside, "outside the slice"}} {
		if extra.n > 0 {
			parts = append(parts, count(extra.n)+" "+extra.what)
		}
	}
	return parts
}

// short is the beginning of a digest, enough to compare by eye.
func short(digest string) string { return digest[:min(12, len(digest))] }
