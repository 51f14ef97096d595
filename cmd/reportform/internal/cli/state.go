package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view/ledgers"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/address"
)

func (a *App) stateList(ctx context.Context, o *args.StateList) int {
	v := ledgers.NewHuman(a.human())
	s, code := a.open(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	keys, err := s.Archive().Keys(ctx)
	if err != nil {
		return failIn(ctx, v, s, "State not readable", err)
	}
	v.LedgerKeys(keys)
	strangers(v, s)
	return ok
}

func (a *App) stateShow(ctx context.Context, o *args.StateShow) int {
	v := ledgers.NewHuman(a.human())
	s, code := a.open(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	keys, code := a.selectLedgers(ctx, v, s, &o.Ledgers)
	if code != ok {
		return code
	}
	return readLedgers(ctx, v, s, keys, v.Ledger)
}

// selectLedgers returns the keys of the ledgers that the arguments select;
// that there are none is a failure, unless the arguments narrow nothing.
func (a *App) selectLedgers(ctx context.Context, v diagnoser, s Session, o *args.Ledgers) ([]ledger.Key, int) {
	keys, err := s.Archive().Keys(ctx)
	if err != nil {
		return nil, failIn(ctx, v, s, "State not readable", err)
	}
	strangers(v, s)
	keys = slices.DeleteFunc(keys, func(key ledger.Key) bool { return !matchesLedger(o, key) })
	if len(keys) == 0 && (o.Address != "" || len(o.Tenants) > 0) {
		return nil, fail(v, "No such ledger", noLedger(o))
	}
	return keys, ok
}

// damaged names ledgers that cannot be read, and returns the code of what had to
// do without them.
func damaged(v diagnoser, list []plan.Damaged) int {
	for i := range list {
		failWith(v, "Ledger not readable", &list[i])
	}
	return lacking(len(list) > 0)
}

// strangers warns of what lies beside the ledgers that were listed, looks like
// one and is none.
func strangers(v diagnoser, s Session) {
	const most = 5
	names := s.Archive().Strangers()
	if len(names) == 0 {
		return
	}
	text := strings.Join(names[:min(most, len(names))], "\n  ")
	if n := len(names) - most; n > 0 {
		text += fmt.Sprintf("\n  and %d more", n)
	}
	v.Diagnostics(hcl.Diagnostics{{
		Severity: hcl.DiagWarning, Summary: "Files that are no ledgers in the state",
		Detail: "Nothing reads them. A program that copies files may have made them: compare them with the ledgers beside them, and remove them.\n  " + text,
	}}, nil)
}

// readLedgers gives the ledgers of the keys to show, one after the other. One
// that cannot be read is told and left out: the code is then that of a part,
// unless there was no other.
func readLedgers(ctx context.Context, v diagnoser, s Session, keys []ledger.Key, show func(*ledger.Ledger)) (code int) {
	shown, damaged := 0, 0
	err := s.Archive().Each(ctx, keys, func(_ ledger.Key, l *ledger.Ledger, err error) error {
		if err != nil && ctx.Err() == nil {
			failIn(ctx, v, s, "Ledger not readable", err)
			damaged++
			return nil
		}
		if err == nil {
			show(l)
			shown++
		}
		return err
	})
	switch {
	case err != nil:
		return failIn(ctx, v, s, "State not readable", err)
	case damaged > 0 && shown == 0:
		return failed
	}
	return lacking(damaged > 0)
}

func noLedger(o *args.Ledgers) string {
	for _, kind := range []string{"output", "window", "credential"} {
		if strings.HasPrefix(o.Address, kind+".") {
			return fmt.Sprintf("Give the address of a report or a tenant: ledgers are those of a report of a tenant, and %s is neither. "+
				"The command state list prints what there is.", o.Address)
		}
	}
	what := "Nothing is held"
	if o.Address != "" {
		what += " under " + strings.TrimSpace(o.Address+" "+o.TenantAddress)
	}
	if len(o.Tenants) > 0 {
		what += " with the tenant " + strings.Join(o.Tenants, " or ")
	}
	return fmt.Sprintf("%s. The command state list prints what there is.", what)
}

// matchesLedger reports whether the arguments select a ledger.
func matchesLedger(o *args.Ledgers, key ledger.Key) bool {
	tenant, report, asked := address.Address(key.Tenant), address.Address(key.Report), address.Address(o.Address)
	if asked != "" && !report.Within(asked) && !tenant.Within(asked) {
		return false
	}
	if o.TenantAddress != "" && !tenant.Within(address.Address(o.TenantAddress)) {
		return false
	}
	return len(o.Tenants) == 0 || slices.Contains(o.Tenants, tenant.Name())
}
