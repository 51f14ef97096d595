package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/plan"
)

func pullsOf(tenants, each int) []plan.Pull {
	var pulls []plan.Pull
	for t := range tenants {
		for i := range each {
			pulls = append(pulls, plan.Pull{Tenant: fmt.Sprintf("tenant.t%d", t), Label: fmt.Sprint(i)})
		}
	}
	return pulls
}

// execute has an executor call do for every pull, each a run of its own.
func execute(ctx context.Context, x Executor, pulls []plan.Pull, do func(context.Context, *plan.Pull, Seat)) (left int) {
	return x.Execute(ctx, plan.Header{}, slices.Collect(slices.Chunk(pulls, 1)), workerFunc(do), func([]plan.Pull, Outcome, error) {})
}

// workerFunc is a Worker that calls a function for each pull.
type workerFunc func(context.Context, *plan.Pull, Seat)

func (do workerFunc) Pull(context.Context, plan.Header, []plan.Pull) (Outcome, error) {
	return Outcome{}, errors.New("called without a seat")
}

func (do workerFunc) PullAt(ctx context.Context, _ plan.Header, pulls []plan.Pull, seat Seat) (Outcome, error) {
	for i := range pulls {
		do(ctx, &pulls[i], seat)
	}
	return Outcome{}, nil
}

func TestExecutorRunsEveryPullOnceWithinTheBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pulls := pullsOf(7, 5)
		var mu sync.Mutex
		running, ran := map[string]int{}, map[*plan.Pull]int{}
		order := map[string][]string{}
		var now, most atomic.Int32
		left := execute(t.Context(), Local{Parallelism: 6, PerTenant: 2}, pulls, func(_ context.Context, p *plan.Pull, _ Seat) {
			mu.Lock()
			running[p.Tenant]++
			ran[p]++
			order[p.Tenant] = append(order[p.Tenant], p.Label)
			if running[p.Tenant] > 2 {
				t.Errorf("%d pulls of %s at once", running[p.Tenant], p.Tenant)
			}
			mu.Unlock()
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			now.Add(-1)
			mu.Lock()
			running[p.Tenant]--
			mu.Unlock()
		})
		if left != 0 || len(ran) != len(pulls) {
			t.Errorf("%d left, %d of %d ran", left, len(ran), len(pulls))
		}
		for p, n := range ran {
			if n != 1 {
				t.Errorf("%s %s ran %d times", p.Tenant, p.Label, n)
			}
		}
		if most.Load() != 6 {
			t.Errorf("at most %d pulls at once, want 6", most.Load())
		}
		for tenant, labels := range order {
			if !slices.IsSorted(labels) {
				t.Errorf("%s started in the order %v", tenant, labels)
			}
		}
	})
}

// A tenant whose pulls hang for an hour must not hold up the others.
func TestExecutorKeepsASlowTenantToItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pulls := append(slices.Repeat([]plan.Pull{{Tenant: "slow"}}, 50), slices.Repeat([]plan.Pull{{Tenant: "quick"}}, 50)...)
		begin := time.Now()
		var quick atomic.Int64
		var quickDone time.Duration
		execute(t.Context(), Local{Parallelism: 4, PerTenant: 2}, pulls, func(_ context.Context, p *plan.Pull, _ Seat) {
			if p.Tenant == "slow" {
				time.Sleep(time.Hour)
				return
			}
			time.Sleep(time.Second)
			if quick.Add(1) == 50 {
				quickDone = time.Since(begin)
			}
		})
		if quickDone != 25*time.Second {
			t.Errorf("the quick tenant was done after %v, want 25s", quickDone)
		}
	})
}

func TestExecutorTakesTurns(t *testing.T) {
	pulls := pullsOf(3, 2)
	var order []string
	execute(t.Context(), Local{Parallelism: 1, PerTenant: 1}, pulls, func(_ context.Context, p *plan.Pull, _ Seat) {
		order = append(order, p.Tenant+p.Label)
	})
	want := []string{"tenant.t00", "tenant.t10", "tenant.t20", "tenant.t01", "tenant.t11", "tenant.t21"}
	if !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

func TestExecutorStopsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		left := execute(ctx, Local{Parallelism: 1, PerTenant: 1}, pullsOf(1, 5), func(ctx context.Context, _ *plan.Pull, _ Seat) {
			select {
			case <-time.After(time.Minute):
			case <-ctx.Done():
			}
		})
		if left != 3 {
			t.Errorf("%d pulls left, want 3", left)
		}
	})
}

// While pulls wait for the limits others work in their place, but there is an
// end to how many begin.
func TestExecutorWorksWhileOthersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open, most, working, mostWorking atomic.Int32
		begin := time.Now()
		execute(t.Context(), Local{Parallelism: 3, PerTenant: 4}, pullsOf(100, 2), func(_ context.Context, _ *plan.Pull, seat Seat) {
			most.Store(max(most.Load(), open.Add(1)))
			mostWorking.Store(max(mostWorking.Load(), working.Add(1)))
			time.Sleep(time.Millisecond)
			working.Add(-1)
			seat.Leave()
			time.Sleep(time.Minute)
			seat.Return()
			open.Add(-1)
		})
		if most.Load() != 48 || mostWorking.Load() != 3 {
			t.Errorf("at most %d pulls were open and %d worked, want 48 and 3", most.Load(), mostWorking.Load())
		}
		if took := time.Since(begin); took > 10*time.Minute {
			t.Errorf("200 pulls that wait a minute each took %v", took)
		}
	})
}

// Tenants that wait for long leave places for others, who get one each when there
// are few.
func TestExecutorKeepsPlacesForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const stuck, parallelism = 20, 4 // four runs each: more than there are places
		begin := time.Now()
		var mu sync.Mutex
		open, most := map[string]int{}, 0
		var last time.Duration
		execute(t.Context(), Local{Parallelism: parallelism, PerTenant: 4}, pullsOf(30, 6), func(_ context.Context, p *plan.Pull, seat Seat) {
			var n int
			if _, err := fmt.Sscanf(p.Tenant[strings.IndexAny(p.Tenant, "0123456789"):], "%d", &n); err != nil {
				t.Error(err)
			}
			if n >= stuck {
				time.Sleep(time.Second)
				mu.Lock()
				defer mu.Unlock()
				last = max(last, time.Since(begin))
				return
			}
			mu.Lock()
			open[p.Tenant]++
			most = max(most, len(open))
			mu.Unlock()
			seat.Leave()
			time.Sleep(time.Hour)
			seat.Return()
		})
		if last > 5*time.Minute || most != stuck {
			t.Errorf("the others ended after %s, %d tenants waited", last, most)
		}
	})
}

// A pull that waits with several requests at once leaves one place, and is back
// when none of them waits any more.
func TestExecutorGivesAPlaceAwayOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var first sync.Once
		began := map[time.Duration]int{}
		var mu sync.Mutex
		execute(t.Context(), Local{Parallelism: 1, PerTenant: 4}, pullsOf(1, 4), func(_ context.Context, _ *plan.Pull, seat Seat) {
			mu.Lock()
			began[time.Since(begin)]++
			mu.Unlock()
			waits := false
			first.Do(func() { waits = true })
			if !waits {
				time.Sleep(time.Hour)
				return
			}
			time.Sleep(time.Second)
			seat.Leave()
			seat.Leave()
			time.Sleep(time.Minute)
			seat.Return()
			time.Sleep(2 * time.Hour) // still one wait
			seat.Return()
			time.Sleep(time.Hour)
		})
		// The first one waits from 1s to 2h1m1s; in its place one after the other
		// works for an hour, and the last of those begins just before its return.
		want := map[time.Duration]int{0: 1, time.Second: 1, time.Hour + time.Second: 1, 2*time.Hour + time.Second: 1}
		if !maps.Equal(began, want) {
			t.Errorf("pulls began after %v, want %v", began, want)
		}
	})
}

// asked is a Worker without seats: it notes the runs that it was given, and says
// what came of each.
type asked struct {
	mu   sync.Mutex
	runs []string
}

var errAsked = errors.New("nothing could be tried")

func (a *asked) Pull(_ context.Context, h plan.Header, pulls []plan.Pull) (Outcome, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var outcome Outcome
	name := h.Configuration
	for i := range pulls {
		name += " " + pulls[i].Label
		outcome.Results = append(outcome.Results, Result{Took: time.Duration(i)})
	}
	a.runs = append(a.runs, name)
	if pulls[0].Label == "bad" {
		return Outcome{}, errAsked
	}
	return outcome, nil
}

// A run may be of many pulls and goes to a worker whole, once, and what came of
// it comes back with the run as it was given.
func TestExecutorGivesRunsBackAsTheyWere(t *testing.T) {
	pull := func(label string) plan.Pull { return plan.Pull{Tenant: "tenant.t", Label: label} }
	runs := [][]plan.Pull{{pull("1"), pull("2"), pull("3")}, {pull("bad")}, {pull("4"), pull("5")}}
	var w asked
	var mu sync.Mutex
	given := map[*plan.Pull]string{}
	left := Local{Parallelism: 2, PerTenant: 2}.Execute(t.Context(), plan.Header{Configuration: "c"}, runs, &w, func(run []plan.Pull, o Outcome, err error) {
		mu.Lock()
		defer mu.Unlock()
		given[&run[0]] += fmt.Sprintf("%d pulls, %d results, %v;", len(run), len(o.Results), err)
	})
	want := map[*plan.Pull]string{
		&runs[0][0]: "3 pulls, 3 results, <nil>;",
		&runs[1][0]: "1 pulls, 0 results, nothing could be tried;",
		&runs[2][0]: "2 pulls, 2 results, <nil>;",
	}
	if left != 0 || !maps.Equal(given, want) {
		t.Errorf("%d left, given %q", left, slices.Collect(maps.Values(given)))
	}
	slices.Sort(w.runs)
	if want := []string{"c 1 2 3", "c 4 5", "c bad"}; !slices.Equal(w.runs, want) {
		t.Errorf("the worker was asked for %q, want %q", w.runs, want)
	}
}

// The zero Local works one run at a time, and there may be none.
func TestExecutorWithoutBoundsAndRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		left := execute(t.Context(), Local{}, pullsOf(3, 2), func(context.Context, *plan.Pull, Seat) { time.Sleep(time.Second) })
		if took := time.Since(begin); left != 0 || took != 6*time.Second {
			t.Errorf("%d left after %v", left, took)
		}
		if left := execute(t.Context(), Local{}, nil, nil); left != 0 {
			t.Errorf("%d of none left", left)
		}
	})
}

// After the end of the context nothing begins; what has begun ends, and is told.
func TestExecutorCountsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped, stop := context.WithCancel(t.Context())
		stop()
		if left := execute(stopped, Local{Parallelism: 4, PerTenant: 4}, pullsOf(2, 3), nil); left != 6 {
			t.Errorf("%d left, want all 6", left)
		}

		// What is left are runs, whatever they are of; those who wait for a turn go
		// home too.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		pulls := pullsOf(1, 8)
		runs := [][]plan.Pull{pulls[:3], pulls[3:5], pulls[5:6], pulls[6:7], pulls[7:]}
		ended := 0
		left := Local{Parallelism: 1, PerTenant: 1}.Execute(ctx, plan.Header{}, runs, workerFunc(func(ctx context.Context, _ *plan.Pull, _ Seat) {
			<-ctx.Done()
			time.Sleep(time.Minute)
		}), func([]plan.Pull, Outcome, error) { ended++ })
		if left != 4 || ended != 1 {
			t.Errorf("%d left and %d ended, want 4 and 1", left, ended)
		}
	})
}

// A run that comes back from a wait works at once, and nobody begins before there
// is room again.
func TestExecutorMakesRoomForWhoComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var began []time.Duration
		execute(t.Context(), Local{Parallelism: 1, PerTenant: 9}, pullsOf(1, 3), func(_ context.Context, p *plan.Pull, seat Seat) {
			began = append(began, time.Since(begin))
			if p.Label == "0" {
				seat.Leave()
				time.Sleep(time.Second)
				seat.Return()
				time.Sleep(time.Hour)
				return
			}
			time.Sleep(time.Minute)
		})
		// The second begins while the first waits; the third has to wait until both
		// have ended, which the first does last.
		if want := []time.Duration{0, 0, time.Hour + time.Second}; !slices.Equal(began, want) {
			t.Errorf("runs began after %v, want %v", began, want)
		}
	})
}
