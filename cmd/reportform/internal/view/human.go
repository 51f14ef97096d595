package view

import (
	"strings"
	"time"
)

// Human writes for people: results to the output stream, diagnostics,
// questions and progress to the error stream.
type Human struct {
	streams  Streams
	out, err printer
	now      func() time.Time
	progress display       // of the apply that runs; nil otherwise
	verify   *verification // that runs; nil otherwise
}

// NewHuman returns a view for people.
func NewHuman(s Streams, now func() time.Time) *Human {
	return &Human{streams: s, out: printer{s.Out}, err: printer{s.Err}, now: now}
}

// Text prints a text that is the result as it is: a help or a script of the
// program's own.
func (h *Human) Text(text string) { h.out.printf("%s", styled(text)) }

// UsageError says what is wrong with the command line.
func (h *Human) UsageError(err error) {
	what, more, _ := strings.Cut(err.Error(), "\n")
	h.err.hanging(h.err.red("Error:")+" ", 7, what)
	if more != "" {
		h.err.paragraphs(7, more)
	}
}

// Note tells something beside the result.
func (h *Human) Note(text string) { h.err.paragraphs(0, text) }
