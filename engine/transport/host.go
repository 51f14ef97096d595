package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	// probeWait is how long the others wait for an answer to the one request that
	// is sent to see, before another one is sent.
	probeWait = 30 * time.Second
	// lookups is for how long a name is looked up again that nobody knows.
	lookups = 10 * time.Second
)

// OutageError ends requests to a host that cannot be reached. All of them end
// with the same one; for some minutes further ones end at once.
type OutageError struct {
	Host string        // host:port
	For  time.Duration // how long it could not be reached
	// Answered reports that it had answered before, in this process.
	Answered bool
	Last     error // why not, the last time
}

func (e *OutageError) Error() string {
	if e.For < time.Second {
		return fmt.Sprintf("%s cannot be reached: %v", e.Host, e.Last)
	}
	return fmt.Sprintf("%s could not be reached for %s: %v", e.Host, length(e.For), e.Last)
}

// Final marks what ends everything that belongs together: to ask again now is no use.
func (e *OutageError) Final() {}

// Unwrap returns Last.
func (e *OutageError) Unwrap() error { return e.Last }

// Hosts knows which hosts can be reached. While one cannot, a single request at
// a time finds out whether it can again, and all others wait; then they all go,
// or all end with one error. A host that has answered is waited for as long as
// patience lasts, one that never has for a few minutes, and one whose name or
// certificate is wrong hardly at all.
//
// It also counts for every host how long it has brought nothing useful to
// anybody.
//
// It is safe for concurrent use; one is for a process.
type Hosts struct {
	retry Retry
	say   func(Waiting) // may be nil

	mu sync.Mutex
	of map[server]*host
}

// NewHosts returns Hosts of which nothing is known. retry says how long they
// are waited for; say, if set, is told which are.
func NewHosts(retry Retry, say func(Waiting)) *Hosts {
	return &Hosts{retry: retry, say: say, of: map[server]*host{}}
}

// at returns the host that a URL leads to. Nil Hosts have none.
func (h *Hosts) at(u *url.URL) *host {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	key := serverOf(u)
	if h.of[key] == nil {
		h.of[key] = &host{name: u.Host, retry: h.retry, say: h.say, patience: NewPatience(h.retry.Patience), changed: make(chan struct{})}
	}
	return h.of[key]
}

// host is one of Hosts. Nil is one that is always up.
type host struct {
	name     string
	retry    Retry
	say      func(Waiting)
	patience *Patience

	mu       sync.Mutex
	answered bool
	down     time.Time // since when, zero while it is up
	tries    int
	next     time.Time // when it may be tried again
	probe    *probe    // that is under way
	gone     *OutageError
	alive    living
	changed  chan struct{} // closed when something of this has
}

// probe is the one request that finds out about a host.
type probe struct{ since time.Time }

// enter waits until a request may be sent to the host: with p not nil it is the
// one that finds out. Who waits leaves the seat.
func (h *host) enter(ctx context.Context, seat Seat) (p *probe, err error) {
	if h == nil {
		return nil, nil
	}
	left := false
	defer func() {
		if left {
			seat.Return()
		}
	}()
	for {
		p, wait, changed, err := h.ask(time.Now())
		if wait == 0 || err != nil {
			return p, err
		}
		if !left && seat != nil {
			seat.Leave()
			left = true
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		timer.Stop()
	}
}

// ask returns how long to wait before asking again, unless something changes; 0
// for not at all.
func (h *host) ask(now time.Time) (p *probe, wait time.Duration, changed <-chan struct{}, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down.IsZero() {
		return nil, 0, nil, nil
	}
	if h.probe != nil {
		if over := h.probe.since.Add(probeWait); now.Before(over) {
			return nil, over.Sub(now), h.changed, h.goneError()
		}
	}
	if now.Before(h.next) {
		return nil, h.next.Sub(now), h.changed, h.goneError()
	}
	h.probe = &probe{now}
	return h.probe, 0, nil, nil
}

// goneError is h.gone as an error. h.mu is held.
func (h *host) goneError() error {
	if h.gone == nil {
		return nil
	}
	return h.gone
}

// up reports whether requests may be sent.
func (h *host) up() bool {
	if h == nil {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.down.IsZero()
}

// while returns ctx as it is until the host is given up.
func (h *host) while(ctx context.Context) (during context.Context, stop func()) {
	if h == nil {
		return ctx, func() {}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.alive.while(ctx)
}

// left says what came of a request that began at a time, the one that finds out
// or any other: err is nil for an answer, whatever it says. It returns the error
// to end with, if the host is given up.
func (h *host) left(p *probe, began time.Time, err error) error {
	if h == nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	failed, _ := err.(*attemptError) //nolint:errorlint // one of this request, not of that for its token
	outage := failed != nil && failed.outage
	switch {
	case err == nil || failed != nil && !outage: // it was reached
		if err == nil {
			h.answered = true
		}
		if !h.down.IsZero() {
			if h.gone != nil {
				h.alive = living{}
			}
			h.down, h.tries, h.gone = time.Time{}, 0, nil
			h.change()
		}
	case p == nil && outage && !h.down.IsZero(): // others have seen it before
		return err
	case outage:
		if h.down.IsZero() {
			h.down = began
		}
		h.tries++
		h.next = now.Add(h.retry.wait(h.tries))
		if limit := h.limit(failed); now.Sub(h.down) >= limit || h.gone != nil {
			h.gone = &OutageError{Host: h.name, For: now.Sub(h.down), Answered: h.answered, Last: failed}
			h.next = now.Add(tryAgainAfter)
			h.alive.end(h.gone)
		} else if rest := h.down.Add(limit); h.next.After(rest) {
			h.next = rest
		}
		h.tell(failed)
		h.change()
		if h.gone != nil {
			return h.gone
		}
	case p != nil && p == h.probe: // it found out nothing
		h.change()
	}
	return err
}

// change lets everybody look again who waits; the probe is over. h.mu is held.
func (h *host) change() {
	h.probe = nil
	close(h.changed)
	h.changed = make(chan struct{})
}

// limit is how long a host is waited for that failed so.
func (h *host) limit(failed *attemptError) time.Duration {
	if h.answered {
		return h.retry.Patience
	}
	limit := min(h.retry.Stranger, h.retry.Patience)
	switch {
	case failed.hopeless:
		return 0
	case failed.unknown:
		return min(lookups, limit)
	}
	return limit
}

func (h *host) tell(failed *attemptError) {
	if h.say == nil || h.gone != nil {
		return
	}
	h.say(Waiting{Why: WaitOutage, Host: h.name, Until: h.next, Last: failed})
}

// classify tells the failures of a connection that does not come about apart.
func (e *attemptError) classify() {
	var (
		dns         *net.DNSError
		op          *net.OpError
		proxied     *ProxyError
		certificate *tls.CertificateVerificationError
		notTLS      tls.RecordHeaderError
		alert       tls.AlertError
		timeout     net.Error
	)
	switch err := e.err; {
	case errors.As(err, &proxied):
		e.outage, e.hopeless = true, proxied.Status < 500
	case errors.As(err, &dns):
		e.outage, e.unknown = true, dns.IsNotFound
	case errors.As(err, &certificate), errors.As(err, &notTLS), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch),
		strings.HasPrefix(err.Error(), "tls: "):
		e.outage, e.hopeless = true, true
	case errors.As(err, &op):
		e.outage = op.Op == "dial" || op.Op == "proxyconnect"
	case errors.Is(err, context.DeadlineExceeded):
	case errors.As(err, &timeout) && timeout.Timeout(): // the TLS handshake's
		e.outage = true
	}
}
