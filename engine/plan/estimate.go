package plan

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/limits"
)

// Limits says which published limits a Want's requests count against: those
// of a class, for the requests of an app in a directory.
type Limits struct {
	Class          limits.Class
	App, Directory string
}

// last returns when the last of n requests goes at a rate if the first goes at
// 0 and nothing was sent before: as many as the rate has go at once, the
// others evenly spaced.
func last(r limits.Rate, n float64) time.Duration {
	if !r.Limited() || n <= float64(r.Requests) {
		return 0
	}
	return time.Duration(float64(r.Per) * (n - 1) / float64(r.Requests))
}

// load returns which part of a rate is used by so many requests a second.
func load(r limits.Rate, perSecond float64) float64 {
	if !r.Limited() {
		return 0
	}
	return perSecond * r.Per.Seconds() / float64(r.Requests)
}

// Estimate is what a plan will take, as far as that is known: from what slices
// cost that are held already, and from the published limits.
type Estimate struct {
	Requests int64 `json:"requests"`
	Events   int64 `json:"events"`
	Bytes    int64 `json:"bytes"` // of files
	// Time is the time to finish.
	Time time.Duration `json:"time_ns"`
	// Unknown counts the pulls of report types of which nothing is held yet.
	// Each counts as one request, so that the rest is what it takes at least.
	Unknown int `json:"unknown"`
	// Tenants is in order of falling Time: what each takes by itself.
	Tenants []TenantEstimate `json:"tenants"`
	// Apps is what each app's requests of each limit class take over all tenants.
	Apps []AppEstimate `json:"apps,omitempty"`
}

// TenantEstimate is the share of one tenant.
type TenantEstimate struct {
	Tenant   string        `json:"tenant"`
	Requests int64         `json:"requests"`
	Events   int64         `json:"events"`
	Bytes    int64         `json:"bytes"`
	Time     time.Duration `json:"time_ns"`
}

// AppEstimate is the share of one app's requests of one limit class.
type AppEstimate struct {
	App      string        `json:"app"`
	Class    string        `json:"limit_class"`
	Requests int64         `json:"requests"`
	Limit    limits.Rate   `json:"limit"`
	Time     time.Duration `json:"time_ns"`
}

// Schedule says that the slices of a report come faster than the published
// limits let them be fetched.
type Schedule struct {
	Report string        `json:"report"`
	Every  string        `json:"every"`
	Needs  time.Duration `json:"needs_ns"` // for the requests of one slice's time
	Class  string        `json:"limit_class"`
	App    string        `json:"app,omitempty"`    // empty for a limit of the directory alone
	Tenant string        `json:"tenant,omitempty"` // empty for a limit of all tenants
	Limit  limits.Rate   `json:"limit"`
}

// work is what a Part has to fetch.
type work struct {
	pulls   int
	span    time.Duration   // of the slices together
	outputs []time.Duration // by output of the Want: of the slices that it lacks
	sample  ledger.Sample
}

// count adds a pull that asks the service.
func (w *work) count(want *Want, pull *Pull) {
	w.pulls++
	span := pull.To.Sub(pull.From)
	w.span += span
	if w.outputs == nil {
		w.outputs = make([]time.Duration, len(want.Outputs))
	}
	for _, lacking := range pull.Outputs {
		for i := range want.Outputs {
			if want.Outputs[i].Output == lacking.Output {
				w.outputs[i] += span
			}
		}
	}
}

// density is how many events and requests a report type has in a time, how long
// a request takes, and how large files get.
type density struct {
	slices, rows, requests, seconds float64

	latency time.Duration           // the least that a request took; 0 if not known
	files   map[string]sizedDensity // by output
}

// sizedDensity is how many bytes an output made of so many rows.
type sizedDensity struct{ bytes, rows float64 }

func (d *density) add(s *ledger.Sample) {
	d.slices += float64(s.Slices)
	d.rows += float64(s.Rows)
	d.requests += float64(s.Requests)
	d.seconds += s.Span.Seconds()
	if s.Latency > 0 && (d.latency == 0 || s.Latency < d.latency) {
		d.latency = s.Latency
	}
	for output, perRow := range s.BytesPerRow {
		if d.files == nil {
			d.files = map[string]sizedDensity{}
		}
		f := d.files[output]
		d.files[output] = sizedDensity{f.bytes + perRow*float64(s.Rows), f.rows + float64(s.Rows)}
	}
}

func densityOf(s *ledger.Sample) density {
	var d density
	d.add(s)
	return d
}

// events returns how many events so many slices of so many seconds have. A
// snapshot has as many whatever its slice.
func (d *density) events(snapshot bool, slices, seconds float64) float64 {
	switch {
	case snapshot && d.slices > 0:
		return d.rows / d.slices * slices
	case d.seconds > 0:
		return d.rows / d.seconds * seconds
	}
	return 0
}

// asked returns how many requests so many slices with so many events take.
func (d *density) asked(pageSize int, slices, seconds, events float64) float64 {
	if slices == 0 || d.slices == 0 {
		return slices
	}
	alike := math.Abs(seconds/slices-d.seconds/d.slices) < 0.01*seconds/slices
	if alike {
		return d.requests / d.slices * slices
	}
	page := float64(pageSize)
	if page == 0 {
		page = max(1, d.rows/d.requests)
	}
	// A slice has one page at least, and its last one is half full.
	if each := events / slices / page; each > 0.9 {
		return slices * (each + 0.5)
	}
	return slices
}

// counter adds up requests by what limits them.
type counter struct {
	requests float64 // to send, or a second
	rate     limits.Rate
}

// counters are the counted requests of many Wants.
type counters map[limits.Counter]*counter

// add counts requests of a Want against each of its limits.
func (c counters) add(want *Want, requests float64) {
	for _, limit := range want.Limits.each() {
		n := c[limit.Counter]
		if n == nil {
			n = &counter{rate: limit.Rate}
			c[limit.Counter] = n
		}
		n.requests += requests
	}
}

// each returns the limits that there are.
func (l *Limits) each() []limits.Limit {
	all := l.Class.Of(l.App, l.Directory)
	return slices.DeleteFunc(all[:], func(l limits.Limit) bool { return !l.Limited() })
}

// Parallel is how many pulls work at once, in all and for one tenant.
type Parallel struct{ All, PerTenant int }

// EstimateOf returns what the pulls of the parts take. parts are what Subtract
// made of the wants.
func EstimateOf(wants []Want, parts []Part, parallel Parallel) *Estimate {
	types := densities(wants, parts)
	e := &Estimate{Tenants: []TenantEstimate{}}
	counted := counters{}
	tenants := map[string]*tenantLoad{}
	var serial time.Duration // requests one after the other
	for i := range parts {
		w, want := &parts[i].work, &wants[i]
		if w.pulls == 0 {
			continue
		}
		d := types.of(want, &w.sample)
		if d.slices == 0 {
			e.Unknown += w.pulls
		}
		pulls := float64(w.pulls)
		events := d.events(want.Snapshot, pulls, w.span.Seconds())
		requests := d.asked(want.PageSize, pulls, w.span.Seconds(), events)
		counted.add(want, requests)
		load := tenants[want.Tenant]
		if load == nil {
			load = &tenantLoad{TenantEstimate: TenantEstimate{Tenant: want.Tenant}}
			tenants[want.Tenant] = load
		}
		wait := time.Duration(requests * float64(d.latency))
		serial += wait
		load.add(requests, events, d.bytes(w, want, events), wait)
		load.wants = append(load.wants, want)
	}
	for _, load := range tenants {
		load.Time = load.serial / time.Duration(max(1, parallel.PerTenant))
		for _, want := range load.wants {
			for _, limit := range want.Limits.each() {
				if limit.Directory != "" {
					load.Time = max(load.Time, counted[limit.Counter].time())
				}
			}
		}
		e.Requests += load.Requests
		e.Events += load.Events
		e.Bytes += load.Bytes
		e.Time = max(e.Time, load.Time)
		e.Tenants = append(e.Tenants, load.TenantEstimate)
	}
	slices.SortFunc(e.Tenants, func(a, b TenantEstimate) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.Tenant, b.Tenant))
	})
	e.Time = max(e.Time, serial/time.Duration(max(1, parallel.All)))
	for key, n := range counted {
		if key.Directory == "" {
			e.Apps = append(e.Apps, AppEstimate{key.App, key.Class, round(n.requests), n.rate, n.time()})
			e.Time = max(e.Time, n.time())
		}
	}
	slices.SortFunc(e.Apps, func(a, b AppEstimate) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.App, b.App), cmp.Compare(a.Class, b.Class))
	})
	return e
}

func (n *counter) time() time.Duration { return last(n.rate, math.Ceil(n.requests)) }

func round(n float64) int64 { return int64(math.Round(n)) }

// tenantLoad is a TenantEstimate in the making.
type tenantLoad struct {
	TenantEstimate
	serial time.Duration
	wants  []*Want
}

func (t *tenantLoad) add(requests, events, bytes float64, wait time.Duration) {
	t.Requests += round(requests)
	t.Events += round(events)
	t.Bytes += round(bytes)
	t.serial += wait
}

// bytes returns how large the files will be. An output that has no file yet is
// taken to be like the others.
func (d *density) bytes(w *work, want *Want, events float64) float64 {
	if len(d.files) == 0 || w.span == 0 {
		return 0
	}
	var all sizedDensity
	for _, f := range d.files {
		all.bytes, all.rows = all.bytes+f.bytes, all.rows+f.rows
	}
	total := 0.0
	for i, span := range w.outputs {
		f, ok := d.files[want.Outputs[i].Output]
		if !ok {
			f = all
		}
		if f.rows > 0 {
			total += f.bytes / f.rows * events * span.Seconds() / w.span.Seconds()
		}
	}
	return total
}

// typeDensities is what is known of report types over all tenants.
type typeDensities map[string]*density

func densities(wants []Want, parts []Part) typeDensities {
	types := typeDensities{}
	for i := range parts {
		if s := &parts[i].work.sample; s.Slices > 0 {
			d := types[wants[i].Type]
			if d == nil {
				d = &density{}
				types[wants[i].Type] = d
			}
			d.add(s)
		}
	}
	return types
}

// of returns the density of a Want: its own, or else that of other tenants.
func (t typeDensities) of(want *Want, s *ledger.Sample) density {
	if s.Slices > 0 {
		return densityOf(s)
	}
	if d := t[want.Type]; d != nil {
		return *d
	}
	return density{}
}

// Schedules returns the reports whose slices come faster than they can be
// fetched, in the order of the wants, once each. parts are what Subtract made
// of the wants.
func Schedules(wants []Want, parts []Part) []Schedule {
	types := densities(wants, parts)
	perSecond := counters{}
	for i := range wants {
		if n := wants[i].perSecond(types, &parts[i].work.sample); n > 0 {
			perSecond.add(&wants[i], n)
		}
	}
	var list []Schedule
	told := map[string]int{} // by report, where in list
	for i := range wants {
		want := &wants[i]
		every, ok := want.Window.Every()
		if !ok || want.Window.Ends() {
			continue
		}
		for _, limit := range want.Limits.each() {
			n := perSecond[limit.Counter]
			if n == nil || load(n.rate, n.requests) <= 1 {
				continue
			}
			s := Schedule{
				Report: want.Report, Every: every.String(), Class: limit.Class, App: limit.App, Limit: limit.Rate,
				Needs: time.Duration(load(n.rate, n.requests) * float64(every.Fixed())).Round(time.Second),
			}
			if limit.Directory != "" {
				s.Tenant = want.Tenant
			}
			at, known := told[want.Report]
			if !known {
				told[want.Report] = len(list)
				list = append(list, s)
			} else if s.Needs > list[at].Needs {
				list[at] = s
			}
		}
	}
	return list
}

// perSecond is how many requests a Want's schedule has in a second; 0 for a
// window that has none, or of which nothing is known.
func (w *Want) perSecond(types typeDensities, s *ledger.Sample) float64 {
	every, ok := w.Window.Every()
	if !ok || w.Window.Ends() {
		return 0
	}
	length := every.Fixed().Seconds()
	d := types.of(w, s)
	requests := d.asked(w.PageSize, 1, length, d.events(w.Snapshot, 1, length))
	return requests * float64(w.Window.Readings()) / length
}
