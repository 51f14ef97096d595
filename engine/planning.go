package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/sync/errgroup"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
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
		Version: plan.FormatVersion, Tool: e.version, Configuration: e.digests()[0], Now: now,
		FilesTrusted: opts.TrustLedgers, Narrowed: !opts.everything(),
	}}
	parts := make([]plan.Part, len(wants))
	var abandoned abandoned
	var undeclared errgroup.Group // whose ledgers are looked for meanwhile
	undeclared.Go(func() (err error) {
		abandoned, err = e.abandoned(ctx, &opts)
		return err
	})
	err := e.subtract(ctx, p, wants, parts)
	if err := cmp.Or(err, undeclared.Wait()); err != nil {
		return nil, err
	}
	if len(p.Pulls) > 0 {
		p.Estimate = plan.EstimateOf(wants, parts, plan.Parallel{All: parallelism(opts.Parallelism), PerTenant: perTenant})
	}
	if !p.Narrowed {
		p.Schedules = plan.Schedules(wants, parts)
	}
	planned := len(wants)
	if p.Narrowed && len(p.Pulls) > 0 {
		if wants, parts, err = e.elsewhere(ctx, now, wants, parts); err != nil {
			return nil, err
		}
	}
	if err := e.conflicts(wants, parts, planned); err != nil {
		return nil, err
	}
	p.Orphans = append(p.Orphans, abandoned.orphans...)
	p.Damaged = inOrder(append(p.Damaged, abandoned.damaged...))
	p.KeptElsewhere = abandoned.elsewhere
	return p, nil
}

// subtract fills parts with what each of the wants lacks, and gives the pulls
// to p, and the ledgers that cannot be read.
func (e *Engine) subtract(ctx context.Context, p *plan.Plan, wants []plan.Want, parts []plan.Part) error {
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

// part subtracts a ledger and what is found at its places from a want.
func (e *Engine) part(ctx context.Context, want *plan.Want, l *ledger.Ledger, now time.Time) (plan.Part, error) {
	watch := e.archive.Watch(ctx)
	defer watch.Close()
	return plan.Subtract(want, l, now, watch.At)
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
		wants[i].TrustLedger = opts.TrustLedgers
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
	damaged   []plan.Damaged
	elsewhere int // ledgers that another configuration keeps
}

// abandoned looks for what is abandoned. A narrowed plan leaves it alone.
func (e *Engine) abandoned(ctx context.Context, opts *PlanOptions) (found abandoned, err error) {
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
		case plan.Foreign(l, e.wanted.Keepers):
			found.elsewhere++
		default:
			found.orphans = append(found.orphans, plan.Abandoned(l, why)...)
		}
	})
	if err == nil {
		err = diag.Gather(mistakes)
	}
	return found, err
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

// conflicts says which wanted slices lead to one path. The first wants are to be
// planned, the others are there.
func (e *Engine) conflicts(wants []plan.Want, parts []plan.Part, planned int) error {
	const most = 3
	conflicts, more, err := plan.Conflicts(wants, parts, planned, most)
	if err != nil || len(conflicts) == 0 {
		return err
	}
	var diags hcl.Diagnostics
	for _, c := range conflicts {
		first, second := e.config.Output(address.Address(c.First.Output)), e.config.Output(address.Address(c.Second.Output))
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  "Two pulls lead to one path",
			Detail: fmt.Sprintf("%s would be written by %s (declared at %s) for %s, and by %s for %s. Make the path distinct, with ${pull.tenant.name}, ${pull.report.name} or ${pull.window.label}.",
				c.First.Place, c.First.Output, first.Range, describe(c.First), c.Second.Output, describe(c.Second)),
			Subject: second.Range.Ptr(),
		})
	}
	if more > 0 {
		diags[len(diags)-1].Detail += fmt.Sprintf(" Further paths that are like these: %d.", more)
	}
	return diags
}

func describe(d plan.Destination) string {
	return fmt.Sprintf("%s of %s, %s", d.Report, d.Tenant, d.Label)
}

// Console reports whether an output of a report writes its events to standard
// output, so that everything else has to go elsewhere.
func (e *Engine) Console() bool { return e.wanted.Console() }
