package view

import (
	"bytes"
	"encoding/json"

	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/ledger"
)

// maxForgotten bounds the ledgers that are named before they are forgotten.
const maxForgotten = 20

// Extent is a ledger in numbers.
type Extent struct {
	Key            ledger.Key
	Entries, Files int
	Bytes          int64
}

// ExtentOf counts what a ledger knows.
func ExtentOf(l *ledger.Ledger) Extent {
	x := Extent{Key: ledger.Key{Tenant: l.Tenant, Report: l.Report}, Files: len(l.Left)}
	for h := range l.Held() {
		x.Entries++
		x.Bytes += h.Bytes
		if h.Path != ledger.Console {
			x.Files++
		}
	}
	return x
}

// Forgetting says what state rm forgets: these ledgers, and some that cannot
// be read.
func (h *Human) Forgetting(list []Extent, unreadable int) {
	o := &h.out
	rows := [][]string{{"REPORT", "TENANT", "ENTRIES", "FILES", "BYTES"}}
	var sum Extent
	for _, x := range list {
		sum.Entries, sum.Files, sum.Bytes = sum.Entries+x.Entries, sum.Files+x.Files, sum.Bytes+x.Bytes
		if len(rows) <= maxForgotten {
			rows = append(rows, []string{x.Key.Report, x.Key.Tenant, count(x.Entries), count(x.Files), size(x.Bytes)})
		}
	}
	if len(list) > 0 {
		o.printf("%s\n\n", o.bold("To be forgotten:"))
		o.table([]column{name, name, right, right, right}, rows)
		if more := len(list) - maxForgotten; more > 0 {
			o.printf("  and %s\n", many(more, "more ledger"))
		}
		o.printf("\n")
	}
	text := many(len(list), "ledger") + " with " + entriesText(sum.Entries) + " of " + many(sum.Files, "file") + ", " + size(sum.Bytes)
	if unreadable > 0 {
		text += ", and " + many(unreadable, "ledger") + " that cannot be read"
	}
	o.paragraphs(0, text+". The files stay where they are, and nothing knows them any more.")
}

// Forgotten says that so many ledgers were removed.
func (h *Human) Forgotten(ledgers int) {
	h.out.printf("%s %s.\n", h.out.green("Forgotten:"), many(ledgers, "ledger"))
}

// Moved says what was moved, or would be.
func (h *Human) Moved(source, destination string, m *engine.Moving, dryRun bool) {
	o := &h.out
	for i := range m.From {
		if i == maxForgotten {
			o.printf("  and %s\n", many(len(m.From)-i, "more ledger"))
			break
		}
		if m.From[i] == m.To[i] {
			o.printf("  %s %s\n", m.From[i].Report, m.From[i].Tenant)
			continue
		}
		o.printf("  %s %s\n    -> %s %s\n", m.From[i].Report, m.From[i].Tenant, m.To[i].Report, m.To[i].Tenant)
	}
	what := entriesText(m.Entries) + " in " + many(len(m.From), "ledger")
	if dryRun {
		o.hanging(o.yellow("Would move:")+" ", 12, what+", from "+source+" to "+destination+". Nothing was moved: -dry-run is given.")
		return
	}
	o.hanging(o.green("Moved:")+" ", 7, what+", from "+source+" to "+destination+".")
}

// Document prints a ledger as JSON, indented.
func (h *Human) Document(d *ledger.Document) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if enc.Encode(d) == nil {
		_, _ = h.out.stream.Write(b.Bytes())
	}
}

// Pushed says what state push changed.
func (h *Human) Pushed(p *engine.Pushed) {
	o := &h.out
	o.printf("%s\n", o.bold(p.Key.Report+" "+p.Key.Tenant))
	if p.Added+p.Changed+p.Removed == 0 {
		o.printf("%s The stored ledger has the same %s.\n", o.green("Nothing to change."), entriesText(p.Equal))
		return
	}
	o.printf("%s %s added, %s changed, %s lost, %s as before.\n", o.green("Stored:"),
		entriesText(p.Added), count(p.Changed), count(p.Removed), count(p.Equal))
}

func entriesText(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return count(n) + " entries"
}
