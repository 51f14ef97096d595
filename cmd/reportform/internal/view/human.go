package view

import (
	"strings"
	"time"

	"github.com/reportform/reportform/internal/term"
)

// Human writes for people: results to Out, diagnostics, questions and progress
// to Err. The views of the commands build on it.
type Human struct {
	Out, Err term.Printer
	Now      func() time.Time
}

// NewHuman returns a view for people.
func NewHuman(s Streams, now func() time.Time) *Human {
	return &Human{term.Printer{Stream: s.Out}, term.Printer{Stream: s.Err}, now}
}

// Text prints a text that is the result as it is: a help or a script of the
// program's own.
func (h *Human) Text(text string) { h.Out.Printf("%s", term.Styled(text)) }

// UsageError says what is wrong with the command line.
func (h *Human) UsageError(err error) {
	what, more, _ := strings.Cut(err.Error(), "\n")
	h.Err.Hanging(h.Err.Red("Error:")+" ", 7, what)
	if more != "" {
		h.Err.Paragraphs(7, more)
	}
}

// Note tells something beside the result.
func (h *Human) Note(text string) { h.Err.Paragraphs(0, text) }

// Ask puts a question that only yes answers.
func (h *Human) Ask(question string) {
	p := &h.Err
	p.Printf("\n%s\n", p.Bold(question))
	p.Paragraphs(2, "Only 'yes' will be accepted to approve.")
	p.Printf("\n  %s ", p.Bold("Enter a value:"))
}

// Cancelled says that the question was not answered with yes.
func (h *Human) Cancelled(what string) {
	h.Err.Printf("\n%s cancelled. Nothing was changed.\n", what)
}
