package outputs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/internal/place"
)

// fakeWriter records what happens to it, and fails where it is told to.
type fakeWriter struct {
	name   string
	failAt string
	log    *[]string
}

// logging guards the logs: writers write side by side.
var logging sync.Mutex

func (w *fakeWriter) do(step string) error {
	logging.Lock()
	defer logging.Unlock()
	*w.log = append(*w.log, w.name+" "+step)
	if step == w.failAt {
		return fmt.Errorf("%s: %w", w.name, errFake)
	}
	return nil
}

var errFake = errors.New("no")

func (w *fakeWriter) receipt() Receipt { return Receipt{Place: place.Place(w.name)} }

func (w *fakeWriter) Write([]Event) error       { return w.do("write") }
func (w *fakeWriter) Stage() (Receipt, error)   { return w.receipt(), w.do("stage") }
func (w *fakeWriter) Publish() (Receipt, error) { return w.receipt(), w.do("publish") }
func (w *fakeWriter) Discard() error            { return w.do("discard") }

// fakeTee opens writers a, b and c, of which some fail somewhere: "b write".
func fakeTee(failures ...string) (*Tee, *[]string) {
	log := &[]string{}
	var open []func() (Writer, error)
	for _, name := range []string{"a", "b", "c"} {
		w := &fakeWriter{name: name, log: log}
		for _, failure := range failures {
			if of, at, _ := strings.Cut(failure, " "); of == name {
				w.failAt = at
			}
		}
		open = append(open, func() (Writer, error) {
			if w.failAt == "open" {
				return nil, w.do("open")
			}
			return w, nil
		})
	}
	return OpenTee(open...), log
}

// A writer that fails is discarded at once, and the others go on.
func TestTee(t *testing.T) {
	for _, test := range []struct {
		failures string
		want     string // steps, those of each write sorted
		results  string // of a, b and c
	}{
		{"", "a write,b write,c write,a write,b write,c write,a stage,b stage,c stage,a publish,b publish,c publish", "a b c"},
		{"b open", "b open,a write,c write,a write,c write,a stage,c stage,a publish,c publish", "a - c"},
		{"b write", "a write,b write,c write,b discard,a write,c write,a stage,c stage,a publish,c publish", "a - c"},
		{"c stage", "a write,b write,c write,a write,b write,c write,a stage,b stage,c stage,c discard,a publish,b publish", "a b -"},
		{"a publish", "a write,b write,c write,a write,b write,c write,a stage,b stage,c stage,a publish,b publish,c publish,a discard", "- b c"},
		{"a open,b write,c stage", "a open,b write,c write,b discard,c write,c stage,c discard", "- - -"},
		{"a write,b write,c write", "a write,b write,c write,a discard,b discard,c discard", "- - -"},
	} {
		t.Run(test.failures, func(t *testing.T) {
			tee, log := fakeTee(strings.Split(test.failures, ",")...)
			for range 2 {
				before := len(*log)
				open := tee.Write(make([]Event, 1))
				slices.SortFunc((*log)[before:], func(a, b string) int { // writes, then discards
					return strings.Compare(b[2:], a[2:])*10 + strings.Compare(a, b)
				})
				if open != tee.Open() {
					t.Errorf("Write says %v, Open %v", open, tee.Open())
				}
			}
			tee.Stage()
			tee.Publish()
			if diff := cmp.Diff(strings.Split(test.want, ","), *log); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			var results []string
			for i := range 3 {
				receipt, err := tee.Result(i)
				switch {
				case err == nil:
					results = append(results, receipt.Place.Text())
				case errors.Is(err, errFake) && receipt == (Receipt{}):
					results = append(results, "-")
				default:
					t.Errorf("result %d is %v, %v", i, receipt, err)
				}
			}
			if got := strings.Join(results, " "); got != test.results {
				t.Errorf("results %s, want %s", got, test.results)
			}
			if tee.Open() != strings.ContainsAny(test.results, "abc") {
				t.Errorf("Open is %v", tee.Open())
			}
		})
	}
}

func TestTeeDiscardGoesOn(t *testing.T) {
	tee, log := fakeTee("a discard", "c open")
	if err := tee.Discard(); !errors.Is(err, errFake) {
		t.Errorf("the error is %v", err)
	}
	if diff := cmp.Diff([]string{"c open", "a discard", "b discard"}, *log); diff != "" {
		t.Error(diff)
	}
	if tee.Write(make([]Event, 1)) {
		t.Error("Write after Discard finds an open writer")
	}
	for i := range 3 {
		if _, err := tee.Result(i); err == nil {
			t.Errorf("writer %d has a receipt after Discard", i)
		}
	}
}
