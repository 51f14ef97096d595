package outputstest

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/internal/event"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/internal/rawjson"
	"github.com/reportform/reportform/outputs"
)

// Keeper is an output as RunKeeper tries it.
type Keeper struct {
	// Output decides by tenant, report and slice where to write.
	outputs.Output
	// Lose takes away what is at a place, and Spoil changes it, both behind the
	// output's back. They are not asked of an output that neither looks nor
	// verifies.
	Lose, Spoil func(t *testing.T, p place.Place)
	// Elsewhere is a place to which the output can relocate, if it can.
	Elsewhere place.Place
}

// What an output may do with what it wrote, as those state it who ask for it.
type (
	kept  interface{ Kind() place.Kind }
	keyed interface {
		Key(p place.Place) place.Place
	}
	looker interface {
		Look(ctx context.Context) outputs.Look
	}
	verifier interface {
		Verify(ctx context.Context, r *outputs.Receipt, read func(bytes int64)) (place.Finding, error)
	}
	remover interface {
		Remove(ctx context.Context, r *outputs.Receipt) error
	}
	relocator interface {
		Relocate(ctx context.Context, r *outputs.Receipt, to place.Place) (outputs.Receipt, error)
		Vacate(ctx context.Context, r *outputs.Receipt, to place.Place) error
	}
	asider interface {
		Aside(p place.Place) place.Place
	}
	rereader interface {
		Reread(ctx context.Context, r *outputs.Receipt) iter.Seq2[[]event.Event, error]
	}
)

// RunKeeper runs the suite of what an output answers for once it has written,
// whatever it writes to. fresh returns a new one, of which nothing is held; what
// it cannot do is not asked of it.
func RunKeeper(t *testing.T, fresh func(t *testing.T) Keeper) {
	for name, try := range map[string]func(*keeping){
		"places": (*keeping).places, "look and verify": (*keeping).look, "replace": (*keeping).replace,
		"remove": (*keeping).remove, "relocate": (*keeping).relocate, "reread": (*keeping).reread,
	} {
		t.Run(name, func(t *testing.T) { try(&keeping{t, fresh(t)}) })
	}
}

type keeping struct {
	*testing.T
	Keeper
}

// day returns the pull of a day in November.
func day(n int) *outputs.Pull {
	p := Pull()
	p.Window.From = time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC)
	p.Window.To = p.Window.From.AddDate(0, 0, 1)
	p.Window.Date = p.Window.From.Format(time.DateOnly)
	p.Window.Label = p.Window.Date
	return p
}

func (k *keeping) resolve(p *outputs.Pull) outputs.Target {
	k.Helper()
	target, diags := k.Resolve(p)
	if diags.HasErrors() {
		k.Fatal(diags)
	}
	return target
}

// publish writes a pull's events, and holds the receipts to what was written.
func (k *keeping) publish(p *outputs.Pull, events []*outputs.Event) *outputs.Receipt {
	k.Helper()
	target := k.resolve(p)
	w, err := k.Open(k.Context(), target)
	if err != nil {
		k.Fatal(err)
	}
	defer func() { _ = w.Discard() }()
	write(k.T, w, events)
	staged, err := w.Stage()
	if err != nil {
		k.Fatal(err)
	}
	r, err := w.Publish()
	if err != nil {
		k.Fatal(err)
	}
	if staged.Place != target.Place || r.Place != target.Place || r.Rows != int64(len(events)) || staged.Rows != r.Rows {
		k.Errorf("%d events to %s have the receipts %+v and %+v", len(events), target.Place, staged, r)
	}
	if r.SHA256 == "" && r.Promise == "" {
		k.Errorf("nothing vouches for what is written: %+v", r)
	}
	return &r
}

// expect holds what Look and Verify find to what is there.
func (k *keeping) expect(when string, r *outputs.Receipt, want place.Condition) {
	k.Helper()
	if l, ok := k.Output.(looker); ok {
		look := l.Look(k.Context())
		defer look.Close()
		seen := *r // all that a look is given
		seen.SHA256, seen.Promise, seen.Ack = "", "", ""
		if got, err := look.At(&seen); got != want && got != place.Unsure || err != nil {
			k.Errorf("%s a look at %s finds %q, %v, want %s", when, r.Place, got, err, want)
		}
	}
	if v, ok := k.Output.(verifier); ok {
		read := int64(0)
		found, err := v.Verify(k.Context(), r, func(n int64) { read += n })
		if found.Condition != want || err != nil {
			k.Errorf("%s %s verifies as %q, %v, want %s", when, r.Place, found.Condition, err, want)
		}
		if want == place.Intact && read != r.Bytes {
			k.Errorf("verifying %s tells of %d bytes, want %d", r.Place, read, r.Bytes)
		}
	}
}

// sees reports whether the output can tell what is at a place.
func (k *keeping) sees() bool {
	_, looks := k.Output.(looker)
	_, verifies := k.Output.(verifier)
	return looks || verifies
}

// places: each slice has one of its own, which the slice alone decides, and of
// which the output says that it answers for it.
func (k *keeping) places() {
	tenant, report := day(9), day(9)
	tenant.Tenant.Name, report.Report.Name = "fabrikam", "other"
	first := k.resolve(day(9))
	if again := k.resolve(day(9)); again.Place != first.Place || again.Definition != first.Definition || first.Definition == "" {
		k.Errorf("one pull leads to %s, defined by %q, and to %s, defined by %q", first.Place, first.Definition, again.Place, again.Definition)
	}
	key := func(p place.Place) place.Place { return p }
	if o, ok := k.Output.(keyed); ok {
		key = o.Key
	}
	taken := map[place.Place]bool{}
	for _, p := range []*outputs.Pull{day(9), day(10), tenant, report} {
		target := k.resolve(p)
		if taken[key(target.Place)] || target.Place == "" || !target.Place.Stays() {
			k.Errorf("%s is no place for one slice alone", target.Place)
		}
		taken[key(target.Place)] = true
		if key(key(target.Place)) != key(target.Place) {
			k.Errorf("%s has a key that has another key", target.Place)
		}
		if target.Definition != first.Definition {
			k.Errorf("the definition follows the place: %s", target.Definition)
		}
		if o, ok := k.Output.(kept); !target.Place.IsFile() && k.sees() && (!ok || o.Kind() != target.Place.Kind()) {
			k.Errorf("nobody asks the output for %s: its Kind is another", target.Place)
		}
	}
}

func (k *keeping) look() {
	if !k.sees() {
		k.Skip("the output cannot look at what it wrote")
	}
	r, other := k.publish(day(9), GoldenEvents()), k.publish(day(10), GoldenEvents()[:1])
	k.expect("once published", r, place.Intact)
	unwritten := *r
	unwritten.Place = k.resolve(day(11)).Place
	k.expect("where nothing was written", &unwritten, place.Missing)
	k.Spoil(k.T, r.Place)
	k.expect("once changed", r, place.Altered)
	k.Lose(k.T, r.Place)
	k.expect("once lost", r, place.Missing)
	k.expect("beside what is lost", other, place.Intact)
}

// replace: what is written later takes the place of what was there, which is
// seen until then.
func (k *keeping) replace() {
	first, other := k.publish(day(9), GoldenEvents()), k.publish(day(10), GoldenEvents())
	w, err := k.Open(k.Context(), k.resolve(day(9)))
	if err != nil {
		k.Fatal(err)
	}
	write(k.T, w, GoldenEvents()[:1])
	if _, err := w.Stage(); err != nil {
		k.Fatal(err)
	}
	k.expect("before another is published", first, place.Intact)
	if err := w.Discard(); err != nil {
		k.Fatal(err)
	}
	k.expect("after another was discarded", first, place.Intact)
	second := k.publish(day(9), GoldenEvents()[:2])
	k.expect("in place of another", second, place.Intact)
	k.expect("replaced", first, place.Altered)
	k.expect("beside what is replaced", other, place.Intact)
}

// remove: what is as it was written goes, and nothing else.
func (k *keeping) remove() {
	o, ok := k.Output.(remover)
	if !ok {
		k.Skip("the output cannot remove what it wrote")
	}
	r, other, spoilt := k.publish(day(9), GoldenEvents()), k.publish(day(10), GoldenEvents()), k.publish(day(11), GoldenEvents())
	for range 2 { // what is gone is no error
		if err := o.Remove(k.Context(), r); err != nil {
			k.Error(err)
		}
		k.expect("removed", r, place.Missing)
	}
	k.expect("beside what is removed", other, place.Intact)
	k.Spoil(k.T, spoilt.Place)
	if err := o.Remove(k.Context(), spoilt); !errors.Is(err, outputs.ErrAltered) {
		k.Errorf("removing what was changed gives %v", err)
	}
	k.expect("not removed", spoilt, place.Altered)
}

// relocate: afterwards there are two, and the first can go.
func (k *keeping) relocate() {
	o, ok := k.Output.(relocator)
	if !ok {
		k.Skip("the output cannot relocate what it wrote")
	}
	r := k.publish(day(9), GoldenEvents())
	for range 2 { // what was cut off can be repeated
		moved, err := o.Relocate(k.Context(), r, k.Elsewhere)
		if err != nil {
			k.Fatal(err)
		}
		want := *r
		want.Place, want.Modified = k.Elsewhere, moved.Modified
		if diff := cmp.Diff(want, moved); diff != "" {
			k.Errorf("the receipt (-want +got):\n%s", diff)
		}
		k.expect("relocated", &moved, place.Intact)
		k.expect("relocated from", r, place.Intact)
	}
	moved, err := o.Relocate(k.Context(), r, k.Elsewhere)
	if err != nil {
		k.Fatal(err)
	}
	for range 2 { // what is gone is no error
		if err := o.Vacate(k.Context(), r, moved.Place); err != nil {
			k.Error(err)
		}
		k.expect("relocated, and the first vacated", &moved, place.Intact)
		k.expect("vacated", r, place.Missing)
	}
	if err := o.Vacate(k.Context(), &moved, moved.Place); err != nil {
		k.Error(err)
	}
	k.expect("vacated for itself", &moved, place.Intact)
	if n, ok := k.Output.(asider); ok {
		aside := n.Aside(r.Place)
		if other := n.Aside(k.resolve(day(10)).Place); aside == r.Place || aside == other || aside != n.Aside(r.Place) || aside.Kind() != r.Place.Kind() {
			k.Errorf("aside of one place is %s, of another %s", aside, other)
		}
		waiting, err := o.Relocate(k.Context(), &moved, aside)
		if err != nil {
			k.Fatal(err)
		}
		k.expect("aside", &waiting, place.Intact)
		if err := o.Vacate(k.Context(), &waiting, moved.Place); err != nil {
			k.Error(err)
		}
	}
	spoilt, second := k.publish(day(10), GoldenEvents()), k.publish(day(11), GoldenEvents()[:1])
	if _, err := o.Relocate(k.Context(), spoilt, second.Place); err == nil {
		k.Error("a slice is relocated to where another is")
	}
	k.expect("in the way of another", second, place.Intact)
	k.Spoil(k.T, spoilt.Place)
	k.Lose(k.T, k.Elsewhere)
	if _, err := o.Relocate(k.Context(), spoilt, k.Elsewhere); !errors.Is(err, outputs.ErrAltered) {
		k.Errorf("relocating what was changed gives %v", err)
	}
	k.expect("not relocated to", &moved, place.Missing)
}

// reread: what is held byte for byte can be had back, in order. White space
// between values is all that may be lost.
func (k *keeping) reread() {
	if !k.resolve(day(9)).Verbatim {
		k.Skip("the output does not keep events as they are")
	}
	o, ok := k.Output.(rereader)
	if !ok {
		k.Fatal("the output keeps events as they are, and cannot give them back")
	}
	written := NastyEvents()
	full := k.publish(day(9), written)
	r := &outputs.Receipt{Place: full.Place, SHA256: full.SHA256} // all that is known of it then
	count := 0
	for events, err := range o.Reread(k.Context(), r) {
		if err != nil {
			k.Fatal(err)
		}
		for _, e := range events {
			if count < len(written) {
				want := string(rawjson.AppendCompact(nil, written[count].Raw))
				if got := string(rawjson.AppendCompact(nil, e.Raw)); got != want {
					k.Errorf("event %d is %.200s, want %.200s", count, got, want)
				}
				if e.OneLine != Event(string(e.Raw)).OneLine {
					k.Errorf("event %d is on one line: %v", count, e.OneLine)
				}
			}
			count++
		}
	}
	if count != len(written) {
		k.Errorf("%d events come back, want %d", count, len(written))
	}
	next, stop := iter.Pull2(o.Reread(k.Context(), r)) // nobody has to read to the end
	if _, err, _ := next(); err != nil {
		k.Error(err)
	}
	stop()
	if r.SHA256 == "" {
		return
	}
	k.Spoil(k.T, r.Place)
	for events, err := range o.Reread(k.Context(), r) {
		if !errors.Is(err, outputs.ErrAltered) || len(events) > 0 {
			k.Errorf("of what was changed come %d events, %v", len(events), err)
		}
	}
}
