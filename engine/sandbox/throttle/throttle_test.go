package throttle

import (
	"testing"
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// A window slides: a request counts for as long as the limit says, one that was
// refused too, and each limit counts by itself.
func TestTake(t *testing.T) {
	start := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	throttle := New(map[string]limits.Class{
		"two":  {Name: "two", AppTenant: limits.Rate{Requests: 2, Per: 10 * time.Second}},
		"both": {Name: "both", AppTenant: limits.Rate{Requests: 1, Per: time.Second}, Tenant: limits.Rate{Requests: 2, Per: time.Minute}},
	})
	for i, step := range []struct {
		at                 time.Duration
		class, app, tenant string
		wait               time.Duration // 0 for an answer
	}{
		{0, "two", "a", "t", 0},
		{4 * time.Second, "two", "a", "t", 0},
		{4 * time.Second, "two", "a", "other", 0},
		{4 * time.Second, "two", "b", "t", 0},
		{6 * time.Second, "two", "a", "t", 4 * time.Second},
		{10 * time.Second, "two", "a", "t", 4 * time.Second}, // that of 6 s counts
		{20 * time.Second, "two", "a", "t", 0},
		{30 * time.Second, "both", "a", "t", 0},
		{31 * time.Second, "both", "a", "t", 0},
		{32 * time.Second, "both", "a", "t", 58 * time.Second},
		{32 * time.Second, "none", "a", "t", 0},
	} {
		wait, of, limited := throttle.Take(step.class, step.app, step.tenant, start.Add(step.at))
		if limited && (of.Class != step.class || of.Directory != step.tenant) {
			t.Errorf("request %d: it is one too many of %+v", i, of)
		}
		if wait != step.wait || limited != (step.wait > 0) {
			t.Errorf("request %d: limited %t, wait %v; want %v", i, limited, wait, step.wait)
		}
	}
}
