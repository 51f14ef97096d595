package archive

import (
	"context"
	"fmt"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// Keepers knows who answers for what outputs have written: who answers for a
// kind of place whether or not its output is declared, and the declared outputs.
type Keepers struct {
	kinds   map[place.Kind]any
	outputs map[address.Address]outputs.Output
}

// NewKeepers returns the Keepers of a configuration.
func NewKeepers(kinds map[place.Kind]any, declared map[address.Address]outputs.Output) Keepers {
	return Keepers{kinds, declared}
}

// An output that answers for what it wrote implements kept, and of the others
// what it can do.
type (
	kept interface {
		// Kind is the kind of the places that the output answers for.
		Kind() place.Kind
	}
	looker interface {
		// Look begins a look at what was written.
		Look(ctx context.Context) outputs.Look
	}
	verifier interface {
		// Verify reads what was written, and says how it differs from its receipt.
		// read is told of every piece that was read. An error is the end of ctx.
		Verify(ctx context.Context, r *outputs.Receipt, read func(bytes int64)) (place.Finding, error)
	}
	remover interface {
		// Remove removes what was written. What is gone already is no error; what
		// was changed since is outputs.ErrAltered and stays.
		Remove(ctx context.Context, r *outputs.Receipt) error
	}
	relocator interface {
		// Relocate puts what was written at a second place, whole and durably, and
		// returns its receipt there. What is there already is the end of an earlier
		// try if it is the same; anything else is an error, and stays.
		Relocate(ctx context.Context, r *outputs.Receipt, to place.Place) (outputs.Receipt, error)
		// Vacate removes what was written from its first place, as Remove does, unless
		// the second leads there.
		Vacate(ctx context.Context, r *outputs.Receipt, to place.Place) error
	}
)

// of returns who answers for a place of an output; nil for nobody.
func (k *Keepers) of(output string, p place.Place) any {
	if !p.Stays() {
		return nil
	}
	kind := p.Kind()
	if keeper, ok := k.kinds[kind]; ok {
		return keeper
	}
	if o, ok := k.outputs[address.Address(output)].(kept); ok && o.Kind() == kind {
		return o
	}
	return nil
}

// declares reports whether an output is declared.
func (k *Keepers) declares(output string) bool { return k.outputs[address.Address(output)] != nil }

// Watch looks at what ledgers hold. It is used by one goroutine, and closed.
type Watch struct {
	ctx     context.Context //nolint:containedctx // of all looks, which are short
	keepers *Keepers
	files   outputs.Look
	others  map[watched]outputs.Look // nil for what cannot be looked at
	receipt outputs.Receipt          // of the entry at hand
}

// watched is what a look is for: an output may have written other kinds of
// places before it was declared as it is.
type watched struct {
	output string
	kind   place.Kind
}

// Watch begins to look.
func (a *Archive) Watch(ctx context.Context) *Watch { return &Watch{ctx: ctx, keepers: &a.keepers} }

// At says what is at the place of an entry: Intact, Missing or Altered. What
// nobody can look at is held by the word of its destination, and Intact. An error
// is an *UnseenError, or the end of the context.
func (w *Watch) At(h *ledger.Held) (place.Condition, error) {
	look := w.look(h)
	if look == nil {
		return place.Intact, nil
	}
	w.receipt = outputs.Receipt{Place: h.Place, Rows: h.Rows, Bytes: h.Bytes, Modified: h.Modified}
	condition, err := look.At(&w.receipt)
	if err != nil {
		return condition, &UnseenError{h.Place, err}
	}
	if condition != place.Unsure {
		return condition, nil
	}
	v, ok := w.keepers.of(h.Output, h.Place).(verifier)
	if !ok {
		return place.Intact, nil
	}
	w.receipt = Receipt(h)
	found, err := v.Verify(w.ctx, &w.receipt, func(int64) {})
	if err != nil {
		return "", err
	}
	if found.Condition == place.Unreadable {
		return found.Condition, &UnseenError{h.Place, found.Err}
	}
	return found.Condition, nil
}

// look returns the look at an entry, nil where there is none.
func (w *Watch) look(h *ledger.Held) outputs.Look {
	if h.Place.IsFile() {
		if w.files == nil {
			w.files = w.begin(h)
		}
		return w.files
	}
	of := watched{h.Output, h.Place.Kind()}
	look, known := w.others[of]
	if !known {
		if w.others == nil {
			w.others = map[watched]outputs.Look{}
		}
		look = w.begin(h)
		w.others[of] = look
	}
	return look
}

// begin begins the look at an entry, if there is one.
func (w *Watch) begin(h *ledger.Held) outputs.Look {
	if l, ok := w.keepers.of(h.Output, h.Place).(looker); ok {
		return l.Look(w.ctx)
	}
	return nil
}

// Close ends the looks.
func (w *Watch) Close() {
	if w.files != nil {
		w.files.Close()
	}
	for _, look := range w.others {
		if look != nil {
			look.Close()
		}
	}
}

// UnseenError says that it cannot be told what is at the place of an entry.
type UnseenError struct {
	Place place.Place
	Err   error
}

func (e *UnseenError) Error() string {
	what := "what is held at " + e.Place.String()
	if e.Place.IsFile() {
		what = "the held file " + e.Place.String()
	}
	return what + " cannot be looked at: " + e.Err.Error() + "; make it readable, or plan with -refresh=false"
}

func (e *UnseenError) Unwrap() error { return e.Err }

// Remove removes what an output wrote, if it still is what the receipt says.
// What is gone already is no error; the error for what stays says why, and what
// to do.
func (a *Archive) Remove(ctx context.Context, output string, r *outputs.Receipt) error {
	if !r.Place.Stays() {
		return nil
	}
	switch keeper := a.keepers.of(output, r.Place).(type) {
	case remover:
		return keeper.Remove(ctx, r)
	case nil:
		if !a.keepers.declares(output) {
			return fmt.Errorf("%s is not declared, and nothing else can remove what it wrote: declare it again, or forget the slices with state rm", output)
		}
	}
	return fmt.Errorf("%s cannot remove what it wrote: remove it there, and forget the slices with state rm", output)
}

// Relocate puts what an output wrote at a second place, and returns its receipt
// there. Vacate then takes it from the first.
func (a *Archive) Relocate(ctx context.Context, output string, r *outputs.Receipt, to place.Place) (outputs.Receipt, error) {
	keeper, ok := a.keepers.of(output, r.Place).(relocator)
	if !ok {
		return outputs.Receipt{}, fmt.Errorf("%s cannot move what it wrote: make the plan again", output)
	}
	return keeper.Relocate(ctx, r, to)
}

// Vacate removes what an output has relocated from its first place, if it still
// is what the receipt says. What is gone already is no error.
func (a *Archive) Vacate(ctx context.Context, output string, r *outputs.Receipt, to place.Place) error {
	if keeper, ok := a.keepers.of(output, r.Place).(relocator); ok {
		return keeper.Vacate(ctx, r, to)
	}
	return nil
}

// Tidy removes the folders that are empty since something was removed from a
// place, up to root, which stays; root is empty for the configuration's directory.
// Where there are no folders it does nothing.
func (a *Archive) Tidy(p, root place.Place) {
	type tidier interface {
		Tidy(p, root place.Place)
	}
	if t, ok := a.keepers.kinds[p.Kind()].(tidier); ok {
		t.Tidy(p, root)
	}
}

// Same reports whether two places are one under different names.
func (a *Archive) Same(p, other place.Place) bool {
	type sames interface {
		Same(p, other place.Place) bool
	}
	s, ok := a.keepers.kinds[p.Kind()].(sames)
	return ok && p.Kind() == other.Kind() && s.Same(p, other)
}
