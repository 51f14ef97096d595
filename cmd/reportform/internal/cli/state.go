package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/engine/ledger"
)

// stateView is what the state commands have to tell.
type stateView interface {
	diagnoser
	LedgerKeys(keys []ledger.Key)
	Ledger(l *ledger.Ledger)
}

func (a *App) stateList(ctx context.Context, o *args.StateList) int {
	var v stateView = a.human()
	s, code := a.openState(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	keys, err := s.Ledgers(ctx)
	if err != nil {
		return failIn(ctx, v, s, "State not readable", err)
	}
	v.LedgerKeys(keys)
	return ok
}

func (a *App) stateShow(ctx context.Context, o *args.StateShow) int {
	var v stateView = a.human()
	s, code := a.openState(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	matched := false
	ledgers, code := readLedgers(ctx, v, s, func(key ledger.Key) bool {
		m := matchesLedger(o, key)
		matched = matched || m
		return m
	})
	for _, l := range ledgers {
		v.Ledger(l)
	}
	if !matched && code == ok {
		return fail(v, "No such ledger", noLedger(o))
	}
	return code
}

func (a *App) openState(v diagnoser, vars args.Vars) (Session, int) {
	s, diags := a.load(vars)
	v.Diagnostics(diags, s.Files())
	if diags.HasErrors() {
		return s, failed
	}
	return s, ok
}

func noLedger(o *args.StateShow) string {
	address := o.Address
	if o.TenantAddress != "" {
		address += " " + o.TenantAddress
	}
	if len(o.Tenants) > 0 {
		address += " with the tenant " + strings.Join(o.Tenants, " or ")
	}
	return fmt.Sprintf("Nothing is held under %s. The command state list prints what there is.", address)
}

// matchesLedger reports whether the arguments select a ledger.
func matchesLedger(o *args.StateShow, key ledger.Key) bool {
	if !within(key.Report, o.Address) && !within(key.Tenant, o.Address) {
		return false
	}
	if o.TenantAddress != "" && !within(key.Tenant, o.TenantAddress) {
		return false
	}
	return len(o.Tenants) == 0 || slices.Contains(o.Tenants, nameOf(key.Tenant))
}

// within reports whether address is base, or an instance of the for_each block base.
func within(address, base string) bool {
	return address == base || strings.HasPrefix(address, base+"[")
}

// nameOf is the name of the tenant with an address: its key, or its label.
func nameOf(address string) string {
	label, key, found := strings.Cut(address, "[")
	if found {
		if name, err := strconv.Unquote(strings.TrimSuffix(key, "]")); err == nil {
			return name
		}
	}
	return strings.TrimPrefix(label, "tenant.")
}
