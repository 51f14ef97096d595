package plan

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/limits"
	"github.com/reportform/reportform/internal/place"
)

// reports is the published limit class of most reports, with windows of ten seconds.
func reports(tenant string) Limits {
	return Limits{
		Class: limits.Class{
			Name: "reports", AppTenant: limits.Rate{Requests: 5, Per: 10 * time.Second}, App: limits.Rate{Requests: 122, Per: 10 * time.Second},
		},
		App: "app", Directory: tenant,
	}
}

// cost is what a held slice has cost.
type cost struct {
	rows int64
	ledger.Proof
}

// loads subtracts nothing from what tenants want of days; each tenant of known
// holds some that cost so many requests and events each.
func loads(t *testing.T, spec config.Window, now string, tenants int, held int, cost cost, change func(*Want)) ([]Want, []Part) {
	t.Helper()
	var wants []Want
	var parts []Part
	for i := range tenants {
		w := want(spec)
		w.Outputs = w.Outputs[:1]
		w.Tenant = fmt.Sprintf("tenant.t%d", i)
		w.Limits = reports(w.Tenant)
		if change != nil {
			change(w)
		}
		w.Slices = w.Window.Named(at(now))
		l := ledger.New(ledger.Key{Tenant: w.Tenant, Report: w.Report})
		for _, s := range w.Slices[:held] {
			target, _ := w.Outputs[0].Resolve(&s)
			l.Hold(ledger.Held{
				Output: "a", From: s.From, To: s.To, Place: target.Place, Definition: target.Definition,
				Final: true, Rows: cost.rows, Bytes: cost.rows * 100,
			}.With(cost.Proof))
		}
		part, err := Subtract(w, l, at(now), func(*ledger.Held) (place.Condition, error) { return place.Intact, nil })
		if err != nil {
			t.Fatal(err)
		}
		wants, parts = append(wants, *w), append(parts, part)
	}
	return wants, parts
}

func TestRate(t *testing.T) {
	r := limits.Rate{Requests: 5, Per: 10 * time.Second}
	for n, want := range map[float64]time.Duration{0: 0, 1: 0, 5: 0, 6: 10 * time.Second, 7: 12 * time.Second, 11: 20 * time.Second} {
		if got := last(r, n); got != want {
			t.Errorf("the last of %v requests goes at %v, want %v", n, got, want)
		}
	}
	if got := last(limits.Rate{}, 1e9); got != 0 {
		t.Errorf("without a limit the last goes at %v", got)
	}
}

func TestEstimate(t *testing.T) {
	window := config.Window{Every: dur("1d"), From: at("2026-11-01"), To: at("2026-11-13")}
	const now = "2026-11-20"
	cost := cost{1000, ledger.Proof{Requests: 2, Took: 3 * time.Second, Waited: 2800 * time.Millisecond}}

	t.Run("one tenant", func(t *testing.T) {
		e := estimate(loads(t, window, now, 1, 2, cost, nil))
		want := &Estimate{
			Requests: 20, Events: 10_000, Bytes: 1_000_000, Time: 38 * time.Second,
			Tenants: []TenantEstimate{{"tenant.t0", 20, 10_000, 1_000_000, 38 * time.Second}},
			Apps:    []AppEstimate{{"app", "reports", 20, limits.Rate{Requests: 122, Per: 10 * time.Second}, 0}},
		}
		if diff := cmp.Diff(want, e); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("many tenants share what the app has", func(t *testing.T) {
		e := estimate(loads(t, window, now, 100, 2, cost, nil))
		want := last(limits.Rate{Requests: 122, Per: 10 * time.Second}, 2000)
		if e.Requests != 2000 || e.Time != want || len(e.Tenants) != 100 || e.Apps[0].Time != want {
			t.Errorf("%d requests in %v, apps %+v; want 2000 in %v", e.Requests, e.Time, e.Apps, want)
		}
	})
	t.Run("nothing is known", func(t *testing.T) {
		e := estimate(loads(t, window, now, 2, 0, cost, nil))
		if e.Unknown != 24 || e.Requests != 24 || e.Events != 0 || e.Time != 22*time.Second {
			t.Errorf("%+v", e)
		}
	})
	t.Run("a tenant of which nothing is known is like the others", func(t *testing.T) {
		wants, parts := loads(t, window, now, 1, 2, cost, nil)
		moreWants, moreParts := loads(t, window, now, 1, 0, cost, nil)
		moreWants[0].Tenant = "tenant.new"
		e := estimate(append(wants, moreWants...), append(parts, moreParts...))
		if e.Unknown != 0 || e.Requests != 20+24 || e.Events != 10_000+12_000 || e.Bytes != 1_000_000+1_200_000 {
			t.Errorf("%+v", e)
		}
		for i := range wants {
			moreWants[i].Limits, wants[i].Limits = Limits{}, Limits{} // so that only the requests take time
		}
		e = estimate(append(wants, moreWants...), append(parts, moreParts...))
		if e.Tenants[0].Tenant != "tenant.new" || e.Tenants[0].Time != 24*100*time.Millisecond/4 {
			t.Errorf("%+v", e)
		}
	})
	t.Run("slices of another length", func(t *testing.T) {
		wants, parts := loads(t, window, now, 1, 2, cost, func(w *Want) { w.PageSize = 999 })
		parts[0].work.span *= 3 // as if the slices to come were three days long
		e := estimate(wants, parts)
		if e.Events != 30_000 || e.Requests != 35 { // 3.003 pages and a half
			t.Errorf("%+v", e)
		}
	})
	t.Run("where nothing is limited the service takes its time", func(t *testing.T) {
		e := estimate(loads(t, window, now, 1, 2, cost, func(w *Want) { w.Limits = Limits{} }))
		if e.Time != 20*100*time.Millisecond/4 || len(e.Apps) != 0 {
			t.Errorf("%+v", e)
		}
	})
	t.Run("a snapshot has as many events whatever its slice", func(t *testing.T) {
		daily := config.Window{Every: dur("1d"), From: at("2026-11-18")}
		e := estimate(loads(t, daily, "2026-11-20", 1, 2, cost, func(w *Want) { w.Snapshot = true }))
		if e.Events != 1000 || e.Requests != 2 {
			t.Errorf("%+v", e)
		}
	})
}

// estimate is EstimateOf at the default parallelism.
func estimate(wants []Want, parts []Part) *Estimate {
	return EstimateOf(wants, parts, Parallel{All: 10, PerTenant: 4})
}

func TestSchedules(t *testing.T) {
	hourly := config.Window{Every: dur("1h"), From: at("2026-11-20")}
	cost := cost{1000, ledger.Proof{Requests: 370, Took: time.Second}}
	// 122 requests in 10 s are 43,920 an hour: 100 tenants with 370 need less,
	// with 541 more.
	if got := Schedules(loads(t, hourly, "2026-11-20T06:00:00Z", 100, 3, cost, nil)); got != nil {
		t.Errorf("a schedule that holds: %+v", got)
	}
	cost.Requests = 541
	want := []Schedule{{
		Report: "report.r.x", Every: "1h", Needs: 4434 * time.Second, Class: "reports", App: "app", Limit: limits.Rate{Requests: 122, Per: 10 * time.Second},
	}}
	if diff := cmp.Diff(want, Schedules(loads(t, hourly, "2026-11-20T06:00:00Z", 100, 3, cost, nil))); diff != "" {
		t.Error(diff)
	}
	// One tenant alone: 5 in 10 s are 1800 an hour.
	cost.Requests = 2000
	got := Schedules(loads(t, hourly, "2026-11-20T06:00:00Z", 1, 3, cost, nil))
	if len(got) != 1 || got[0].Tenant != "tenant.t0" || got[0].Needs != 4000*time.Second {
		t.Errorf("%+v", got)
	}
	// Read twice, each slice costs twice.
	cost.Requests = 1000
	hourly.Revisit = durs("24h")
	if got := Schedules(loads(t, hourly, "2026-11-20T06:00:00Z", 1, 3, cost, nil)); len(got) != 1 || got[0].Needs != 4000*time.Second {
		t.Errorf("%+v", got)
	}
	// What has ended falls behind no more, whoever else uses up the limit.
	cost.Requests = 541
	wants, parts := loads(t, hourly, "2026-11-20T06:00:00Z", 100, 3, cost, nil)
	ended := wants[0]
	ended.Report, ended.Window = "report.r.ended", window.New(&config.Window{Every: dur("1d"), From: at("2025-11-20"), To: at("2025-11-25")})
	if got := Schedules(append(wants, ended), append(parts, Part{})); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	cost.Requests = 1000
	// A window that ends is a backfill, not a schedule.
	hourly.To = at("2026-12-01")
	if got := Schedules(loads(t, hourly, "2026-11-20T06:00:00Z", 1, 3, cost, nil)); got != nil {
		t.Errorf("%+v", got)
	}
}
