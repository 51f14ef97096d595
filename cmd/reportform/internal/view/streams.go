// Package view is the only place that prints: it and the packages below it. A
// command tells a view what it has to tell; a Human writes it for people, a JSON
// for programs. This package has what all commands tell, the diagnostics and
// the list of all messages for programs; a folder has what commands of one kind
// tell:
//
//   - plans: what has to be done
//   - pulls: how it goes, and what came of it
//   - ledgers: what is held
//   - archive: how whole it is, where a file comes from, whether files are intact
//
// Streams, colour, width and the clock are values, so that every screen is
// tested by giving a view values and reading what it wrote.
package view

import (
	"io"
	"os"
	"sync"

	"github.com/mattn/go-colorable"
	tty "golang.org/x/term"

	"github.com/reportform/reportform/internal/term"
)

// Streams are the standard streams of a process.
type Streams struct {
	In         io.Reader
	InTerminal bool
	Out, Err   term.Stream
}

// StandardStreams are those of this process. Colour is for terminals, unless
// NO_COLOR is set or the terminal is a dumb one.
func StandardStreams(getenv func(string) string) Streams {
	stream := func(f *os.File) term.Stream {
		fd := int(f.Fd())
		if !tty.IsTerminal(fd) {
			return term.Stream{Writer: f}
		}
		width, _, err := tty.GetSize(fd)
		if err != nil {
			width = 0
		}
		dumb := getenv("TERM") == "dumb"
		return term.Stream{
			Writer:   colorable.NewColorable(f),
			Terminal: !dumb,
			Color:    !dumb && getenv("NO_COLOR") == "",
			Width:    width,
		}
	}
	return Streams{
		In: os.Stdin, InTerminal: tty.IsTerminal(int(os.Stdin.Fd())),
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
