package outputs

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
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

func (w *fakeWriter) Write([]Event) error       { return w.do("write") }
func (w *fakeWriter) Stage() (Receipt, error)   { return Receipt{Path: w.name}, w.do("stage") }
func (w *fakeWriter) Publish() (Receipt, error) { return Receipt{Path: w.name}, w.do("publish") }
func (w *fakeWriter) Discard() error            { return w.do("discard") }

func TestTee(t *testing.T) {
	for _, test := range []struct {
		failAt string
		want   []string
	}{
		{"", []string{"a write", "b write", "c write", "a stage", "b stage", "c stage", "a publish", "b publish", "c publish"}},
		{"write", []string{"a write", "b write", "c write", "a discard", "b discard", "c discard"}},
		{"stage", []string{"a write", "b write", "c write", "a stage", "b stage", "a discard", "b discard", "c discard"}},
		{"publish", []string{"a write", "b write", "c write", "a stage", "b stage", "c stage", "a publish", "b publish", "a discard", "b discard", "c discard"}},
	} {
		t.Run("fail at "+test.failAt, func(t *testing.T) {
			var log []string
			tee := NewTee(&fakeWriter{"a", "", &log}, &fakeWriter{"b", test.failAt, &log}, &fakeWriter{"c", "", &log})
			first := tee.Write(make([]Event, 1))
			_, stageErr := tee.Stage()
			receipts, err := tee.Publish()
			slices.Sort(log[:3]) // the writes
			if diff := cmp.Diff(test.want, log); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if test.failAt == "" {
				if want := []Receipt{{Path: "a"}, {Path: "b"}, {Path: "c"}}; err != nil || !cmp.Equal(receipts, want) {
					t.Errorf("receipts %v, %v", receipts, err)
				}
				return
			}
			if !errors.Is(err, errFake) || receipts != nil {
				t.Errorf("Publish gives %v, %v", receipts, err)
			}
			if test.failAt == "write" && (!errors.Is(first, errFake) || !errors.Is(stageErr, errFake)) {
				t.Errorf("Write %v, Stage %v", first, stageErr)
			}
		})
	}
}

func TestTeeDiscardGoesOn(t *testing.T) {
	var log []string
	tee := NewTee(&fakeWriter{"a", "discard", &log}, &fakeWriter{"b", "", &log})
	if err := tee.Discard(); !errors.Is(err, errFake) {
		t.Errorf("the error is %v", err)
	}
	if diff := cmp.Diff([]string{"a discard", "b discard"}, log); diff != "" {
		t.Error(diff)
	}
	if err := tee.Write(make([]Event, 1)); err == nil {
		t.Error("Write after Discard succeeds")
	}
}
