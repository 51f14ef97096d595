package view

import (
	"bytes"
	"errors"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hcled"

	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/term"
)

// Diagnostic is what is shown of an hcl.Diagnostic, to people and programs
// alike. It holds no values of variables.
type Diagnostic struct {
	Severity string   `json:"severity"` // "error" or "warning"
	Summary  string   `json:"summary"`
	Detail   string   `json:"detail,omitempty"`
	Range    *Range   `json:"range,omitempty"`
	Snippet  *Snippet `json:"snippet,omitempty"`
}

// Range is a place in a file. Lines and columns count from 1, bytes from 0.
type Range struct {
	Filename string `json:"filename"`
	Start    Place  `json:"start"`
	End      Place  `json:"end"`
}

// Place is one end of a Range.
type Place struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// Snippet quotes the lines of a Range.
type Snippet struct {
	// Context names the block around, such as tenant "contoso".
	Context string `json:"context,omitempty"`
	Line    int    `json:"line"` // number of the first line of Code
	Code    string `json:"code"` // whole lines without the last line break
	// Start and End are the place that is meant, as byte offsets in Code.
	Start int `json:"start"`
	End   int `json:"end"`
}

// maxQuote bounds the lines that a Snippet quotes, maxSnippet its bytes.
const (
	maxQuote   = 6
	maxSnippet = 4096
)

// NewDiagnostic describes d, quoting the source from files. Where a secret
// stands in the source, nothing is quoted.
func NewDiagnostic(d *hcl.Diagnostic, files map[string]*hcl.File) Diagnostic {
	shown := Diagnostic{Severity: "error", Summary: d.Summary, Detail: d.Detail}
	if d.Severity == hcl.DiagWarning {
		shown.Severity = "warning"
	}
	if d.Subject == nil {
		return shown
	}
	r := *d.Subject
	shown.Range = &Range{
		Filename: r.Filename,
		Start:    Place{r.Start.Line, r.Start.Column, r.Start.Byte},
		End:      Place{r.End.Line, r.End.Column, r.End.Byte},
	}
	if _, secret := hcl.DiagnosticExtra[diag.SecretHere](d); !secret {
		shown.Snippet = snippet(r, files[r.Filename])
	}
	return shown
}

func snippet(r hcl.Range, file *hcl.File) *Snippet {
	if file == nil || r.Start.Byte < 0 || r.End.Byte < r.Start.Byte || r.End.Byte > len(file.Bytes) {
		return nil
	}
	src := file.Bytes
	begin := bytes.LastIndexByte(src[:r.Start.Byte], '\n') + 1
	end, stop := begin, max(r.End.Byte, r.Start.Byte+1)
	for n := 0; n < maxQuote && end < len(src) && (end < stop || n == 0); n++ {
		line := bytes.IndexByte(src[end:], '\n')
		if line < 0 {
			end = len(src)
			break
		}
		end += line + 1
	}
	code := bytes.TrimRight(src[begin:end], "\r\n")
	if len(code) > maxSnippet {
		return nil
	}
	return &Snippet{
		Context: hcled.ContextString(file, r.Start.Byte),
		Line:    r.Start.Line,
		Code:    string(bytes.ToValidUTF8(code, []byte("?"))),
		Start:   min(r.Start.Byte-begin, len(code)),
		End:     min(r.End.Byte-begin, len(code)),
	}
}

// Diagnose turns an error into diagnostics: those that it carries, otherwise
// one with the summary and, in sentences, the error's text.
func Diagnose(summary string, err error) hcl.Diagnostics {
	var diags hcl.Diagnostics
	var one *hcl.Diagnostic
	switch {
	case err == nil:
		return nil
	case errors.As(err, &diags):
		return diags
	case errors.As(err, &one):
		return hcl.Diagnostics{one}
	}
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: detail(summary, err.Error())}}
}

// detail makes the text of an error what stands below a summary: sentences, and
// nothing that the summary says.
func detail(summary, text string) string {
	if n := len(summary) + len(": "); len(text) > n && strings.EqualFold(text[:n], summary+": ") {
		text = text[n:]
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = sentence(line)
	}
	return strings.Join(lines, "\n")
}

// sentence begins a line with a capital, if with a word, and ends it with a full
// stop, if with one. Examples are indented and stay as they are; names, paths
// and commands are no words.
func sentence(line string) string {
	words := strings.Fields(line)
	if len(words) == 0 || strings.HasPrefix(line, " ") {
		return line
	}
	lower := func(r rune) bool { return r < 'a' || r > 'z' }
	letter := func(r rune) bool { return lower(r) && (r < 'A' || r > 'Z') }
	if strings.IndexFunc(strings.TrimSuffix(words[0], ","), lower) < 0 {
		line = strings.ToUpper(line[:1]) + line[1:]
	}
	last := strings.Trim(words[len(words)-1], `()"'`)
	if last != "" && strings.IndexFunc(last, letter) < 0 {
		line += "."
	}
	return line
}

// Diagnostics shows every one of diags, quoting the source from files.
func (h *Human) Diagnostics(diags hcl.Diagnostics, files map[string]*hcl.File) {
	for _, d := range diags {
		h.diagnostic(NewDiagnostic(d, files))
	}
}

func (h *Human) diagnostic(d Diagnostic) {
	p := &h.Err
	head := p.Red("Error:")
	if d.Severity == "warning" {
		head = p.Yellow("Warning:")
	}
	p.Printf("%s %s\n", head, p.Bold(d.Summary))
	if r := d.Range; r != nil {
		p.Printf("\n  on %s line %d", r.Filename, r.Start.Line)
		if s := d.Snippet; s != nil && s.Context != "" {
			p.Printf(", in %s", s.Context)
		}
		if d.Snippet != nil {
			p.Printf(":\n")
			h.quote(d.Snippet)
		} else {
			p.Printf("\n")
		}
	}
	if d.Detail != "" {
		p.Printf("\n")
		p.Paragraphs(0, d.Detail)
	}
	p.Printf("\n")
}

// quote writes the lines of a snippet with a mark below the place that is meant.
func (h *Human) quote(s *Snippet) {
	p := &h.Err
	room := p.Columns() - 8
	lines := bytes.Split([]byte(s.Code), []byte("\n"))
	offset := 0
	for i, line := range lines {
		text := string(bytes.TrimSuffix(line, []byte("\r")))
		start, end := min(max(s.Start-offset, 0), len(text)), min(max(s.End-offset, 0), len(text))
		before, subject, after := term.Clean(text[:start]), term.Clean(text[start:end]), term.Clean(text[end:])
		if term.Width(before+subject+after) > room {
			// Keep the place that is meant in sight.
			if n := term.Width(before); n > room/3 {
				before = "..." + term.Skip(before, n-room/3)
			}
			subject = term.Cut(subject, room-term.Width(before))
			after = term.Cut(after, room-term.Width(before+subject))
		}
		p.Printf("  %4d: %s%s%s\n", s.Line+i, term.Styled(before), p.Bold(subject), term.Styled(after))
		if width := term.Width(subject); len(lines) == 1 || i == 0 && width > 0 {
			mark := bytes.Repeat([]byte("^"), max(width, 1))
			p.Printf("        %*s%s\n", term.Width(before), "", p.Red(string(mark)))
		}
		offset += len(line) + 1
	}
}
