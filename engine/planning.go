package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/sync/errgroup"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/outputs"
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
	p := &plan.Plan{
		Version: plan.FormatVersion, Tool: e.version, Configuration: e.digest(), Now: now,
		FilesTrusted: opts.TrustLedgers, Narrowed: !opts.everything(),
	}
	parts := make([]plan.Part, len(wants))
	var abandoned []plan.Orphan
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
	p.Orphans = append(p.Orphans, abandoned...)
	return p, nil
}

// subtract fills parts with what each of the wants lacks, and gives the pulls
// to p. Ledgers that cannot be read are named together in the error.
func (e *Engine) subtract(ctx context.Context, p *plan.Plan, wants []plan.Want, parts []plan.Part) error {
	// A plan may have millions of pulls: some wants at a time, so that there
	// are never two copies of all of them.
	const round = 1024
	mistakes := make([]error, len(wants))
	for start := 0; start < len(wants); start += round {
		end := min(start+round, len(wants))
		err := inParallel(ctx, end-start, func(i int) error {
			i += start
			l, err := e.ledgers.Read(ctx, keyOf(&wants[i]))
			if err == nil {
				parts[i], err = e.part(&wants[i], l, p.Now)
			}
			mistakes[i] = err
			return ctx.Err()
		})
		if err != nil {
			return err
		}
		p.Add(parts[start:end], float64(len(wants)-end)/float64(end))
	}
	return gather(mistakes)
}

// part subtracts a ledger and what is found on disk from a want.
func (e *Engine) part(want *plan.Want, l *ledger.Ledger, now time.Time) (plan.Part, error) {
	files := observer{engine: e}
	defer files.close()
	return plan.Subtract(want, l, now, files.observe)
}

// elsewhere adds, to the wants of a narrowed plan and their parts, what is
// declared and not asked for: a plan must not write where that does.
func (e *Engine) elsewhere(ctx context.Context, now time.Time, wants []plan.Want, parts []plan.Part) ([]plan.Want, []plan.Part, error) {
	others := e.wants(&PlanOptions{}, now)
	asked := make(map[ledger.Key]*plan.Want, len(wants))
	for i := range wants {
		asked[keyOf(&wants[i])] = &wants[i]
	}
	for i := range others {
		if want := asked[keyOf(&others[i])]; want != nil {
			for n := range others[i].Outputs {
				others[i].Outputs[n].Declared = !want.Outputs[n].Declared
			}
		}
	}
	claims := make([]plan.Part, len(others))
	err := inParallel(ctx, len(others), func(i int) (err error) {
		claims[i], err = plan.Claims(&others[i])
		return err
	})
	return slices.Concat(wants, others), slices.Concat(parts, claims), err
}

// readers is how many ledgers are read and planned at once: reading waits for
// a disk or a network, planning for a processor.
func readers() int { return max(8, 2*runtime.GOMAXPROCS(0)) }

// inParallel calls do with the numbers below n, many at once and the lowest
// first, until all are done, one returns an error or ctx ends.
func inParallel(ctx context.Context, n int, do func(i int) error) error {
	group, groupCtx := errgroup.WithContext(ctx)
	var begun atomic.Int64
	for range min(readers(), n) {
		group.Go(func() error {
			for groupCtx.Err() == nil {
				i := int(begun.Add(1)) - 1
				if i >= n {
					break
				}
				if err := do(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// wants returns what every selected report wants of every selected tenant, in
// order of report and tenant.
func (e *Engine) wants(opts *PlanOptions, now time.Time) []plan.Want {
	most := 0
	for _, report := range e.config.Reports {
		most += len(report.Tenants)
	}
	wants := make([]plan.Want, 0, most)
	named := map[address.Address][]window.Named{}
	for _, report := range e.config.Reports {
		w, define := window.New(report.Window), definer(report)
		if _, ok := named[report.Window.Address]; !ok {
			named[report.Window.Address] = w.Named(now)
		}
		for _, tenant := range report.Tenants {
			if !opts.tenant(tenant) {
				continue
			}
			want := plan.Want{
				Tenant: string(tenant.Address), Report: string(report.Address), Type: report.Type.Name,
				Window: w, Slices: named[report.Window.Address], Settle: report.Type.Settle, Retention: report.Type.Retention, Snapshot: report.Type.Snapshot(),
				PageSize: report.Type.PageSize, Limits: e.limits(tenant, report.Type), TrustLedger: opts.TrustLedgers,
			}
			selected := false
			for _, output := range report.Outputs {
				asked := opts.output(tenant, report, output)
				selected = selected || asked
				want.Outputs = append(want.Outputs, plan.WantOutput{
					Output: string(output.Address), Resolve: e.resolver(tenant, report, output, define), Declared: !asked,
				})
			}
			if selected {
				wants = append(wants, want)
			}
		}
	}
	return wants
}

// resolver evaluates an output for slices of one tenant and report, whose
// definitions are define's. The function that it returns is used by one
// goroutine at a time.
func (e *Engine) resolver(tenant *config.Tenant, report *config.Report, output *config.Output, define func(*config.Tenant, string) string) func(*window.Named) (plan.Target, error) {
	facts := pullFacts(tenant, report)
	o := e.outputs[output.Address]
	// Targets of one output mostly share a definition.
	var lastDefinition, lastDigest string
	return func(s *window.Named) (plan.Target, error) {
		facts.Window = outputs.PullWindow{From: s.From, To: s.To, Date: s.Date, Label: s.Label}
		target, diags := o.Resolve(facts)
		if diags.HasErrors() {
			return plan.Target{}, diags
		}
		if lastDigest == "" || target.Definition != lastDefinition {
			lastDefinition, lastDigest = target.Definition, define(tenant, target.Definition)
		}
		return plan.Target{Path: e.recorded(target.Path), Definition: lastDigest, Verbatim: target.Verbatim}, nil
	}
}

// abandoned returns what the ledgers of undeclared tenants and reports hold.
// A narrowed plan leaves them alone.
func (e *Engine) abandoned(ctx context.Context, opts *PlanOptions) ([]plan.Orphan, error) {
	if !opts.everything() {
		return nil, nil
	}
	keys, err := e.Ledgers(ctx)
	if err != nil {
		return nil, err
	}
	undeclared := e.undeclared()
	keys = slices.DeleteFunc(keys, func(key ledger.Key) bool { return undeclared(key) == "" })
	var orphans []plan.Orphan
	var mistakes []error
	err = e.EachLedger(ctx, keys, func(key ledger.Key, l *ledger.Ledger, err error) error {
		if err == nil {
			orphans = append(orphans, plan.Abandoned(l, undeclared(key))...)
		}
		mistakes = append(mistakes, err)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return orphans, gather(mistakes)
}

// undeclared returns a function that says what of a ledger's key is not
// declared, in the words of plan.Orphan; empty if it is.
func (e *Engine) undeclared() func(ledger.Key) string {
	declared := make(map[ledger.Key]bool)
	for _, report := range e.config.Reports {
		for _, tenant := range report.Tenants {
			declared[ledger.Key{Tenant: string(tenant.Address), Report: string(report.Address)}] = true
		}
	}
	return func(key ledger.Key) string {
		switch {
		case declared[key]:
			return ""
		case e.config.Tenant(address.Address(key.Tenant)) == nil:
			return "tenant"
		}
		return "report"
	}
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
				e.recorded(c.First.Path), c.First.Output, first.Range, describe(c.First), c.Second.Output, describe(c.Second)),
			Subject: second.Range.Ptr(),
		})
	}
	if more > 0 {
		diags[len(diags)-1].Detail += fmt.Sprintf(" Further paths that are like these: %d.", more)
	}
	return diags
}

func describe(c plan.Claim) string {
	return fmt.Sprintf("%s of %s, %s", c.Report, c.Tenant, c.Label)
}

// gather joins mistakes, telling each diagnostic once however many tenants and
// slices it concerns. Of other errors it tells some, and how many more there are.
func gather(mistakes []error) error {
	const most = 10
	var diags hcl.Diagnostics
	var others []error
	told := map[string]bool{}
	more := 0
	for _, mistake := range mistakes {
		if mistake == nil {
			continue
		}
		var found hcl.Diagnostics
		if !errors.As(mistake, &found) {
			if len(others) < most {
				others = append(others, mistake)
			} else {
				more++
			}
			continue
		}
		for _, d := range found {
			id := d.Summary + "\x00" + d.Detail
			if d.Subject != nil {
				id += "\x00" + d.Subject.String()
			}
			if !told[id] {
				told[id] = true
				diags = append(diags, d)
			}
		}
	}
	if more > 0 {
		others = append(others, fmt.Errorf("and %d more like these", more))
	}
	if diags.HasErrors() {
		others = append([]error{diags}, others...)
	}
	return errors.Join(others...)
}

// pullOf is the pull object of the language for a slice of a tenant's report.
func pullOf(tenant *config.Tenant, report *config.Report, s *window.Named) *outputs.Pull {
	pull := pullFacts(tenant, report)
	pull.Window = outputs.PullWindow{From: s.From, To: s.To, Date: s.Date, Label: s.Label}
	return pull
}

// pullFacts is the pull object of the language for pulls of a tenant's report,
// less the window.
func pullFacts(tenant *config.Tenant, report *config.Report) *outputs.Pull {
	return &outputs.Pull{
		Tenant:  outputs.PullTenant{Name: tenant.Name, ID: tenant.ID, Labels: tenant.Labels},
		Report:  outputs.PullReport{Name: report.Name, Type: report.Type.Name},
		Columns: report.Type.Columns,
	}
}

// Console reports whether an output of a report writes its events to standard
// output, so that everything else has to go elsewhere.
func (e *Engine) Console() bool {
	for _, report := range e.config.Reports {
		if len(report.Tenants) == 0 {
			continue
		}
		sample := window.New(report.Window).Sample()
		for _, output := range report.Outputs {
			target, _ := e.outputs[output.Address].Resolve(pullOf(report.Tenants[0], report, &sample))
			if target.Path == ledger.Console {
				return true
			}
		}
	}
	return false
}
