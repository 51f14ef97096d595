package ledgers

import (
	"bytes"
	"encoding/json"

	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/term"
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
		if h.Place.IsFile() {
			x.Files++
		}
	}
	return x
}

// Forgetting says what state rm forgets: these ledgers, and some that cannot
// be read.
func (h *Human) Forgetting(list []Extent, unreadable int) {
	o := &h.Out
	rows := [][]string{{"REPORT", "TENANT", "ENTRIES", "FILES", "BYTES"}}
	var sum Extent
	for _, x := range list {
		sum.Entries, sum.Files, sum.Bytes = sum.Entries+x.Entries, sum.Files+x.Files, sum.Bytes+x.Bytes
		if len(rows) <= maxForgotten {
			rows = append(rows, []string{x.Key.Report, x.Key.Tenant, term.Count(x.Entries), term.Count(x.Files), term.Size(x.Bytes)})
		}
	}
	if len(list) > 0 {
		o.Printf("%s\n\n", o.Bold("To be forgotten:"))
		o.Table([]term.Column{term.Name, term.Name, term.Right, term.Right, term.Right}, rows)
		if more := len(list) - maxForgotten; more > 0 {
			o.Printf("  and %s\n", term.Many(more, "more ledger"))
		}
		o.Printf("\n")
	}
	text := term.Many(len(list), "ledger") + " with " + entriesText(sum.Entries) + " of " + term.Many(sum.Files, "file") + ", " + term.Size(sum.Bytes)
	if unreadable > 0 {
		text += ", and " + term.Many(unreadable, "ledger") + " that cannot be read"
	}
	o.Paragraphs(0, text+". The files stay where they are, and nothing knows them any more.")
}

// Forgotten says that so many ledgers were removed.
func (h *Human) Forgotten(ledgers int) {
	h.Out.Printf("%s %s.\n", h.Out.Green("Forgotten:"), term.Many(ledgers, "ledger"))
}

// Moved says what was moved, or would be.
func (h *Human) Moved(source, destination string, m *archive.Moving, dryRun bool) {
	o := &h.Out
	for i := range m.From {
		if i == maxForgotten {
			o.Printf("  and %s\n", term.Many(len(m.From)-i, "more ledger"))
			break
		}
		if m.From[i] == m.To[i] {
			o.Printf("  %s %s\n", m.From[i].Report, m.From[i].Tenant)
			continue
		}
		o.Printf("  %s %s\n    -> %s %s\n", m.From[i].Report, m.From[i].Tenant, m.To[i].Report, m.To[i].Tenant)
	}
	what := entriesText(m.Entries) + " in " + term.Many(len(m.From), "ledger")
	if dryRun {
		o.Hanging(o.Yellow("Would move:")+" ", 12, what+", from "+source+" to "+destination+". Nothing was moved: -dry-run is given.")
		return
	}
	o.Hanging(o.Green("Moved:")+" ", 7, what+", from "+source+" to "+destination+".")
}

// Document prints a ledger as JSON, indented.
func (h *Human) Document(d *ledger.Document) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if enc.Encode(d) == nil {
		_, _ = h.Out.Write(b.Bytes())
	}
}

// Pushed says what state push changed.
func (h *Human) Pushed(p *archive.Pushed) {
	o := &h.Out
	o.Printf("%s\n", o.Bold(p.Key.Report+" "+p.Key.Tenant))
	if p.Added+p.Changed+p.Removed == 0 {
		o.Printf("%s The stored ledger has the same %s.\n", o.Green("Nothing to change."), entriesText(p.Equal))
		return
	}
	o.Printf("%s %s added, %s changed, %s lost, %s as before.\n", o.Green("Stored:"),
		entriesText(p.Added), term.Count(p.Changed), term.Count(p.Removed), term.Count(p.Equal))
}

func entriesText(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return term.Count(n) + " entries"
}
