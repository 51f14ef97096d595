package engine

import (
	"cmp"
	"strings"
	"sync"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/engine/transport"
)

// sayEvery is how often one and the same wait is told of.
const sayEvery = 30 * time.Second

// waiting passes on what pulls wait for, not too often. The zero value has
// nobody to tell.
type waiting struct {
	mu   sync.Mutex
	tell func(run.Progress)
	said map[run.Waits]time.Time // by whom and why
}

// listen has tell told, until stop is called.
func (w *waiting) listen(tell func(run.Progress)) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell, w.said = tell, map[run.Waits]time.Time{}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.tell = nil
	}
}

// say tells of a wait, if that is due.
func (w *waiting) say(waits run.Waits, now time.Time) {
	w.mu.Lock()
	tell := w.tell
	key := run.Waits{Tenant: waits.Tenant, App: waits.App, Host: waits.Host, Why: waits.Why}
	if last, ok := w.said[key]; tell == nil || ok && now.Sub(last) < sayEvery {
		w.mu.Unlock()
		return
	}
	w.said[key] = now
	w.mu.Unlock()
	tell(waits)
}

// waits tells what the requests of a tenant wait for, or those to a host.
func (e *Engine) waits(tenant *config.Tenant, w transport.Waiting) {
	e.waiting.say(waitingOf(tenant, w), time.Now())
}

// waitingOf says who waits: all tenants of an application where they share what
// is waited for.
func waitingOf(tenant *config.Tenant, w transport.Waiting) run.Waits {
	waits := run.Waits{Host: w.Host, Why: string(w.Why), Until: w.Until}
	switch {
	case tenant == nil:
	case w.Scope.App != "" && w.Scope.Directory == "":
		waits.App = w.Scope.App
	default:
		waits.Tenant = cmp.Or(string(tenant.Address), tenant.Name)
	}
	if w.Last != nil {
		waits.Last = strings.Join(strings.Fields(w.Last.Error()), " ")
	}
	return waits
}
