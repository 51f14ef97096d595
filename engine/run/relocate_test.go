package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/local"
	"github.com/reportform/reportform/engine/ledger/store"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// toyDisk is a Mover of files in memory, by digest, which says what it does. It
// stops at a step, if one is named.
type toyDisk struct {
	files map[place.Place]string
	steps []string
	stop  string
	err   error
}

func (d *toyDisk) step(format string, args ...any) error {
	step := fmt.Sprintf(format, args...)
	d.steps = append(d.steps, step)
	if d.stop != "" && strings.HasPrefix(step, d.stop) {
		return d.err
	}
	return nil
}

func (d *toyDisk) Relocate(_ context.Context, _ string, r *outputs.Receipt, to place.Place) (outputs.Receipt, error) {
	moved := *r
	moved.Place = to
	switch there, taken := d.files[to]; {
	case taken && there != r.SHA256:
		return outputs.Receipt{}, fs.ErrExist
	case !taken && d.files[r.Place] == "":
		return outputs.Receipt{}, fs.ErrNotExist
	case !taken:
		if err := d.step("put %s", to); err != nil {
			return outputs.Receipt{}, err
		}
		d.files[to] = d.files[r.Place]
	}
	return moved, nil
}

func (d *toyDisk) Vacate(_ context.Context, _ string, r *outputs.Receipt, to place.Place) error {
	if err := d.step("empty %s", r.Place); err != nil {
		return err
	}
	if d.files[to] != r.SHA256 {
		return errors.New("the second place is not what was moved there")
	}
	delete(d.files, r.Place)
	return nil
}

// watched tells a disk when a ledger is stored.
type watched struct {
	ledger.Backend

	disk *toyDisk
}

func (w watched) Put(ctx context.Context, key ledger.Key, data []byte, old ledger.Version) (ledger.Version, error) {
	if w.disk != nil {
		if err := w.disk.step("ledger"); err != nil {
			return "", err
		}
	}
	return w.Backend.Put(ctx, key, data, old)
}

// moves is a world in which entries lie on a toy disk.
type moves struct {
	*testing.T

	backend watched
	disk    *toyDisk
	pulls   []plan.Pull
}

// newMoves holds entries at their places, as "a x y": the entry a, at x, goes to
// y, or by a place aside "a x z y".
func newMoves(t *testing.T, hops ...string) *moves {
	m := &moves{T: t, disk: &toyDisk{files: map[place.Place]string{}}, backend: watched{Backend: local.New(t.TempDir())}}
	for i, text := range hops {
		fields := strings.Fields(text)
		from := time.Date(2026, 11, 1+i, 0, 0, 0, 0, time.UTC)
		pull := plan.Pull{Tenant: "tenant.t", Report: "report.r.r", From: from, To: from.AddDate(0, 0, 1), Label: fields[0], Outputs: []plan.PullOutput{{
			Output: "output.toy.o", Reason: plan.Relocated, From: place.Place(fields[1]), Place: place.Place(fields[len(fields)-1]),
		}}}
		if len(fields) == 4 {
			pull.Outputs[0].Via = place.Place(fields[2])
		}
		m.pulls = append(m.pulls, pull)
		m.change(func(l *ledger.Ledger) {
			l.Hold(ledger.Held{Output: "output.toy.o", From: pull.From, To: pull.To, Place: pull.Outputs[0].From, Definition: "d", Final: true}.With(ledger.Proof{SHA256: fields[0]}))
		})
		m.disk.files[pull.Outputs[0].From] = fields[0]
	}
	m.backend.disk = m.disk
	return m
}

func (m *moves) change(change func(*ledger.Ledger)) {
	m.Helper()
	if err := store.New(m.backend.Backend).Update(m.Context(), ledger.Key{Tenant: "tenant.t", Report: "report.r.r"}, change); err != nil {
		m.Fatal(err)
	}
}

// run carries out the pulls, and renders what came of each.
func (m *moves) run(ctx context.Context) string {
	r := &Runner{Ledgers: store.New(m.backend), Now: time.Now, Keeper: "k"}
	var list []string
	for i, result := range r.Relocate(ctx, m.disk, func(_ string, p place.Place) place.Place { return p }, m.pulls) {
		text := m.pulls[i].Label + " done"
		switch {
		case result.Failure != nil:
			text = m.pulls[i].Label + " " + result.Failure.Message
		case result.Skipped:
			text = m.pulls[i].Label + " skipped"
		case len(result.Written) != 1 || result.Written[0].Receipt.Place != m.pulls[i].Outputs[0].Place:
			text = fmt.Sprintf("%s %+v", m.pulls[i].Label, result)
		}
		list = append(list, text)
	}
	return strings.Join(list, "; ")
}

// state renders where entries are held and what is left, and what is on the disk.
func (m *moves) state() string {
	m.Helper()
	l, err := store.New(m.backend.Backend).Read(m.Context(), ledger.Key{Tenant: "tenant.t", Report: "report.r.r"})
	if err != nil {
		m.Fatal(err)
	}
	var b strings.Builder
	for h := range l.Held() {
		fmt.Fprintf(&b, "%s@%s ", h.Proof().SHA256, h.Place)
	}
	for _, left := range l.Left {
		fmt.Fprintf(&b, "left:%s:%v ", left.Place, left.Relocated)
	}
	for _, p := range []place.Place{"x", "y", "z", "t"} {
		if content, ok := m.disk.files[p]; ok {
			fmt.Fprintf(&b, "%s=%s ", p, content)
		}
	}
	return strings.TrimSpace(b.String())
}

// The order is: there, in the ledger, no longer here. What has nothing to do with
// each other goes together; what waits goes in its turn; a circle goes aside.
func TestRelocateInOrder(t *testing.T) {
	for _, test := range []struct {
		name  string
		hops  []string
		steps string
		state string
	}{
		{"one", []string{"a x y"}, "put y, ledger, empty x, ledger", "a@y y=a"},
		{"two together", []string{"a x y", "b z t"}, "put y, put t, ledger, empty x, empty z, ledger", "a@y b@t y=a t=b"},
		{"a chain", []string{"b y z", "a x y"}, "put z, ledger, empty y, ledger, put y, ledger, empty x, ledger", "b@z a@y y=a z=b"},
		{"a circle", []string{"a x t y", "b y x"}, "put t, ledger, empty x, ledger, put x, ledger, empty y, ledger, put y, ledger, empty t, ledger", "a@y b@x x=b y=a"},
		{"aside and back", []string{"a x t y"}, "put t, ledger, empty x, ledger, put y, ledger, empty t, ledger", "a@y y=a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMoves(t, test.hops...)
			if got := m.run(t.Context()); strings.Count(got, "done") != len(test.hops) {
				t.Errorf("got %s", got)
			}
			if got := strings.Join(m.disk.steps, ", "); got != test.steps {
				t.Errorf("the steps are\n%s, want\n%s", got, test.steps)
			}
			if got := m.state(); got != test.state {
				t.Errorf("then %s, want %s", got, test.state)
			}
			m.disk.steps = nil
			if got := m.run(t.Context()); strings.Count(got, "skipped") != len(test.hops) || len(m.disk.steps) > 0 {
				t.Errorf("again: %s, %v", got, m.disk.steps)
			}
		})
	}
}

// What stops anywhere has lost nothing, and says so; done again it is completed.
func TestRelocateStops(t *testing.T) {
	for _, test := range []struct{ stop, says, state string }{
		{"put y", "a x cannot be moved to y: it is broken", "a@x x=a"},
		{"ledger", "a what was moved is at both places, but the state could not be saved, so the next plan completes it: writing the ledger of report.r.r for tenant.t: it is broken", "a@x x=a y=a"},
		{"empty x", "a it is held at y, but cannot be removed from x: it is broken", "a@y left:x:true x=a y=a"},
	} {
		t.Run(test.stop, func(t *testing.T) {
			m := newMoves(t, "a x y")
			m.disk.stop, m.disk.err = test.stop, errBroken
			if got := m.run(t.Context()); got != test.says {
				t.Errorf("got %s", got)
			}
			if got := m.state(); got != test.state {
				t.Errorf("then %s, want %s", got, test.state)
			}
			m.disk.stop = ""
			if got := m.run(t.Context()); got != "a done" {
				t.Errorf("again: %s", got)
			}
			if got := m.state(); got != "a@y y=a" {
				t.Errorf("at last %s", got)
			}
		})
	}
}

func TestRelocateRefuses(t *testing.T) {
	for _, test := range []struct {
		name        string
		hops        []string
		do          func(*moves)
		says, state string
	}{
		{
			"another file is there",
			[]string{"a x y"},
			func(m *moves) { m.disk.files["y"] = "mine" },
			"a x cannot be moved to y: file already exists", "a@x x=a y=mine",
		},
		{
			"and so for who waits",
			[]string{"b y z", "a x y"},
			func(m *moves) { m.disk.files["z"] = "mine" },
			"b y cannot be moved to z: file already exists; a y is not free yet: what is there was to be moved first, and that has failed", "b@y a@x x=a y=b z=mine",
		},
		// What it waits for has the very same content: it is not the end of an earlier try.
		{
			"and so for who waits, and is alike",
			[]string{"a y z", "a x y"},
			func(m *moves) { m.disk.files["z"] = "mine" },
			"a y cannot be moved to z: file already exists; a y is not free yet: what is there was to be moved first, and that has failed", "a@y a@x x=a y=a z=mine",
		},
		{
			"it is gone",
			[]string{"a x y"},
			func(m *moves) { delete(m.disk.files, "x") },
			"a x cannot be moved to y: file does not exist", "a@x",
		},
		{
			"it is held elsewhere",
			[]string{"a x y"},
			func(m *moves) { m.pulls[0].Outputs[0].From = "z" },
			"a it is held at x now, and no longer at z: make the plan again", "a@x x=a",
		},
		{"it is forgotten", []string{"a x y"}, func(m *moves) {
			m.change(func(l *ledger.Ledger) { l.Forget("output.toy.o", m.pulls[0].From, m.pulls[0].To, "x") })
		}, "a skipped", "x=a"},
		{
			"it was changed when it was to go",
			[]string{"a x y"},
			func(m *moves) { m.disk.stop, m.disk.err = "empty x", outputs.ErrAltered },
			"a done", "a@y left:x:false x=a y=a",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMoves(t, test.hops...)
			test.do(m)
			if diff := cmp.Diff(test.says, m.run(t.Context())); diff != "" {
				t.Error(diff)
			}
			if got := m.state(); got != test.state {
				t.Errorf("then %s, want %s", got, test.state)
			}
		})
	}
}

// What is left where another entry is held is that one's, and stays.
func TestRelocateLeavesOthersAlone(t *testing.T) {
	m := newMoves(t, "a y y", "b x x")
	m.change(func(l *ledger.Ledger) {
		l.Left = append(l.Left, ledger.Left{Output: "output.toy.o", From: m.pulls[0].From, To: m.pulls[0].To, Place: "x", Relocated: true})
	})
	m.pulls[0].Outputs[0].Leaves = []place.Place{"x"}
	m.pulls = m.pulls[:1]
	if got := m.run(t.Context()); got != "a done" {
		t.Errorf("got %s", got)
	}
	if got := m.state(); got != "a@y b@x x=b y=a" {
		t.Errorf("then %s", got)
	}
}

// An interrupt lets nothing more begin.
func TestRelocateIsInterrupted(t *testing.T) {
	m := newMoves(t, "b y z", "a x y")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := m.run(ctx); !strings.Contains(got, "b ") || !strings.Contains(got, context.Canceled.Error()) || strings.Contains(got, "done") {
		t.Errorf("got %s", got)
	}
	if got := m.state(); got != "b@y a@x x=a y=b" {
		t.Errorf("then %s", got)
	}
}

// Many are recorded at once.
func TestRelocateRecordsManyAtOnce(t *testing.T) {
	var hops []string
	for i := range 3*maxBatch + 1 {
		hops = append(hops, fmt.Sprintf("s%d from/%d to/%d", i, i, i))
	}
	m := newMoves(t, hops...)
	if got := m.run(t.Context()); strings.Count(got, "done") != len(hops) {
		t.Fatal(got)
	}
	stored := strings.Count(strings.Join(m.disk.steps, " "), "ledger")
	if stored != 2*4 || len(m.disk.files) != len(hops) {
		t.Errorf("the ledger was stored %d times, %d files", stored, len(m.disk.files))
	}
}
