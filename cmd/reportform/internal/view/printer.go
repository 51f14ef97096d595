package view

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// defaultWidth is the number of columns where it is not known.
const defaultWidth = 80

// printer writes text for people to a stream.
type printer struct{ stream Stream }

// styled is text that is safe to print as it is: cleaned, perhaps coloured.
type styled string

// printf is fmt.Fprintf that cleans every argument which is a string, an error
// or a Stringer. Write errors are for the one who gave the stream to notice.
func (p *printer) printf(format string, args ...any) {
	fmt.Fprint(p.stream, p.sprintf(format, args...))
}

func (p *printer) sprintf(format string, args ...any) string {
	for i, arg := range args {
		switch arg := arg.(type) {
		case styled:
			args[i] = string(arg)
		case string:
			args[i] = clean(arg)
		case error:
			args[i] = clean(arg.Error())
		case fmt.Stringer:
			args[i] = clean(arg.String())
		}
	}
	return fmt.Sprintf(format, args...)
}

func (p *printer) width() int {
	if p.stream.Width <= 0 {
		return defaultWidth
	}
	return max(p.stream.Width, 40)
}

func (p *printer) bold(s string) styled   { return p.style("1", s) }
func (p *printer) faint(s string) styled  { return p.style("2", s) }
func (p *printer) red(s string) styled    { return p.style("1;31", s) }
func (p *printer) green(s string) styled  { return p.style("32", s) }
func (p *printer) yellow(s string) styled { return p.style("1;33", s) }
func (p *printer) cyan(s string) styled   { return p.style("36", s) }

func (p *printer) style(code, s string) styled {
	s = clean(s)
	if !p.stream.Color || s == "" {
		return styled(s)
	}
	return styled("\x1b[" + code + "m" + s + "\x1b[0m")
}

// paragraphs writes text wrapped to the width and indented. Lines that begin
// with a space are examples and stay as they are.
func (p *printer) paragraphs(indent int, text string) {
	for line := range strings.Lines(strings.TrimRight(text, " \n")) {
		line = clean(strings.TrimRight(line, "\r\n"))
		if strings.HasPrefix(line, " ") {
			p.printf("%*s%s\n", indent, "", styled(line))
			continue
		}
		p.printf("%s\n", styled(wrap(line, indent, indent, p.width())))
	}
}

// wrapped writes text wrapped to the width, its first line and the others each
// with an indentation.
func (p *printer) wrapped(first, rest int, text string) {
	p.printf("%s\n", styled(wrap(clean(text), first, rest, p.width())))
}

// hanging writes a head and, wrapped beside and below it, text.
func (p *printer) hanging(head styled, headWidth int, text string) {
	p.printf("%s%s\n", head, styled(wrap(clean(text), headWidth, headWidth, p.width())[headWidth:]))
}

// wrap breaks text at spaces into lines of at most width columns. The first
// line is indented by first, the others by rest. A longer word stands alone,
// and a first word that has no room beside what it follows stands below.
func wrap(text string, first, rest, width int) string {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", first))
	column, empty := first, true
	for word := range strings.FieldsSeq(text) {
		w := runewidth.StringWidth(word)
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

// clean makes text safe for one line of a terminal: control and formatting
// characters, line breaks among them, are spelled out, and bytes that are no
// text replaced.
func clean(s string) string {
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

// cut shortens text to at most width columns.
func cut(s string, width int) string {
	return runewidth.Truncate(s, width, "...")
}

// middle shortens text to at most width columns, so many of which at its head.
func middle(s string, width, head int) string {
	w := runewidth.StringWidth(s)
	if w <= width {
		return s
	}
	const gap = "…"
	tail := width - head - runewidth.StringWidth(gap)
	return runewidth.Truncate(s, head, "") + gap + runewidth.TruncateLeft(s, w-tail, "")
}

// column is how a column of a table is set.
type column int

const (
	left column = iota
	right
	// name is on the left and gives way where a terminal is too narrow. Columns
	// of names are the first ones.
	name
)

// table writes rows in aligned columns, indented by two, the first row in bold.
// Where names cannot give way enough without becoming alike, they stand on
// lines of their own, above the rest of their row.
func (p *printer) table(columns []column, rows [][]string) {
	widths := make([]int, len(columns))
	for _, row := range rows {
		for i := range row {
			row[i] = clean(row[i])
			widths[i] = max(widths[i], runewidth.StringWidth(row[i]))
		}
	}
	short, fits := p.fit(columns, rows, widths)
	names := 0
	for !fits && names < len(columns) && columns[names] == name {
		widths[names] = runewidth.StringWidth(rows[0][names])
		names++
	}
	for n, row := range short {
		if n > 0 && names > 0 {
			line := strings.Join(rows[n][:names], "  ")
			if runewidth.StringWidth(line)+2 > p.width() {
				line = strings.Join(rows[n][:names], "\n    ")
			}
			p.printf("  %s\n", styled(line))
			row = append(make([]string, names), row[names:]...)
		}
		var b strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-runewidth.StringWidth(cell))
			if i > 0 {
				b.WriteString("  ")
			}
			if columns[i] == right {
				cell, pad = pad, cell
			}
			b.WriteString(cell + pad)
		}
		line := strings.TrimRight(b.String(), " ")
		if n == 0 {
			p.printf("  %s\n", p.bold(line))
			continue
		}
		p.printf("  %s\n", line)
	}
}

// fit returns the rows of a table with names as short as the terminal's width
// asks for, the last column of names first, and sets widths to theirs. What
// does not go to a terminal stays as it is.
func (p *printer) fit(columns []column, rows [][]string, widths []int) (short [][]string, fits bool) {
	over := 2*len(widths) - p.width()
	for _, w := range widths {
		over += w
	}
	if over <= 0 || p.stream.Width <= 0 {
		return rows, true
	}
	short = make([][]string, len(rows))
	for n := range rows {
		short[n] = slices.Clone(rows[n])
	}
	const least = 8
	for i := len(columns) - 1; i >= 0 && over > 0; i-- {
		width := max(widths[i]-over, least)
		for columns[i] == name && width < widths[i] {
			if shorten(short, i, width) {
				over -= widths[i] - width
				widths[i] = width
				break
			}
			width += 2
		}
	}
	return short, over <= 0
}

// shorten shortens the cells of a column in the middle, or where else they
// stay distinct. It reports whether that was possible.
func shorten(rows [][]string, column, width int) bool {
	cells := make([]string, len(rows))
	for step := range width {
		head := (width-1)/2 + (step+1)/2 // from the middle to both sides
		if step%2 == 1 {
			head = (width-1)/2 - (step+1)/2
		}
		if head < 1 || head > width-2 {
			continue
		}
		of := map[string]string{}
		distinct := true
		for n, row := range rows {
			cells[n] = middle(row[column], width, head)
			other, known := of[cells[n]]
			distinct = distinct && (!known || other == row[column])
			of[cells[n]] = row[column]
		}
		if distinct {
			for n := range rows {
				rows[n][column] = cells[n]
			}
			return true
		}
	}
	return false
}
