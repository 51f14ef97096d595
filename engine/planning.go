package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/parallel"
)

// Plan reads the ledgers and says what has to be done. An address in opts that
// matches nothing is an error. Mistakes that only show at this point, such as
// two pulls that lead to one path, are hcl.Diagnostics inside the error.
func (e *Engine) Plan(ctx context.Context, opts PlanOptions) (*plan.Plan, error) {
	if err := opts.check(e.config); err != nil {
		return nil, err
	}
	now := e.now().UTC()
	wants := e.wants(&opts, now)
	p := &plan.Plan{Header: plan.Header{
		Version: plan.FormatVersion, Tool: e.version, Configuration: e.digest(), Now: now,
		FilesTrusted: opts.TrustLedgers, Narrowed: !opts.everything(),
	}, Prune: opts.Prune, Allowed: opts.Allow}
	parts, ahead := make([]plan.Part, len(wants)), make([]time.Duration, len(wants))
	var abandoned abandoned
	var undeclared errgroup.Group // whose ledgers are looked for meanwhile
	undeclared.Go(func() (err error) {
		abandoned, err = e.abandoned(ctx, &opts, now)
		return err
	})
	err := e.subtract(ctx, p, wants, parts, ahead)
	if err := cmp.Or(err, undeclared.Wait()); err != nil {
		return nil, err
	}
	p.Ahead = plan.AheadOf(wants, now)
	plan.Detour(p.Pulls, e.archive.Names())
	p.Clock = plan.ClockOf(ahead)
	if len(p.Pulls) > 0 {
		p.Estimate = plan.EstimateOf(wants, parts, plan.Parallel{All: parallelism(opts.Parallelism), PerTenant: perTenant})
	}
	p.Orphans = append(p.Orphans, abandoned.orphans...)
	p.Deletions = append(p.Deletions, abandoned.deletions...)
	p.KeptElsewhere = abandoned.elsewhere
	p.Assess(wants, parts)
	if !p.Narrowed {
		p.Schedules = plan.Schedules(wants, parts)
	}
	planned := len(wants)
	if p.Narrowed && len(p.Pulls) > 0 {
		if wants, parts, err = e.elsewhere(ctx, now, wants, parts); err != nil {
			return nil, err
		}
	}
	twins, err := e.conflicts(wants, parts, planned, p.Pulls)
	if err == nil {
		p.Warnings, err = e.fit(p.Pulls, twins)
	}
	if err != nil {
		return nil, err
	}
	p.Damaged = inOrder(append(p.Damaged, abandoned.damaged...))
	return p, nil
}

// subtract fills parts with what each of the wants lacks, and ahead with how far
// this machine's clock is ahead of the service's. It gives p the pulls, and the
// ledgers that cannot be read.
func (e *Engine) subtract(ctx context.Context, p *plan.Plan, wants []plan.Want, parts []plan.Part, ahead []time.Duration) error {
	// A plan may have millions of pulls: some wants at a time, so that there
	// are never two copies of all of them.
	const round = 1024
	mistakes, ledgers := make([]error, len(wants)), newReader(len(wants))
	for start := 0; start < len(wants); start += round {
		end := min(start+round, len(wants))
		err := parallel.Do(ctx, end-start, func(i int) error {
			i += start
			l, err := ledgers.read(ctx, e, i, wants[i].Key())
			switch {
			case l != nil:
				ahead[i] = l.Ahead(e.machine, p.Now)
				parts[i], err = e.part(ctx, &wants[i], l, p.Now)
			case err == nil:
				parts[i], err = plan.Destinations(&wants[i])
			}
			mistakes[i] = err
			return ctx.Err()
		})
		if err != nil {
			return err
		}
		p.Add(parts[start:end], float64(len(wants)-end)/float64(end))
	}
	var err error
	p.Damaged, err = ledgers.found()
	return diag.Gather(append(mistakes, err))
}

// part subtracts a ledger and what is found at its places from a want, by the
// earlier of two clocks.
func (e *Engine) part(ctx context.Context, want *plan.Want, l *ledger.Ledger, now time.Time) (plan.Part, error) {
	watch := e.archive.Watch(ctx)
	defer watch.Close()
	return plan.Subtract(want, l, want.Earlier(l, now), watch.At)
}

// elsewhere adds, to the wants of a narrowed plan and their parts, what is
// declared and not asked for: a plan must not write where that does.
func (e *Engine) elsewhere(ctx context.Context, now time.Time, wants []plan.Want, parts []plan.Part) ([]plan.Want, []plan.Part, error) {
	others := e.wants(&PlanOptions{}, now)
	asked := make(map[ledger.Key]*plan.Want, len(wants))
	for i := range wants {
		asked[wants[i].Key()] = &wants[i]
	}
	for i := range others {
		if want := asked[others[i].Key()]; want != nil {
			for n := range others[i].Outputs {
				others[i].Outputs[n].Unasked = !want.Outputs[n].Unasked
			}
		}
	}
	untouched := make([]plan.Part, len(others))
	err := parallel.Do(ctx, len(others), func(i int) (err error) {
		untouched[i], err = plan.Destinations(&others[i])
		return err
	})
	return slices.Concat(wants, others), slices.Concat(parts, untouched), err
}

// wants returns what every selected report wants of every selected tenant, in
// order of report and tenant.
func (e *Engine) wants(opts *PlanOptions, now time.Time) []plan.Want {
	wants := e.wanted.Wants(now, opts.asks)
	for i := range wants {
		wants[i].TrustLedger, wants[i].Prune, wants[i].Machine = opts.TrustLedgers, opts.Prune, e.machine
	}
	return wants
}

// limits are those that pulls of a tenant's reports of a type count against.
func (e *Engine) limits(t *config.Tenant, reportType *config.ReportType) plan.Limits {
	class, directory := e.wire.Pace(t, reportType)
	return plan.Limits{Class: class, App: e.wire.App(t), Directory: directory}
}

// abandoned is what the ledgers of undeclared tenants and reports hold.
type abandoned struct {
	orphans   []plan.Orphan
	deletions []plan.Deletion // those of the orphans that the plan deletes
	elsewhere int             // ledgers that another configuration keeps
	damaged   []plan.Damaged
}

// abandoned looks for what is abandoned. A narrowed plan leaves it alone.
func (e *Engine) abandoned(ctx context.Context, opts *PlanOptions, now time.Time) (found abandoned, err error) {
	if !opts.everything() {
		return found, nil
	}
	var mistakes []error
	err = e.eachUndeclared(ctx, func(why string, key ledger.Key, l *ledger.Ledger, err error) {
		d, damaged := damagedBy(key, err)
		switch {
		case damaged:
			found.damaged = append(found.damaged, d)
		case err != nil:
			mistakes = append(mistakes, err)
		case l.Len()+len(l.Left)+len(l.Failed) == 0: // its log is left
		case plan.Foreign(l, e.wanted.Keepers):
			found.elsewhere++
		case !opts.Prune || l.Protected:
			found.orphans = append(found.orphans, plan.Abandoned(l, why)...)
		default:
			found.deletions = append(found.deletions, e.deletions(l, why, now)...)
		}
	})
	if err == nil {
		err = diag.Gather(mistakes)
	}
	return found, err
}

// deletions are those of everything in a ledger that nothing declares.
func (e *Engine) deletions(l *ledger.Ledger, why string, now time.Time) []plan.Deletion {
	orphans := plan.Abandoned(l, why)
	list := make([]plan.Deletion, len(orphans))
	for i, o := range orphans {
		list[i].Orphan = o
		switch {
		case why == "tenant":
			list[i].Hazards = []plan.HazardKind{plan.RemovesTenant}
		case e.gone(&o, now):
			list[i].Hazards = []plan.HazardKind{plan.DeletesIrrecoverable}
		}
	}
	return list
}

// gone reports whether the service has an orphan's slice no longer, of a report
// that is not declared, or whether that is not known.
func (e *Engine) gone(o *plan.Orphan, now time.Time) bool {
	name, _, _ := strings.Cut(address.Address(o.Report).WithoutKind(), ".")
	t, licence := e.config.ReportTypes[name], ""
	if tenant := e.config.Tenant(address.Address(o.Tenant)); tenant != nil {
		licence = tenant.Licence
	}
	return t == nil || plan.Gone(t.Snapshot(), t.Kept(licence), window.Slice{From: o.From, To: o.To}, now)
}

// eachUndeclared gives do the ledgers of undeclared tenants and reports: what is
// not declared, in the words of plan.Orphan, the key, and the ledger, or what kept
// it from being read.
func (e *Engine) eachUndeclared(ctx context.Context, do func(why string, key ledger.Key, l *ledger.Ledger, err error)) error {
	keys, err := e.archive.Keys(ctx)
	if err != nil {
		return err
	}
	undeclared := e.wanted.Undeclared()
	keys = slices.DeleteFunc(keys, func(key ledger.Key) bool { return undeclared(key) == "" })
	return e.archive.Each(ctx, keys, func(key ledger.Key, l *ledger.Ledger, err error) error {
		do(undeclared(key), key, l, err)
		return nil
	})
}

// Console reports whether an output of a report writes its events to standard
// output, so that everything else has to go elsewhere.
func (e *Engine) Console() bool { return e.wanted.Console() }
