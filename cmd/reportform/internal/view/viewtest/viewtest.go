// Package viewtest is what the tests of all views share: the suite that every
// screen passes, and the plans and ledgers that screens show as examples.
package viewtest

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/internal/term"
)

var _ = flag.Bool("update", false, "write the golden files anew")

// Screen collects what views write to both streams, in order.
type Screen struct {
	bytes.Buffer
	Clock time.Time
}

// NewScreen returns an empty screen at ten o'clock of the 23rd of November.
func NewScreen() *Screen { return &Screen{Clock: Day(23).Add(10 * time.Hour)} }

// Now is the clock of the screen.
func (s *Screen) Now() time.Time { return s.Clock }

// Streams lead to the screen, which is 80 columns wide.
func (s *Screen) Streams(color bool) view.Streams {
	stream := term.Stream{Writer: s, Color: color, Width: 80}
	return view.Streams{Out: stream, Err: stream}
}

// Terminal is like Streams, without colour, for a screen whose lines can be
// drawn again.
func (s *Screen) Terminal() view.Streams {
	streams := s.Streams(false)
	streams.Err.Terminal = true
	return streams
}

// Human is a view for people, without colour, on the screen.
func (s *Screen) Human() *view.Human { return view.NewHuman(s.Streams(false), s.Now) }

// JSON is a view for programs on the screen.
func (s *Screen) JSON() *view.JSON { return view.NewJSON(s.Streams(false), s.Now) }

// Screens compares what a view for people shows with golden files, by name. It
// checks that nothing is wider than the screen, and that colour adds escape
// sequences and changes nothing else.
func Screens[H any](t *testing.T, on func(*view.Human) H, screens map[string]func(H)) {
	sequence := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for name, show := range screens {
		t.Run(name, func(t *testing.T) {
			s := NewScreen()
			show(on(s.Human()))
			plain := s.String()
			Golden(t, name+".golden", plain)
			for line := range strings.Lines(plain) {
				if w := term.Width(strings.TrimRight(line, "\n")); w > 80 && !strings.Contains(line, ": failed after") && !strings.Contains(line, ": done, ") && !strings.Contains(line, ": waiting") {
					t.Errorf("%d columns: %s", w, line)
				}
				if strings.HasSuffix(strings.TrimSuffix(line, "\n"), " ") && !strings.Contains(line, "value:") {
					t.Errorf("ends with a space: %q", line)
				}
			}
			if strings.Contains(plain, "\x1b") {
				t.Error("an escape sequence without colour")
			}
			colored := NewScreen()
			show(on(view.NewHuman(colored.Streams(true), colored.Now)))
			if diff := cmp.Diff(plain, sequence.ReplaceAllString(colored.String(), "")); diff != "" {
				t.Errorf("colour changes the text: %s", diff)
			}
		})
	}
}

// Messages compares what a view for programs writes with golden files, by name.
func Messages[J any](t *testing.T, on func(*view.JSON) J, messages map[string]func(J)) {
	for name, write := range messages {
		t.Run(name, func(t *testing.T) {
			s := NewScreen()
			write(on(s.JSON()))
			Golden(t, name+".json.golden", s.String())
		})
	}
}

// Golden compares a text with a file in testdata.
func Golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: %s", path, diff)
	}
}

// Evil is text from outside that acts on a terminal.
const Evil = "evil\x1b[2J\x07\u202e\u009b31m\r\x00\xff"

// Harmless checks that Evil, wherever a view for people is made to show it, is
// spelled out: in a log and on a terminal.
func Harmless[H any](t *testing.T, on func(*view.Human) H, show func(*Screen, H)) {
	for _, terminal := range []bool{false, true} {
		s := NewScreen()
		streams := s.Streams(false)
		streams.Err.Terminal = terminal
		show(s, on(view.NewHuman(streams, s.Now)))
		text := s.String()
		if terminal { // the movements of lines that are drawn again
			text = WithoutMovements(text)
		}
		for i, r := range text {
			if r != '\n' && term.Clean(string(r)) != string(r) {
				t.Errorf("%U at %q", r, text[max(0, i-40):min(len(text), i+20)])
			}
		}
		if !strings.Contains(text, `evil\x1b[2J`) {
			t.Error("the text itself is gone")
		}
	}
}

// WithoutMovements removes the movements of lines that are drawn again.
func WithoutMovements(text string) string {
	return regexp.MustCompile("\x1b\\[[0-9]+A\r\x1b\\[J").ReplaceAllString(text, "")
}
