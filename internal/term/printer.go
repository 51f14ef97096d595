// Package term writes text for people: streams with colour or without, lines
// wrapped to the width of a terminal, aligned tables, numbers in words, and
// lines that are drawn again while something runs. It knows nothing of what
// the text is about.
//
// Text that comes from outside the program never reaches a terminal with
// control characters in it.
package term

import (
	"fmt"
	"io"
	"strings"
)

// Stream is where text goes.
type Stream struct {
	io.Writer
	Terminal bool // somebody looks at it: its lines can be drawn again
	Color    bool
	Width    int // columns; 0 stands for 80
}

// defaultWidth is the number of columns where it is not known.
const defaultWidth = 80

// Printer writes text for people to a stream. Its Write is the stream's own,
// for bytes that are printed as they are.
type Printer struct{ Stream }

// Styled is text that is safe to print as it is: cleaned, perhaps coloured.
type Styled string

// Width is how many columns the text takes, without what a terminal does not
// show.
func (s Styled) Width() int {
	columns := 0
	for text := string(s); ; {
		shown, rest, escape := strings.Cut(text, "\x1b[")
		columns += Width(shown)
		if !escape {
			return columns
		}
		_, text, _ = strings.Cut(rest, "m")
	}
}

// Printf is fmt.Fprintf that cleans every argument which is a string, an error
// or a Stringer. Write errors are for the one who gave the stream to notice.
func (p *Printer) Printf(format string, args ...any) {
	fmt.Fprint(p.Stream, string(p.Sprintf(format, args...)))
}

// Sprintf is Printf that returns the text.
func (p *Printer) Sprintf(format string, args ...any) Styled {
	for i, arg := range args {
		switch arg := arg.(type) {
		case Styled:
			args[i] = string(arg)
		case string:
			args[i] = Clean(arg)
		case error:
			args[i] = Clean(arg.Error())
		case fmt.Stringer:
			args[i] = Clean(arg.String())
		}
	}
	return Styled(fmt.Sprintf(format, args...))
}

// Columns is the width to write for.
func (p *Printer) Columns() int {
	if p.Width <= 0 {
		return defaultWidth
	}
	return max(p.Width, 40)
}

// Bold cleans a text and shows it in bold, as those below do in a colour.
func (p *Printer) Bold(s string) Styled   { return p.style("1", s) }
func (p *Printer) Faint(s string) Styled  { return p.style("2", s) }
func (p *Printer) Red(s string) Styled    { return p.style("1;31", s) }
func (p *Printer) Green(s string) Styled  { return p.style("32", s) }
func (p *Printer) Yellow(s string) Styled { return p.style("1;33", s) }
func (p *Printer) Cyan(s string) Styled   { return p.style("36", s) }

func (p *Printer) style(code, s string) Styled {
	s = Clean(s)
	if !p.Color || s == "" {
		return Styled(s)
	}
	return Styled("\x1b[" + code + "m" + s + "\x1b[0m")
}

// Paragraphs writes text wrapped to the width and indented. Lines that begin
// with a space are examples and stay as they are.
func (p *Printer) Paragraphs(indent int, text string) {
	for line := range strings.Lines(strings.TrimRight(text, " \n")) {
		line = Clean(strings.TrimRight(line, "\r\n"))
		if strings.HasPrefix(line, " ") {
			p.Printf("%*s%s\n", indent, "", Styled(line))
			continue
		}
		p.Printf("%s\n", Styled(Wrap(line, indent, indent, p.Columns())))
	}
}

// Wrapped writes text wrapped to the width, its first line and the others each
// with an indentation.
func (p *Printer) Wrapped(first, rest int, text string) {
	p.Printf("%s\n", Styled(Wrap(Clean(text), first, rest, p.Columns())))
}

// Hanging writes a head and, wrapped beside and below it, text.
func (p *Printer) Hanging(head Styled, headWidth int, text string) {
	p.Printf("%s%s\n", head, Styled(Wrap(Clean(text), headWidth, headWidth, p.Columns())[headWidth:]))
}

// Plain is a text in no style: cleaned alone.
func Plain(s string) Styled { return Styled(Clean(s)) }
