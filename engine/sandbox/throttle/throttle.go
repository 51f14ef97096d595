// Package throttle enforces the published limits as the service does.
package throttle

import (
	"slices"
	"sync"
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// Throttle counts requests in sliding windows. Requests that it refuses count
// too, as with the service. It is safe for concurrent use.
type Throttle struct {
	limits map[string]limits.Class

	mu    sync.Mutex
	spent map[limits.Counter][]time.Time
}

// New makes a Throttle for classes of limits by name.
func New(classes map[string]limits.Class) *Throttle {
	return &Throttle{limits: classes, spent: map[limits.Counter][]time.Time{}}
}

// Take spends one request of a class and returns how long to wait if it is one too
// many, and what it is one too many of: of several, that for which to wait longest.
func (t *Throttle) Take(class, app, tenant string, now time.Time) (wait time.Duration, of limits.Counter, limited bool) {
	counted, ok := t.limits[class]
	if !ok {
		return 0, limits.Counter{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, limit := range counted.Of(app, tenant) {
		if !limit.Limited() {
			continue
		}
		times := slices.DeleteFunc(t.spent[limit.Counter], func(at time.Time) bool { return !at.After(now.Add(-limit.Per)) })
		if len(times) >= limit.Requests {
			limited = true
			if w := times[len(times)-limit.Requests].Add(limit.Per).Sub(now); w > wait {
				wait, of = w, limit.Counter
			}
		}
		t.spent[limit.Counter] = append(times, now)
	}
	return wait, of, limited
}
