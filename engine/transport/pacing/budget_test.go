package pacing

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// leases are budgets of which others have shares: nothing may be sent before
// one is granted.
type leases struct {
	mu     sync.Mutex
	opened []limits.Limit
	leased map[limits.Counter]*lease
}

type lease struct {
	share   int // requests that may still be sent
	changed func()
	paused  time.Time
	waited  []bool // of the requests taken
}

func (l *leases) Budget(limit limits.Limit, changed func()) Budget {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened = append(l.opened, limit)
	b := &lease{changed: changed}
	l.leased[limit.Counter] = b
	return lockedLease{l, b}
}

// grant gives more of what a counter counts.
func (l *leases) grant(of limits.Counter, requests int) {
	l.mu.Lock()
	b := l.leased[of]
	b.share += requests
	l.mu.Unlock()
	b.changed()
}

type lockedLease struct {
	all *leases
	*lease
}

func (b lockedLease) Free(now time.Time) time.Time {
	b.all.mu.Lock()
	defer b.all.mu.Unlock()
	if b.share > 0 {
		return now
	}
	return now.Add(time.Hour) // nobody knows
}

func (b lockedLease) Take(_ time.Time, waited bool) {
	b.all.mu.Lock()
	defer b.all.mu.Unlock()
	b.share--
	b.waited = append(b.waited, waited)
}

func (b lockedLease) Pause(until time.Time) {
	b.all.mu.Lock()
	defer b.all.mu.Unlock()
	b.paused = until
}

func TestSharedBudgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &leases{leased: map[limits.Counter]*lease{}}
		limiters := NewLimiters(shared)
		class := limits.Class{Name: "c", AppTenant: limits.Rate{Requests: 5, Per: time.Second}, App: limits.Rate{Requests: 9, Per: time.Second}}
		one, two := limiters.For("a", "one", class), limiters.For("a", "two", class)
		limiters.For("a", "one", class) // what is open is not opened again
		app, inOne, inTwo := limits.Counter{Class: "c", App: "a"}, limits.Counter{Class: "c", App: "a", Directory: "one"}, limits.Counter{Class: "c", App: "a", Directory: "two"}
		want := []limits.Limit{{Counter: inOne, Rate: class.AppTenant}, {Counter: app, Rate: class.App}, {Counter: inTwo, Rate: class.AppTenant}}
		if !slices.Equal(shared.opened, want) {
			t.Errorf("opened %v, want %v: what has no limit has no budget", shared.opened, want)
		}

		start := time.Now()
		var g grants
		var wg sync.WaitGroup
		for name, l := range map[string]*Limiter{"one": one, "two": two} {
			wg.Go(func() {
				if err := g.wait(t.Context(), l, name); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		shared.grant(inTwo, 1) // there is none of the app's
		time.Sleep(10 * time.Second)
		shared.grant(app, 2)
		synctest.Wait()
		time.Sleep(10 * time.Second)
		shared.grant(inOne, 1)
		wg.Wait()
		if !slices.Equal(g.order, []string{"two", "one"}) || g.times["two"][0].Sub(start) != 10*time.Second || g.times["one"][0].Sub(start) != 20*time.Second {
			t.Errorf("went in the order %v at %v", g.order, g.times)
		}
		if b := shared.leased[app]; b.share != 0 || !slices.Equal(b.waited, []bool{true, true}) {
			t.Errorf("of the app's share %d are left, waited for by %v", b.share, b.waited)
		}

		// A pause is obeyed here and passed on; a shorter one is neither.
		shared.grant(app, 1)
		shared.grant(inOne, 1)
		start = time.Now()
		pause(one, "application", time.Minute)
		pause(one, "application", time.Second)
		mustWait(t, one)
		if d := time.Since(start); d != time.Minute {
			t.Errorf("waited %s for a pause of a minute", d)
		}
		if got := shared.leased[app].paused; !got.Equal(start.Add(time.Minute)) || !shared.leased[inOne].paused.IsZero() {
			t.Errorf("the app's budget was told a pause until %v, want %v; the other one %v", got, start.Add(time.Minute), shared.leased[inOne].paused)
		}
	})
}
