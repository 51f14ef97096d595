package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/parallel"
	"github.com/reportform/reportform/outputs"
)

// prune carries out the deletions of a plan with this digest: it removes what they
// hold, forgets it, and logs that. What is not as it was written is kept, and so is
// its entry; and so is what lies where a declared slice is to be and is not yet,
// what no plan of the configuration deletes, and what nobody can remove. It returns
// what is gone, with an error that names what is not. Stored pages that no ledger
// names go too, where the plan prunes.
func (e *Engine) prune(ctx context.Context, p *plan.Plan, digest string) ([]plan.Deletion, error) {
	pr := &pruner{Engine: e, plan: p, digest: digest, undeclared: e.wanted.Undeclared(), wants: map[ledger.Key]*plan.Want{}}
	wants := e.wants(&PlanOptions{}, e.now().UTC())
	for i := range wants {
		pr.wants[wants[i].Key()] = &wants[i]
	}
	var err error
	if pr.rivals, err = e.rivals(ctx, p.Deletions); err == nil {
		pr.rivals.wanted, pr.rivals.leads, err = wantedPlaces(ctx, wants, p.Deletions, pr.rivals.names)
	}
	if err != nil {
		return nil, err
	}
	ledgers := byLedger(p.Deletions)
	pruned, kept := make([][]plan.Deletion, len(ledgers)), make([][]error, len(ledgers))
	err = parallel.Do(ctx, len(ledgers), func(i int) error {
		pruned[i], kept[i] = pr.ledger(ctx, ledgers[i])
		return nil
	})
	if err == nil && p.Prune {
		var swept int
		swept, err = e.archive.SweepPages(ctx)
		if swept > 0 {
			e.logger.Info("removed pages that no ledger names, of processes that died", "pages", swept)
		}
	}
	gone := slices.Concat(pruned...)
	e.tidy(gone)
	return gone, diag.Gather(append(slices.Concat(kept...), err))
}

// pruner carries out the deletions of one plan.
type pruner struct {
	*Engine

	plan       *plan.Plan
	digest     string
	undeclared func(ledger.Key) string
	wants      map[ledger.Key]*plan.Want
	rivals     *rivals
}

// byLedger divides deletions by their ledgers, in the order in which those come.
func byLedger(deletions []plan.Deletion) [][]plan.Deletion {
	var list [][]plan.Deletion
	at := map[ledger.Key]int{}
	for _, d := range deletions {
		key := d.Key()
		i, ok := at[key]
		if !ok {
			i = len(list)
			at[key] = i
			list = append(list, nil)
		}
		list[i] = append(list[i], d)
	}
	return list
}

// ledger carries out the deletions of one ledger. It returns what is gone, and why
// the rest is not. What the ledger has no longer is neither.
func (p *pruner) ledger(ctx context.Context, deletions []plan.Deletion) (gone []plan.Deletion, kept []error) {
	key := deletions[0].Key()
	l, err := p.ledgers.Read(ctx, key)
	if err != nil {
		return nil, []error{err}
	}
	for i := range deletions {
		if ctx.Err() != nil {
			break
		}
		d := &deletions[i]
		if !recorded(l, d) {
			continue
		}
		err := p.deletable(l, d)
		if err == nil {
			err = p.remove(ctx, d)
		}
		if err != nil {
			kept = append(kept, fmt.Errorf("deleting %s: %w", d.Place, err))
			continue
		}
		gone = append(gone, *d)
	}
	if len(gone) == 0 {
		return nil, kept
	}
	// What is removed must not stay in the ledger for an interrupt.
	err = p.ledgers.Update(context.WithoutCancel(ctx), key, func(l *ledger.Ledger) { p.forget(l, gone) })
	if err != nil {
		return nil, append(kept, err)
	}
	return gone, kept
}

// recorded reports whether a ledger has what is to be deleted, as planned.
func recorded(l *ledger.Ledger, d *plan.Deletion) bool {
	if h := l.Find(d.Output, d.From, d.To); d.Why != "path" && h != nil && h.Place == d.Place && h.Proof().SHA256 == d.SHA256 {
		return true
	}
	return slices.ContainsFunc(l.Left, func(left ledger.Left) bool {
		return left.Output == d.Output && left.From.Equal(d.From) && left.To.Equal(d.To) && left.Place == d.Place && left.SHA256 == d.SHA256
	})
}

// deletable returns an error for a deletion that no plan has for a ledger.
func (p *pruner) deletable(l *ledger.Ledger, d *plan.Deletion) error {
	if plan.Foreign(l, p.wanted.Keepers) {
		return errors.New("another configuration keeps it")
	}
	why := p.undeclared(d.Key())
	switch {
	case why == "":
		return p.wants[d.Key()].CheckDeletion(d, p.plan.Now)
	case why != d.Why:
		return errors.New("it is not what the plan says it is: make the plan again")
	case l.Protected:
		return errors.New("it was protected when it was declared last: declare it again without protect and apply, or forget it with state rm")
	}
	return nil
}

// remove removes what is to be deleted, unless it is held or wanted elsewhere.
func (p *pruner) remove(ctx context.Context, d *plan.Deletion) error {
	var err error
	switch {
	case p.rivals.places[d.Place]:
		// It is another entry's now.
	case p.rivals.wanted[d.Place]:
		return errors.New("a slice that is declared belongs there and is not held yet, so the file is kept; if a block was renamed, state mv keeps what it holds")
	case p.rivals.mayHold(&d.Orphan) != nil:
		key := p.rivals.mayHold(&d.Orphan)
		return fmt.Errorf("the ledger of %s for %s cannot be read and may hold the file too, so it is kept", key.Report, key.Tenant)
	case p.rivals.alias(p.archive, &d.Orphan):
		// So it is under another name.
	case p.rivals.named(&d.Orphan, p.rivals.leads):
		return fmt.Errorf("a slice that is declared belongs there, under the name %s, and is not held yet, so the file is kept",
			p.rivals.leads[p.rivals.names.Key(d.Output, d.Place)][0])
	default:
		err = p.archive.Remove(ctx, d.Output, &outputs.Receipt{Place: d.Place, Rows: d.Rows, Bytes: d.Bytes, SHA256: d.SHA256})
	}
	if errors.Is(err, outputs.ErrAltered) {
		err = errors.New("the file was changed since Reportform wrote it, so it is kept; delete it by hand if it is not needed")
	}
	return err
}

// forget takes what is gone out of a ledger and logs it. Of what is not declared
// nothing but the log is left with the last entry.
func (p *pruner) forget(l *ledger.Ledger, gone []plan.Deletion) {
	log := make([]ledger.Deletion, len(gone))
	at := p.now().UTC()
	for i := range gone {
		d := &gone[i]
		l.Forget(d.Output, d.From, d.To, d.Place)
		log[i] = ledger.Deletion{Output: d.Output, From: d.From, To: d.To, Place: d.Place, At: at, Why: d.Why, Allowed: kinds(d.Hazards), Plan: p.digest}
		if d.Why == "expired" {
			p.wants[d.Key()].Terms().Agree(l)
		}
	}
	l.Log(log)
	if l.Len()+len(l.Left) == 0 && p.undeclared(ledger.Key{Tenant: l.Tenant, Report: l.Report}) != "" {
		l.Failed, l.Reach, l.Accepted, l.Expiry = nil, nil, nil, ""
	}
}

// kinds lists hazards in one word.
func kinds(list []plan.HazardKind) string {
	words := make([]string, len(list))
	for i, k := range list {
		words[i] = string(k)
	}
	return strings.Join(words, ",")
}

// protect has ledgers note whether what they hold is protected.
func (e *Engine) protect(ctx context.Context, list []plan.Protection) error {
	return parallel.Do(ctx, len(list), func(i int) error {
		report := e.config.Report(address.Address(list[i].Report))
		if report == nil {
			return nil
		}
		return e.ledgers.Update(ctx, list[i].Key(), func(l *ledger.Ledger) { l.Protected = report.Protected() })
	})
}
