package pacing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// grants records when requests went, by who sent them.
type grants struct {
	mu    sync.Mutex
	times map[string][]time.Time
	order []string
}

func (g *grants) wait(ctx context.Context, l *Limiter, name string) error {
	turn, err := l.Wait(ctx, nil, nil)
	if err != nil {
		return err
	}
	defer turn.Useful()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.times == nil {
		g.times = map[string][]time.Time{}
	}
	g.times[name] = append(g.times[name], time.Now())
	g.order = append(g.order, name)
	return nil
}

// checkWindows fails if any stretch of length budget.Per holds more than
// budget.Requests of the times.
func checkWindows(t *testing.T, what string, times []time.Time, budget limits.Rate) {
	t.Helper()
	slices.SortFunc(times, time.Time.Compare)
	for i := budget.Requests; i < len(times); i++ {
		if gap := times[i].Sub(times[i-budget.Requests]); gap < budget.Per {
			t.Errorf("%s: %d requests within %s, the budget is %d in %s", what, budget.Requests+1, gap, budget.Requests, budget.Per)
			return
		}
	}
}

func TestNoWindowExceedsItsBudgetWhateverTheArrivals(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			budget := func() limits.Rate {
				return limits.Rate{Requests: 1 + random.IntN(8), Per: time.Duration(1+random.IntN(20_000)) * time.Millisecond}
			}
			class := limits.Class{Name: "c", AppTenant: budget(), App: budget(), Tenant: budget()}
			limiters := NewLimiters(Local{})
			var g grants
			var wg sync.WaitGroup
			for range 120 {
				app, tenant := fmt.Sprint("app", random.IntN(2)), fmt.Sprint("tenant", random.IntN(3))
				// Crowds, lulls and trickles.
				at := time.Duration(random.IntN(4)) * 40 * time.Second
				if random.IntN(2) == 0 {
					at += time.Duration(random.IntN(30_000)) * time.Millisecond
				}
				wg.Go(func() {
					time.Sleep(at)
					if err := g.wait(t.Context(), limiters.For(app, tenant, class), app+" "+tenant); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()

			apps, tenants := map[string][]time.Time{}, map[string][]time.Time{}
			for name, times := range g.times {
				checkWindows(t, name, times, class.AppTenant)
				app, tenant, _ := strings.Cut(name, " ")
				apps[app] = append(apps[app], times...)
				tenants[tenant] = append(tenants[tenant], times...)
			}
			for app, times := range apps {
				checkWindows(t, app, times, class.App)
			}
			for tenant, times := range tenants {
				checkWindows(t, tenant, times, class.Tenant)
			}
			if len(g.order) != 120 {
				t.Errorf("%d of 120 requests went", len(g.order))
			}
		})
	}
}

func TestBudgetIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiters(Local{}).For("app", "tenant", limits.Class{AppTenant: limits.Rate{Requests: 5, Per: 10 * time.Second}})
		start := time.Now()
		var after []time.Duration
		for range 16 {
			if _, err := l.Wait(t.Context(), nil, nil); err != nil {
				t.Fatal(err)
			}
			after = append(after, time.Since(start))
		}
		// A window is 10.2 s: the budget's and a fiftieth.
		for i, d := range after {
			want := time.Duration(0)
			if i >= 5 {
				want = 10200*time.Millisecond + time.Duration(i-5)*2040*time.Millisecond
			}
			if d != want {
				t.Errorf("request %d went after %s, want %s", i, d, want)
			}
		}

		// An unused budget is there at once, not saved up.
		time.Sleep(time.Minute)
		start = time.Now()
		mustWait(t, l)
		if d := time.Since(start); d != 0 {
			t.Errorf("waited %s after a lull", d)
		}
	})
}

func TestOneTenantHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		class := limits.Class{AppTenant: limits.Rate{Requests: 1, Per: time.Minute}, App: limits.Rate{Requests: 4, Per: 10 * time.Second}}
		limiters := NewLimiters(Local{})
		busy, idle := limiters.For("app", "busy", class), limiters.For("app", "idle", class)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { mustWait(t, busy) })
		}
		synctest.Wait()
		start := time.Now()
		mustWait(t, idle)
		if d := time.Since(start); d != 0 {
			t.Errorf("the idle tenant waited %s for the busy one", d)
		}
		wg.Wait()
	})
}

func TestTenantsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		class := limits.Class{App: limits.Rate{Requests: 2, Per: 10 * time.Second}}
		limiters := NewLimiters(Local{})
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
		defer stop()
		var g grants
		var wg sync.WaitGroup
		for i := range 5 {
			name := fmt.Sprint("tenant", i)
			l := limiters.For("app", name, class)
			wg.Go(func() {
				for g.wait(ctx, l, name) == nil {
					time.Sleep(100 * time.Millisecond) // the service answers
				}
			})
		}
		wg.Wait()
		went := map[string]int{}
		for i, name := range g.order {
			went[name]++
			if i >= 4 {
				counts := slices.Sorted(maps.Values(went))
				if len(counts) != 5 || counts[4]-counts[0] > 1 {
					t.Fatalf("after %d requests the five tenants had %v", i+1, went)
				}
			}
		}
		if len(g.order) < 100 {
			t.Errorf("only %d requests in ten minutes", len(g.order))
		}
	})
}

func TestPauseHoldsBackItsScopeAlone(t *testing.T) {
	class := limits.Class{Name: "c", AppTenant: limits.Rate{Requests: 100, Per: time.Second}}
	tests := []struct {
		scope string
		held  []string
	}{
		{"", []string{"a x"}},
		{"Tenant_Application", []string{"a x"}},
		{"Application", []string{"a x", "a y"}},
		{"Tenant", []string{"a x", "b x"}},
	}
	for _, tt := range tests {
		t.Run(tt.scope, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limiters := NewLimiters(Local{})
				pause(limiters.For("a", "x", class), tt.scope, time.Minute)
				pause(limiters.For("a", "x", class), tt.scope, time.Second) // a shorter one changes nothing
				start := time.Now()
				var g grants
				var wg sync.WaitGroup
				for _, name := range []string{"a x", "a y", "b x", "b y"} {
					wg.Go(func() {
						if err := g.wait(t.Context(), limiters.For(name[:1], name[2:], class), name); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				for name, times := range g.times {
					want := time.Duration(0)
					if slices.Contains(tt.held, name) {
						want = time.Minute
					}
					if d := times[0].Sub(start); d != want {
						t.Errorf("%s waited %s, want %s", name, d, want)
					}
				}
			})
		})
	}
}

func TestPauseHoldsBackThoseWhoWaitAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiters(Local{}).For("app", "tenant", limits.Class{AppTenant: limits.Rate{Requests: 1, Per: time.Second}})
		mustWait(t, l)
		start := time.Now()
		done := make(chan time.Duration)
		go func() {
			mustWait(t, l)
			done <- time.Since(start)
		}()
		synctest.Wait()
		pause(l, "", time.Minute)
		if d := <-done; d != time.Minute {
			t.Errorf("went after %s, in spite of a pause of a minute", d)
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiters := NewLimiters(Local{})
		l := limiters.For("app", "tenant", limits.Class{AppTenant: limits.Rate{Requests: 1, Per: time.Minute}})
		mustWait(t, l)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := l.Wait(ctx, nil, nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
		// The place in the queue is free again.
		mustWait(t, l)
		if d := time.Since(start); d > 62*time.Second {
			t.Errorf("a waiter that left was still served: the next one waited %s", d)
		}
		if _, err := l.Wait(ctx, nil, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a dead context got %v", err)
		}
	})
}

func TestClassesAndBudgetsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiters := NewLimiters(Local{})
		one := limits.Rate{Requests: 1, Per: time.Hour}
		start := time.Now()
		for _, class := range []limits.Class{
			{Name: "reports", App: one},
			{Name: "directory", App: one},
			{Name: "reports", App: limits.Rate{Requests: 2, Per: time.Hour}}, // another configuration of it
			{},
			{},
		} {
			mustWait(t, limiters.For("app", "tenant", class))
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("waited %s", d)
		}
	})
}

// Ten thousand tenants must cost no goroutines, and waiting in them no time.
func TestManyLimiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiters := NewLimiters(Local{})
		class := limits.Class{Name: "reports", AppTenant: limits.Rate{Requests: 5, Per: 10 * time.Second}}
		start := time.Now()
		for i := range 10_000 {
			mustWait(t, limiters.For("app", fmt.Sprint(i), class))
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("waited %s", d)
		}
	})
}

// tellingSeat tells when it is left and returned to.
type tellingSeat func(what string)

func (s tellingSeat) Leave()  { s("left") }
func (s tellingSeat) Return() { s("back") }

// Who waits leaves its seat, and only who waits.
func TestSeatIsLeftWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiters(Local{}).For("app", "tenant", limits.Class{AppTenant: limits.Rate{Requests: 1, Per: time.Minute}})
		var told []string
		start := time.Now()
		seat := tellingSeat(func(what string) { told = append(told, what+" at "+time.Since(start).String()) })
		for range 2 {
			if _, err := l.Wait(t.Context(), seat, nil); err != nil {
				t.Fatal(err)
			}
		}
		ended, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.Wait(ended, seat, nil); err == nil {
			t.Error("no error after the context's end")
		}
		want := []string{"left at 0s", "back at 1m1s", "left at 1m1s", "back at 1m2s"}
		if !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}
