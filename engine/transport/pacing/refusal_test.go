package pacing

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// A refusal lowers the pace of what it names, and of nothing else.
func TestARefusalLowersOnePace(t *testing.T) {
	rate := limits.Rate{Requests: 10, Per: 10 * time.Second}
	for _, tt := range []struct {
		scope string
		class limits.Class
		slow  int // of the budgets of app and tenant, app, tenant; -1 for none
	}{
		{"Tenant_Application", limits.Class{AppTenant: rate, App: rate, Tenant: rate}, 0},
		{"Application", limits.Class{AppTenant: rate, App: rate, Tenant: rate}, 1},
		{"tenant", limits.Class{AppTenant: rate, App: rate, Tenant: rate}, 2},
		{"", limits.Class{AppTenant: rate, App: rate, Tenant: rate}, 0},
		{"", limits.Class{App: rate, Tenant: rate}, 2},
		{"", limits.Class{App: rate}, 1},
		{"Application", limits.Class{Tenant: rate}, -1},
		{"", limits.Class{}, -1},
	} {
		limiters := NewLimiters(Local{})
		tt.class.Name = "c"
		other := tt.class
		other.Name = "other class"
		l := limiters.For("app", "tenant", tt.class)
		others := []*Limiter{limiters.For("app", "tenant", other), limiters.For("other", "other", tt.class)}
		(&Turn{limiter: l, at: time.Now()}).Refused(&Refusal{Scope: tt.scope, Limit: true, Err: errors.New("429")}, func(int) time.Duration { return time.Second })
		for i, c := range l.counts() {
			if slow := c.pace.part < 1 && c.pace.Limited(); slow != (i == tt.slow) {
				t.Errorf("scope %q of %+v: pace %d is %.2f", tt.scope, tt.class, i, c.pace.part)
			}
		}
		for _, l := range others {
			for i, c := range l.counts() {
				if c != nil && c.pace.Limited() && c.pace.part < 1 {
					t.Errorf("scope %q: budget %d of another class or tenant is slower", tt.scope, i)
				}
			}
		}
	}
}

// Somebody who is told nothing of a limit, but that the service fails for now,
// keeps the pace.
func TestA503LowersNoPace(t *testing.T) {
	l := NewLimiters(Local{}).For("app", "tenant", limits.Class{App: limits.Rate{Requests: 10, Per: 10 * time.Second}})
	(&Turn{limiter: l, at: time.Now()}).Refused(&Refusal{Wait: time.Minute, Err: errors.New("503")}, nil)
	if l.app.pace.part != 1 || !l.app.trial {
		t.Errorf("%+v", l.app)
	}
}

// A wait for the pace alone is told when it is long, a pause at once.
func TestLongWaitsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiters(Local{}).For("app", "tenant", limits.Class{AppTenant: limits.Rate{Requests: 1, Per: time.Minute}})
		start := time.Now()
		var told []Hold
		var at []time.Duration
		var mu sync.Mutex
		hear := func(h Hold) {
			mu.Lock()
			defer mu.Unlock()
			told, at = append(told, h), append(at, time.Since(start))
		}
		for range 2 {
			turn, err := l.Wait(t.Context(), nil, hear)
			if err != nil {
				t.Fatal(err)
			}
			turn.Useful()
		}
		mu.Lock()
		if len(told) != 1 || !told[0].Pace || at[0] != longPace || told[0].Scope != (Scope{"app", "tenant"}) || told[0].Until != start.Add(Window(limits.Rate{Requests: 1, Per: time.Minute})) {
			t.Errorf("told %+v at %s", told, at)
		}
		pause(l, "", 2*time.Minute)
		start, told, at = time.Now(), nil, nil
		mu.Unlock()
		mustWaitTold(t, l, hear)
		if len(told) != 1 || told[0].Pace || !told[0].Told || at[0] != 0 || told[0].Until != start.Add(2*time.Minute) {
			t.Errorf("told %+v at %s", told, at)
		}
	})
}

func mustWaitTold(t *testing.T, l *Limiter, hear func(Hold)) {
	t.Helper()
	turn, err := l.Wait(t.Context(), nil, hear)
	if err != nil {
		t.Fatal(err)
	}
	turn.Useful()
}
