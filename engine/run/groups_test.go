package run

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/plan"
)

// failedPull is a failure of the n-th day of a tenant's report.
func failedPull(tenant, report string, n int, message string, x Explanation) Ended {
	from := time.Date(2026, 11, 1+n, 0, 0, 0, 0, time.UTC)
	return Ended{
		Pull:   &plan.Pull{Tenant: tenant, Report: report, From: from, To: from.AddDate(0, 0, 1), Label: from.Format(time.DateOnly)},
		Result: Result{Failure: &Failure{Message: message, Explanation: x, Unasked: n > 0}},
	}
}

// 196 failures of four tenants: one group for each cause, which counts all of
// them and names everybody.
func TestGroupFailures(t *testing.T) {
	var failed []Ended
	permission := func(tenant string) Explanation {
		return Explanation{Kind: "service", Cause: "permission", Status: 403, Reason: "refused", Advice: "consent at " + tenant, Remedy: "consent at TENANT_ID", RequestID: tenant + "-1"}
	}
	for tenant := range 3 {
		name := fmt.Sprintf(`tenant.customer["c%d"]`, tenant)
		for n := range 30 {
			failed = append(failed,
				failedPull(name, "report.sign_ins.a", n, fmt.Sprintf("page 1 of %d: refused (request-id %d)", n, n), permission(name)),
				failedPull(name, "report.audits.b", n, "refused", permission(name)))
		}
	}
	for n := range 16 {
		failed = append(failed, failedPull("tenant.contoso", "report.sign_ins.a", n, "no token", Explanation{Kind: "login", Cause: "credential", Reason: "no token", Advice: "mend it", Remedy: "mend it"}))
	}
	groups := GroupFailures(failed)
	if len(groups) != 2 {
		t.Fatalf("%d groups: %+v", len(groups), groups)
	}
	g := groups[0]
	if g.Pulls != 180 || g.Unasked != 174 || g.Advice != "consent at TENANT_ID" || g.RequestID != `tenant.customer["c0"]-1` || g.Texts != 0 {
		t.Errorf("%+v", g)
	}
	if want := []string{`tenant.customer["c0"]`, `tenant.customer["c1"]`, `tenant.customer["c2"]`}; !slices.Equal(g.Tenants, want) {
		t.Errorf("the tenants are %v", g.Tenants)
	}
	if !slices.Equal(g.Reports, []string{"report.sign_ins.a", "report.audits.b"}) || g.Earliest.Label != "2026-11-01" || g.Latest.Label != "2026-11-30" {
		t.Errorf("%v, %s to %s", g.Reports, g.Earliest.Label, g.Latest.Label)
	}
	if g := groups[1]; g.Pulls != 16 || g.Advice != "mend it" || !slices.Equal(g.Tenants, []string{"tenant.contoso"}) {
		t.Errorf("%+v", g)
	}
}

// What differs in names, times, numbers and ids is one text; what differs each
// time is one group in the end.
func TestGroupsAreFew(t *testing.T) {
	var failed []Ended
	for n := range 28 {
		failed = append(failed,
			failedPull("tenant.a", "report.r.r", n, fmt.Sprintf("report.r.r of tenant.a, 2026-11-%02d broke off after %d bytes (request-id 7d1d9c1e-0000-4000-8000-0000000000%02d)", n+1, n*1000, n), Explanation{}),
			failedPull("tenant.b", "report.r.r", n, "no "+string(rune('a'+n)), Explanation{Kind: "output"}))
	}
	groups := GroupFailures(failed)
	if len(groups) != 1+maxTexts || groups[0].Pulls != 28 {
		t.Fatalf("%d groups: %+v", len(groups), groups)
	}
	sum := 0
	for _, g := range groups {
		sum += g.Pulls
	}
	if last := groups[len(groups)-1]; sum != len(failed) || last.Texts != 28-maxTexts+1 || last.Pulls != last.Texts {
		t.Errorf("%d pulls, the last group is %+v", sum, last)
	}
}

// The example is one for which the service was asked.
func TestGroupShowsWhatWasAsked(t *testing.T) {
	of := func(n int, id string) Ended {
		return failedPull("tenant.a", "report.r.r", n, "refused", Explanation{Cause: "permission", Reason: "refused", RequestID: id})
	}
	groups := GroupFailures([]Ended{of(3, "r"), of(0, "r"), of(2, "r")})
	if len(groups) != 1 || groups[0].First.Pull.Label != "2026-11-01" || groups[0].Unasked != 2 || groups[0].RequestID != "r" {
		t.Errorf("%+v", groups)
	}
}

// Who holds the slice all the same stands apart.
func TestGroupsTellWhoHolds(t *testing.T) {
	all := failedPull("tenant.a", "report.r.r", 0, "it is broken", Explanation{})
	some := failedPull("tenant.a", "report.r.r", 1, "it is broken", Explanation{})
	some.Written = []Written{{Output: "output.json.b"}}
	if groups := GroupFailures([]Ended{all, some}); len(groups) != 2 || !slices.Equal(groups[1].Held, []string{"output.json.b"}) {
		t.Errorf("%+v", groups)
	}
}
