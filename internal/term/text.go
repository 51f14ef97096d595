package term

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// Width is how many columns a text takes.
func Width(s string) int { return runewidth.StringWidth(s) }

// Wrap breaks text at spaces into lines of at most width columns. The first
// line is indented by first, the others by rest. A longer word stands alone,
// and a first word that has no room beside what it follows stands below.
func Wrap(text string, first, rest, width int) string {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", first))
	column, empty := first, true
	for word := range strings.FieldsSeq(text) {
		w := Width(word)
		switch {
		case empty && (first <= rest || column+w <= width):
		case column+1+w > width:
			b.WriteString("\n" + strings.Repeat(" ", rest))
			column = rest
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += w
		empty = false
	}
	return b.String()
}

// Clean makes text safe for one line of a terminal: control and formatting
// characters, line breaks among them, are spelled out, and bytes that are no
// text replaced.
func Clean(s string) string {
	safe := true
	for _, r := range s {
		if unsafe(r) {
			safe = false
			break
		}
	}
	if safe {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			b.WriteString("  ")
		case r == '\n':
			b.WriteString(`\n`)
		case r == unicode.ReplacementChar || !unsafe(r):
			b.WriteRune(r)
		case r <= 0xff:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// unsafe reports whether a terminal may act on r instead of showing it:
// controls, invisible formatting such as a change of direction, line
// separators. The replacement character stands for bytes that are no UTF-8.
func unsafe(r rune) bool {
	return r == unicode.ReplacementChar || unicode.IsControl(r) ||
		unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Cut shortens text to at most width columns.
func Cut(s string, width int) string {
	return runewidth.Truncate(s, width, "...")
}

// Skip is a text without its first columns, so many.
func Skip(s string, columns int) string { return runewidth.TruncateLeft(s, columns, "") }

// Middle shortens text in its middle to at most width columns, so many of
// which at its head.
func Middle(s string, width, head int) string {
	w := Width(s)
	if w <= width {
		return s
	}
	const gap = "…"
	tail := width - head - Width(gap)
	return runewidth.Truncate(s, head, "") + gap + Skip(s, w-tail)
}
