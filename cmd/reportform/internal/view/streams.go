// Package view is the only place that prints. A command tells a view what it
// has to tell; Human writes it for people, JSON for programs.
//
// Streams, colour, width and the clock are values, so that every screen is
// tested by giving a view values and reading what it wrote. Text that comes
// from outside the program never reaches a terminal with control characters
// in it.
package view

import (
	"io"
	"os"
	"sync"

	"github.com/mattn/go-colorable"
	"golang.org/x/term"
)

// Stream is where text goes.
type Stream struct {
	io.Writer
	Terminal bool // somebody looks at it: its lines can be drawn again
	Color    bool
	Width    int // columns; 0 stands for 80
}

// Streams are the standard streams of a process.
type Streams struct {
	In         io.Reader
	InTerminal bool
	Out, Err   Stream
}

// StandardStreams are those of this process. Colour is for terminals, unless
// NO_COLOR is set or the terminal is a dumb one.
func StandardStreams(getenv func(string) string) Streams {
	stream := func(f *os.File) Stream {
		fd := int(f.Fd())
		if !term.IsTerminal(fd) {
			return Stream{Writer: f}
		}
		width, _, err := term.GetSize(fd)
		if err != nil {
			width = 0
		}
		dumb := getenv("TERM") == "dumb"
		return Stream{
			Writer:   colorable.NewColorable(f),
			Terminal: !dumb,
			Color:    !dumb && getenv("NO_COLOR") == "",
			Width:    width,
		}
	}
	return Streams{
		In: os.Stdin, InTerminal: term.IsTerminal(int(os.Stdin.Fd())),
		Out: stream(os.Stdout), Err: stream(os.Stderr),
	}
}

// Plain returns the streams without colour.
func (s Streams) Plain() Streams {
	s.Out.Color, s.Err.Color = false, false
	return s
}

// LeaveOut returns the streams with everything on standard error: standard
// output is left to events.
func (s Streams) LeaveOut() Streams {
	s.Out = s.Err
	return s
}

// NoLive returns the streams without lines that are drawn again, for when
// something else writes to the terminal meanwhile.
func (s Streams) NoLive() Streams {
	s.Err.Terminal = false
	return s
}

// CheckedWriter is a writer that remembers the first error of the one below it.
type CheckedWriter struct {
	io.Writer

	mu  sync.Mutex
	err error
}

func (w *CheckedWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.err == nil {
			w.err = err
		}
	}
	return n, err
}

// Err is the first error of a Write, or nil.
func (w *CheckedWriter) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}
