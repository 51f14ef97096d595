package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/parallel"
)

// Moving is what Move does, or would do.
type Moving struct {
	// From and To are the keys of the ledgers concerned, pair by pair. They
	// are equal where only the address of an output in the entries changes.
	From, To []ledger.Key
	// Entries counts what is held in the ledgers, under the moved output if it
	// is one.
	Entries int
}

// PlanMove says what moving source to destination, two addresses of one kind,
// would do: of tenants, reports or outputs, or of blocks with for_each, which
// stand for all their instances. It fails where the two do not match, where
// nothing is held under source, and where something else is held under
// destination already.
func (a *Archive) PlanMove(ctx context.Context, source, destination string) (*Moving, error) {
	r, err := newRenaming(source, destination)
	if err != nil {
		return nil, err
	}
	keys, err := a.Keys(ctx)
	if err != nil {
		return nil, err
	}
	m := &Moving{}
	if r.kind == "output" {
		return m, a.planOutputMove(ctx, r, keys, m)
	}
	there := make(map[ledger.Key]bool, len(keys))
	for _, key := range keys {
		there[key] = true
	}
	var occupied []ledger.Key
	for _, key := range keys {
		to := ledger.Key{Tenant: r.apply(key.Tenant), Report: r.apply(key.Report)}
		if to == key {
			continue
		}
		m.From, m.To = append(m.From, key), append(m.To, to)
		if there[to] {
			occupied = append(occupied, key, to)
		}
	}
	if len(m.From) == 0 {
		return nil, r.nothing()
	}
	if err := a.checkOccupied(ctx, occupied); err != nil {
		return nil, err
	}
	return m, a.Each(ctx, m.From, func(_ ledger.Key, l *ledger.Ledger, err error) error {
		if err == nil {
			m.Entries += l.Len()
		}
		return err
	})
}

// checkOccupied takes pairs of keys, from and to, and fails where the second
// ledger does not hold what the first does: an earlier Move that was cut off
// leaves equal ones.
func (a *Archive) checkOccupied(ctx context.Context, pairs []ledger.Key) error {
	var from *ledger.Document
	var taken []error
	err := a.Each(ctx, pairs, func(key ledger.Key, l *ledger.Ledger, err error) error {
		if err != nil {
			return err
		}
		d := l.Document()
		d.Tenant, d.Report = "", ""
		switch {
		case from == nil:
			from = d
			return nil
		case !d.Empty() && !d.Same(from):
			taken = append(taken, fmt.Errorf("%s of %s has a ledger already, with other entries", key.Report, key.Tenant))
		}
		from = nil
		return nil
	})
	if err != nil || len(taken) == 0 {
		return err
	}
	const most = 5
	if n := len(taken); n > most {
		taken = append(taken[:most], fmt.Errorf("and so have %d more", n-most))
	}
	return fmt.Errorf("nothing was moved: %w\nCompare them with state show, and remove the one that is not needed with state rm", errors.Join(taken...))
}

// planOutputMove finds the ledgers with entries of an output. An entry of the
// new address for a slice that the old one holds too is an error.
func (a *Archive) planOutputMove(ctx context.Context, r *renaming, keys []ledger.Key, m *Moving) error {
	err := a.Each(ctx, keys, func(key ledger.Key, l *ledger.Ledger, err error) error {
		if err != nil {
			return err
		}
		moved, entries, err := r.entries(l)
		if err != nil {
			return fmt.Errorf("nothing was moved: %s of %s: %w\nForget the ledger with state rm, or keep the old name", key.Report, key.Tenant, err)
		}
		if moved != nil {
			m.From, m.To = append(m.From, key), append(m.To, key)
			m.Entries += entries
		}
		return nil
	})
	if err == nil && len(m.From) == 0 {
		err = r.nothing()
	}
	return err
}

// Move does what PlanMove says. Each ledger is moved whole; what was cut off
// is completed by doing it again.
func (a *Archive) Move(ctx context.Context, source, destination string, m *Moving) error {
	r, err := newRenaming(source, destination)
	if err != nil {
		return err
	}
	var done atomic.Int64
	err = parallel.Do(ctx, len(m.From), func(i int) error {
		if err := a.move(ctx, r, m.From[i], m.To[i]); err != nil {
			return err
		}
		done.Add(1)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%d of %d ledgers are moved, the others are as they were; do it again to complete it: %w", done.Load(), len(m.From), err)
	}
	return nil
}

func (a *Archive) move(ctx context.Context, r *renaming, from, to ledger.Key) error {
	if from != to {
		return a.ledgers.Move(ctx, from, to)
	}
	var failed error
	err := a.ledgers.Update(ctx, from, func(l *ledger.Ledger) {
		moved, _, err := r.entries(l)
		if err == nil && moved != nil {
			l.Replace(moved)
		}
		failed = err
	})
	if failed != nil {
		failed = fmt.Errorf("moving %s in the ledger of %s for %s: %w", r.from, from.Report, from.Tenant, failed)
	}
	return errors.Join(err, failed)
}

// renaming is a change of one address, or of all instances of a block.
type renaming struct{ kind, from, to string }

func newRenaming(source, destination string) (*renaming, error) {
	from, to := kindOf(source), kindOf(destination)
	switch {
	case from == "":
		return nil, fmt.Errorf("%s cannot be moved: ledgers and their entries have addresses of tenants, reports and outputs, such as tenant.contoso, report.sign_ins.failed or output.json.archive", source)
	case from != to && strings.Contains(from, ".") && to != "" && strings.SplitN(from, ".", 2)[0] == strings.SplitN(to, ".", 2)[0]:
		return nil, fmt.Errorf("%s cannot become %s: what is held stays of the type that it was fetched or written as", source, destination)
	case from != to:
		return nil, fmt.Errorf("%s cannot become %s: only a tenant can become a tenant, a report a report, and an output an output", source, destination)
	case source == destination:
		return nil, fmt.Errorf("%s is both the old and the new address", source)
	}
	kind, _, _ := strings.Cut(from, ".")
	return &renaming{kind, source, destination}, nil
}

// kindOf is what has to be equal of two addresses: "tenant", "report.TYPE" or
// "output.TYPE"; empty for anything else.
func kindOf(given string) string {
	p, ok := address.Parse(given)
	switch {
	case !ok:
	case p.Kind == "tenant" && len(p.Labels) == 1:
		return p.Kind
	case (p.Kind == "report" || p.Kind == "output") && len(p.Labels) == 2:
		return p.Kind + "." + p.Labels[0]
	}
	return ""
}

// apply returns what an address becomes: itself if it is another.
func (r *renaming) apply(given string) string {
	return string(address.Address(given).Rename(address.Address(r.from), address.Address(r.to)))
}

func (r *renaming) nothing() error {
	return fmt.Errorf("nothing is held under %s. The command state list prints the addresses of all ledgers, and state show those of the outputs", r.from)
}

// entries returns a ledger with the addresses of outputs changed, nil where
// none are, and how many held entries that concerns.
func (r *renaming) entries(l *ledger.Ledger) (moved *ledger.Ledger, held int, err error) {
	d := l.Document()
	changed := false
	change := func(output *string) bool {
		old := *output
		*output = r.apply(old)
		changed = changed || *output != old
		return *output != old
	}
	for i := range d.Held {
		if change(&d.Held[i].Output) {
			held++
		}
	}
	for i := range d.Failed {
		change(&d.Failed[i].Output)
	}
	for i := range d.Left {
		change(&d.Left[i].Output)
	}
	if !changed {
		return nil, 0, nil
	}
	moved, err = d.Ledger()
	return moved, held, err
}
