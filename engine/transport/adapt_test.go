package transport

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/sandbox/throttle"
	"github.com/reportform/reportform/engine/transport/pacing"
	"github.com/reportform/reportform/internal/limits"
)

// cloud is a service that enforces its limits as the sandbox does: requests that
// it refuses count, too.
type cloud struct {
	throttle *throttle.Throttle
	class    limits.Class
	named    bool // refusals say what was exceeded

	mu      sync.Mutex
	random  *rand.Rand
	useful  []time.Time
	refused int
}

func newCloud(class limits.Class, seed uint64) *cloud {
	return &cloud{
		throttle: throttle.New(map[string]limits.Class{class.Name: class}), class: class, named: true,
		random: rand.New(rand.NewPCG(seed, 7)),
	}
}

// ask is a request of an app in a tenant. It takes some time there and back.
func (c *cloud) ask(app, tenant string) *http.Response {
	c.mu.Lock()
	there, back := time.Duration(c.random.IntN(150))*time.Millisecond, time.Duration(c.random.IntN(150))*time.Millisecond
	c.mu.Unlock()
	if c.class.Name == "at once" {
		there, back = 0, 0
	}
	time.Sleep(there)
	wait, of, limited := c.throttle.Take(c.class.Name, app, tenant, time.Now())
	c.mu.Lock()
	if limited {
		c.refused++
	} else {
		c.useful = append(c.useful, time.Now())
	}
	c.mu.Unlock()
	time.Sleep(back)
	if !limited {
		return answer(200)
	}
	resp := answer(429, fmt.Sprintf("Retry-After: %.3f", wait.Seconds()))
	if c.named {
		scope := "Tenant_Application"
		if of.Directory == "" {
			scope = "Application"
		}
		resp.Header.Set("x-ms-throttle-scope", scope+"/Read/"+of.App+"/"+of.Directory)
	}
	return resp
}

// job is a process of its own, with so many requests for each of its tenants, four
// at a time. It returns when it ended, or how many failed.
func (c *cloud) job(t *testing.T, app string, tenants, requests int) (ended time.Time, failed int) {
	limiters, patiences, hosts := pacing.NewLimiters(pacing.Local{}), NewPatiences(time.Hour), NewHosts(DefaultRetry(), nil)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range tenants {
		tenant := fmt.Sprint("tenant", i)
		rt := New(Options{
			Base:   roundTripper(func(*http.Request) (*http.Response, error) { return c.ask(app, tenant), nil }),
			Server: home, Limiter: limiters.For(app, tenant, c.class), Patience: patiences.For(app, tenant, "graph"), Hosts: hosts, Retry: DefaultRetry(),
		})
		left := make(chan struct{}, requests)
		for range requests {
			left <- struct{}{}
		}
		close(left)
		for range 4 {
			wg.Go(func() {
				for range left {
					resp, err := get(t, rt, home+"/x")
					if err != nil || resp.StatusCode != 200 {
						mu.Lock()
						failed++
						mu.Unlock()
					}
				}
			})
		}
	}
	wg.Wait()
	return time.Now(), failed
}

// used is the part of a budget that brought useful answers from one time to another.
func (c *cloud) used(budgets int, budget limits.Rate, from, to time.Time) float64 {
	useful := 0
	for _, at := range c.useful {
		if !at.Before(from) && at.Before(to) {
			useful++
		}
	}
	permitted := float64(budgets*budget.Requests) * float64(to.Sub(from)) / float64(budget.Per)
	return float64(useful) / permitted
}

// Two processes that know nothing of each other ask as one application for the
// same tenants. Together they use most of the budget, and nothing fails.
func TestTwoJobsShareABudget(t *testing.T) {
	for _, tt := range []struct {
		name              string
		class             limits.Class
		tenants, requests int
		budgets           int
		budget            limits.Rate
		least             float64
	}{
		{"5 in 10 s, 4 tenants", limits.Class{Name: "c", AppTenant: limits.Rate{Requests: 5, Per: 10 * time.Second}, App: limits.Rate{Requests: 122, Per: 10 * time.Second}}, 4, 120, 4, limits.Rate{Requests: 5, Per: 10 * time.Second}, 0.75},
		{"5 in 10 s, 4 tenants, no latency", limits.Class{Name: "at once", AppTenant: limits.Rate{Requests: 5, Per: 10 * time.Second}, App: limits.Rate{Requests: 122, Per: 10 * time.Second}}, 4, 120, 4, limits.Rate{Requests: 5, Per: 10 * time.Second}, 0.75},
		{"122 in 10 s, 40 tenants", limits.Class{Name: "c", AppTenant: limits.Rate{Requests: 5, Per: 10 * time.Second}, App: limits.Rate{Requests: 122, Per: 10 * time.Second}}, 40, 150, 1, limits.Rate{Requests: 122, Per: 10 * time.Second}, 0.88},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const seeds = 3
			mean := 0.0 // goroutines do not always take the same turns
			for seed := range uint64(seeds) {
				synctest.Test(t, func(t *testing.T) {
					c := newCloud(tt.class, seed)
					start := time.Now()
					ended, failed := make([]time.Time, 2), make([]int, 2)
					var wg sync.WaitGroup
					for i := range 2 {
						wg.Go(func() { ended[i], failed[i] = c.job(t, "app", tt.tenants, tt.requests) })
					}
					wg.Wait()
					both, all := slices.MinFunc(ended, time.Time.Compare), slices.MaxFunc(ended, time.Time.Compare)
					used := c.used(tt.budgets, tt.budget, start, both)
					t.Logf("used %.3f until %s, %.3f until %s; %d refused of %d", used, both.Sub(start), c.used(tt.budgets, tt.budget, start, all), all.Sub(start), c.refused, c.refused+len(c.useful))
					if failed[0]+failed[1] > 0 || used < tt.least-0.05 {
						t.Errorf("%d and %d requests failed; together %.2f of the budget were used, want %.2f", failed[0], failed[1], used, tt.least)
					}
					mean += used / seeds
				})
			}
			if mean < tt.least {
				t.Errorf("together %.2f of the budget were used, want %.2f", mean, tt.least)
			}
		})
	}
}

// Somebody else takes half of the budget, steadily. A run then takes at most
// three times as long.
func TestHalfOfTheBudgetIsTaken(t *testing.T) {
	five, many := limits.Rate{Requests: 5, Per: 10 * time.Second}, limits.Rate{Requests: 122, Per: 10 * time.Second}
	for _, tt := range []struct {
		name              string
		class             limits.Class
		tenants, requests int
		every             time.Duration // of the other client, in each tenant
	}{
		{"5 in 10 s", limits.Class{Name: "c", AppTenant: five, App: many}, 4, 45, 4 * time.Second},
		{"122 in 10 s", limits.Class{Name: "c", App: many}, 20, 100, 20 * 10 * time.Second / 61},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const seeds = 3
			mean := 0.0
			for seed := range uint64(seeds) {
				run := func(disturbed bool) (took time.Duration) {
					synctest.Test(t, func(t *testing.T) {
						c := newCloud(tt.class, seed)
						done := make(chan struct{})
						var wg sync.WaitGroup
						for i := 0; disturbed && i < tt.tenants; i++ {
							wg.Go(func() {
								time.Sleep(tt.every * time.Duration(i) / time.Duration(tt.tenants))
								ticker := time.NewTicker(tt.every)
								defer ticker.Stop()
								for {
									select {
									case <-ticker.C:
										c.ask("app", fmt.Sprint("tenant", i))
									case <-done:
										return
									}
								}
							})
						}
						start := time.Now()
						ended, failed := c.job(t, "app", tt.tenants, tt.requests)
						close(done)
						wg.Wait()
						if took = ended.Sub(start); failed > 0 {
							t.Errorf("%d requests failed", failed)
						}
						t.Logf("disturbed %t: %s, %d refused of %d", disturbed, took, c.refused, c.refused+len(c.useful))
					})
					return took
				}
				alone := run(false)
				mean += float64(run(true)) / float64(alone) / seeds
			}
			if mean > 3 || mean < 1.5 {
				t.Errorf("with half of the budget it took %.1f times as long", mean)
			}
		})
	}
}
