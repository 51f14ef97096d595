// Package clock keeps the time of services, as their answers tell it: the
// greatest Date, with the Age that caches add, carried on by this machine's
// steady clock. Whether a slice has settled is a question to the clock of the one
// who shows its events.
package clock

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Clocks are those of services, by host. They are safe for concurrent use.
type Clocks struct {
	local func() time.Time
	// passed is how much has passed between two times of local, by a clock that
	// nobody puts.
	passed func(from, to time.Time) time.Duration

	mu    sync.Mutex
	heard map[string]moment // by host
}

// moment is what a service's clock said when this machine's said something.
type moment struct{ service, local time.Time }

// New returns clocks of which nothing is known. local is this machine's clock;
// times of time.Now tell it how much has passed even if that clock is put.
func New(local func() time.Time) *Clocks {
	return &Clocks{
		local: local, heard: map[string]moment{},
		passed: func(from, to time.Time) time.Duration { return to.Sub(from) },
	}
}

// at is the service's time at a local one, by as much later as has passed.
func (c *Clocks) at(m moment, local time.Time) time.Time {
	return m.service.Add(max(0, c.passed(m.local, local)))
}

// Listen returns a round tripper that takes the time from every good answer.
// What is refused, redirected or answered by a gateway in the service's place
// tells nothing.
func (c *Clocks) Listen(next http.RoundTripper) http.RoundTripper {
	return listener{next, c}
}

type listener struct {
	next   http.RoundTripper
	clocks *Clocks
}

func (l listener) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(req)
	if err == nil && resp.StatusCode >= 200 && resp.StatusCode < 300 {
		if t, ok := timeOf(resp.Header); ok {
			l.clocks.hear(req.URL.Host, t)
		}
	}
	return resp, err
}

// Years in which no service is: an appliance that has lost its clock begins
// again in 1970, or so.
const (
	firstYear = 2000
	lastYear  = 2100
)

// maxAge is the longest Age that a cache is believed to mean.
const maxAge = 365 * 24 * time.Hour

// timeOf is when the service has sent an answer, and when a cache passed it on.
func timeOf(h http.Header) (time.Time, bool) {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}, false
	}
	if value := h.Get("Age"); value != "" {
		if age, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64); err == nil && age > 0 && age <= int64(maxAge/time.Second) {
			t = t.Add(time.Duration(age) * time.Second)
		}
	}
	if year := t.Year(); year < firstYear || year > lastYear {
		return time.Time{}, false
	}
	return t.UTC(), true
}

// hear takes in what a host has just said, unless it has said more before.
func (c *Clocks) hear(host string, service time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	local := c.local()
	host = strings.ToLower(host)
	if known, ok := c.heard[host]; !ok || service.After(c.at(known, local)) {
		c.heard[host] = moment{service, local}
	}
}

// Reading is what two clocks show at one moment. It is plain data.
type Reading struct {
	// Host is the one whose clock was read: of those that were asked for the
	// first that is known, or else the first.
	Host    string    `json:"host"`
	Local   time.Time `json:"local"`
	Service time.Time `json:"service,omitzero"` // zero where it is not known
	// Unsure reports that this machine's clock was put, or that the machine
	// slept, since the service was heard: it may be further.
	Unsure bool `json:"unsure,omitempty"`
}

// Known reports whether the service has told its time.
func (r *Reading) Known() bool { return !r.Service.IsZero() }

// Ahead is by how much this machine's clock is ahead of the service's; less than
// nothing where it is behind, and nothing where that is not known.
func (r *Reading) Ahead() time.Duration {
	if !r.Known() {
		return 0
	}
	return r.Local.Sub(r.Service)
}

// put is by how much two ways to tell how much time has passed may differ.
const put = 2 * time.Second

// Read reads the clock of the first of some hosts that has told its time.
func (c *Clocks) Read(hosts ...string) Reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	local := c.local()
	r := Reading{Local: local.Round(0).UTC()}
	for i, host := range hosts {
		if i == 0 {
			r.Host = host
		}
		m, ok := c.heard[strings.ToLower(host)]
		if !ok {
			continue
		}
		shown := local.Round(0).Sub(m.local.Round(0))
		r.Host, r.Service, r.Unsure = host, c.at(m, local), (shown-c.passed(m.local, local)).Abs() > put
		break
	}
	return r
}
