package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/sandbox/directory"
	"github.com/reportform/reportform/engine/sandbox/odata"
	"github.com/reportform/reportform/engine/sandbox/shape"
)

// view is one endpoint as one tenant sees it at one moment.
type view struct {
	sandbox   *Sandbox
	endpoint  *endpoint
	id        string
	tenant    Tenant
	directory *directory.Directory
	now       int64 // ticks
	floor     int64 // ticks; nothing is older
}

func (s *Sandbox) view(e *endpoint, id string, t Tenant, now time.Time) *view {
	return &view{
		sandbox: s, endpoint: e, id: id, tenant: t, directory: s.directory(id, t.Users),
		now: shape.Ticks(now), floor: shape.Ticks(e.floor(t, now)),
	}
}

// ref is an event that has not been written out.
type ref struct {
	source *source
	ticks  int64
	seed   uint64
	row    int
}

// Time is divided into buckets, numbered from 1970. They are short enough for
// a busy directory to have few pages in one, and divide the hour.
const (
	bucketsPerHour = 10
	ticksPerBucket = int64(time.Hour/shape.Tick) / bucketsPerHour
)

// fill appends the events of a source in a bucket, in order of time. A
// snapshot has all its objects in bucket 0.
func (v *view) fill(refs []ref, s *source, bucket int64) []ref {
	seed := directory.Hash(v.sandbox.options.Seed, v.id, s.key)
	if s.shape.Each >= 0 {
		for row := range v.directory.Table(s.shape.Each).Rows {
			h := directory.Mix(seed ^ uint64(row))
			if float64(h%1_000_000) < s.shape.Share*1_000_000 {
				refs = append(refs, ref{s, snapshotTicks, h, row})
			}
		}
		return refs
	}
	start := bucket * ticksPerBucket
	bucketSeed := directory.Mix(seed ^ uint64(bucket))
	if s.shape.Every > 0 {
		if start%int64(s.shape.Every/shape.Tick) == 0 {
			refs = append(refs, ref{s, start, bucketSeed, 0})
		}
		return refs
	}
	if v.snapshot() {
		for row := range v.tenant.Users {
			refs = append(refs, ref{s, snapshotTicks, directory.Mix(seed ^ uint64(row)), row})
		}
		return refs
	}
	n := events(float64(v.tenant.EventsPerDay)*s.shape.Weight, bucket, bucketSeed)
	unit := int64(s.shape.Resolution / shape.Tick)
	// Each event has its own part of the bucket, so that they are in order. One
	// in 64 happens at the same time as the one before it.
	place := func(i int) (int64, uint64) {
		h := directory.Mix(bucketSeed + uint64(i) + 1)
		part := ticksPerBucket / int64(n)
		return start + int64(i)*part + int64(h>>8%uint64(max(part, 1))), h
	}
	refs = slices.Grow(refs, n)
	for i := range n {
		ticks, h := place(i)
		if h%64 == 0 && i > 0 {
			ticks, _ = place(i - 1)
		}
		refs = append(refs, ref{s, ticks - ticks%unit, h, i})
	}
	return refs
}

// snapshotTicks is the time from which the times in a snapshot are counted: it
// does not move, so that a snapshot stays the same.
var snapshotTicks = shape.Ticks(time.Date(2025, 6, 30, 12, 0, 0, 0, time.UTC)) //nolint:gochecknoglobals // a constant, which Go has not for times

// snapshot reports whether the endpoint lists objects rather than events.
func (v *view) snapshot() bool {
	s := v.endpoint.sources[0].shape
	return s.Each >= 0 || v.endpoint.Time == "" && s.Every == 0
}

// events returns how many events happen in a bucket: most in working hours, few
// at night and at weekends, and perDay on the average of a week.
func events(perDay float64, bucket int64, seed uint64) int {
	hour := bucket / bucketsPerHour
	day := [7]float64{0.4, 1.24, 1.24, 1.24, 1.24, 1.24, 0.4}[(hour/24+4)%7] // from Sunday; 1970 began on a Thursday
	clock := [24]float64{
		0.2, 0.15, 0.15, 0.15, 0.2, 0.4, 0.9, 1.6, 2.3, 2.3, 2.1, 1.9,
		1.4, 1.9, 2.1, 2.0, 1.7, 1.2, 0.5, 0.3, 0.2, 0.15, 0.1, 0.1,
	}[hour%24]
	mean := perDay / 24 / bucketsPerHour * day * clock
	n := int(mean)
	if float64(seed%1_000_000)/1_000_000 < mean-float64(n) {
		n++
	}
	return n
}

// visible is when the service shows an event. How late it is depends on the
// event alone. Source: audit and sign-in latency of 2017, P95 and P99; the rest
// as users report it.
func (v *view) visible(r ref) int64 {
	if !v.sandbox.options.Late || v.snapshot() {
		return r.ticks
	}
	h := directory.Mix(r.seed ^ 0x1a7e)
	within := func(low, high time.Duration) int64 {
		return int64(low/shape.Tick) + int64(h>>16%uint64((high-low)/shape.Tick))
	}
	switch p := h % 1000; {
	case p < 950:
		return r.ticks + within(10*time.Second, 2*time.Minute)
	case p < 990:
		return r.ticks + within(2*time.Minute, 5*time.Minute)
	}
	return r.ticks + within(5*time.Minute, time.Hour)
}

// query is what a request asks for: the events from low (included) to high
// (excluded) that match rest.
type query struct {
	low, high int64 // ticks
	rest      odata.Expr
	looks     map[string]bool // the members that rest looks at
	desc      bool
	sources   []*source
	evolved   bool
}

// position is a place in the order of a query: an event in a bucket, counted in
// the direction of the query.
type position struct{ bucket, index int64 }

// start is where a query begins.
func (v *view) start(q *query) position {
	switch {
	case v.snapshot():
		return position{}
	case q.desc:
		return position{bucket: bucketOf(min(q.high, v.now+1) - 1)}
	}
	return position{bucket: bucketOf(max(q.low, v.floor))}
}

func bucketOf(ticks int64) int64 {
	bucket := ticks / ticksPerBucket
	if ticks%ticksPerBucket < 0 {
		bucket--
	}
	return bucket
}

// walk calls visit with the events of the query from a position on, visible
// ones within its bounds only, until it returns false.
func (v *view) walk(q *query, at position, visit func(ref, position) bool) {
	first, last := bucketOf(max(q.low, v.floor)), bucketOf(min(q.high, v.now+1)-1)
	step := int64(1)
	if q.desc {
		step = -1
	}
	if v.snapshot() {
		first, last, step = 0, 0, 1
	}
	var refs []ref
	for bucket := at.bucket; bucket >= first && bucket <= last; bucket += step {
		refs = refs[:0]
		for _, s := range q.sources {
			refs = v.fill(refs, s, bucket)
		}
		if len(q.sources) > 1 {
			slices.SortStableFunc(refs, func(a, b ref) int { return cmp.Compare(a.ticks, b.ticks) })
		}
		if q.desc && !v.snapshot() {
			slices.Reverse(refs)
		}
		for i := at.index; i < int64(len(refs)); i++ {
			r := refs[i]
			if !v.snapshot() && (r.ticks < max(q.low, v.floor) || r.ticks >= q.high || v.visible(r) > v.now) {
				continue
			}
			if !visit(r, position{bucket, i}) {
				return
			}
		}
		at.index = 0
	}
}

// event prepares the writing of an event.
func (v *view) event(q *query, r ref, wanted map[string]bool) shape.Event {
	return shape.Event{
		Directory: v.directory, Seed: r.seed, Ticks: r.ticks, Now: v.now, Row: r.row,
		Select: wanted, Evolved: q.evolved, Premium: v.tenant.License == P2,
	}
}

// matches reports whether an event fulfils what the bounds do not say.
func (v *view) matches(q *query, r ref) bool {
	if q.rest == nil {
		return true
	}
	var object map[string]any
	if json.Unmarshal(r.source.shape.Append(nil, v.event(q, r, q.looks)), &object) != nil {
		return false
	}
	if t := v.endpoint.Time; t != "" && object[t] == nil {
		object[t] = shape.Time(r.ticks).Format(time.RFC3339Nano)
	}
	return odata.Match(q.rest, object)
}

// Count returns how many events of a report type the directory shows now from
// from (included) to to (excluded); for a snapshot the number of its objects.
// It is 0 for a type that the sandbox does not have.
func (s *Sandbox) Count(tenant, typeName string, from, to time.Time) int {
	n := 0
	s.each(tenant, typeName, from, to, func(*view, *query, ref) { n++ })
	return n
}

// Events returns the same events as JSON, in order of time.
func (s *Sandbox) Events(tenant, typeName string, from, to time.Time) [][]byte {
	var events [][]byte
	s.each(tenant, typeName, from, to, func(v *view, q *query, r ref) {
		events = append(events, r.source.shape.Append(nil, v.event(q, r, nil)))
	})
	return events
}

func (s *Sandbox) each(tenant, typeName string, from, to time.Time, visit func(*view, *query, ref)) {
	tenant = strings.ToLower(tenant)
	e := s.types[typeName]
	t, known := s.tenant(tenant)
	if e == nil || !known {
		return
	}
	v := s.view(e, tenant, t, s.now())
	filter := ""
	for _, t := range s.options.Types {
		if t.Name == typeName {
			filter = t.Filter
		}
	}
	q, err := v.query(filter)
	if err != nil {
		return
	}
	q.low, q.high = max(q.low, shape.Ticks(from)), min(q.high, shape.Ticks(to))
	v.walk(q, v.start(q), func(r ref, _ position) bool {
		if v.matches(q, r) {
			visit(v, q, r)
		}
		return true
	})
}

// query reads a filter. Its errors are *refusal.
func (v *view) query(filter string) (*query, error) {
	q := &query{low: v.floor, high: v.now + 1}
	if v.endpoint.API == apiAADGraph && filter == "" {
		q.low = max(q.low, v.now-int64(legacyWindow/shape.Tick))
	}
	var expr odata.Expr
	if filter != "" {
		var err error
		if expr, err = odata.Parse(filter); err != nil {
			return nil, badRequest("Invalid filter clause: %s.", err)
		}
		if err := odata.Check(expr, v.endpoint.schema); err != nil {
			return nil, badRequest("Invalid filter clause: %s.", err)
		}
		if err := v.operators(expr); err != nil {
			return nil, err
		}
		low, high := int64(minTicks), int64(maxTicks)
		q.rest = v.bounds(expr, &low, &high)
		tooOld := low != minTicks && low < v.floor || high <= v.floor
		if tooOld && v.endpoint.Retention > 0 && v.endpoint.API == apiGraph {
			return nil, badRequest("Specified argument was out of the range of valid values. (Parameter 'Minimum allowed time for %s is %s')",
				v.endpoint.Time, shape.Time(v.floor).Format("1/2/2006 3:04:05 PM"))
		}
		q.low, q.high = max(q.low, low), min(q.high, high)
	}
	q.looks = map[string]bool{}
	odata.Properties(q.rest, func(path []string) { q.looks[path[0]] = true })
	q.sources = v.sources(expr)
	return q, nil
}

const (
	minTicks = -1 << 62
	maxTicks = 1 << 62
)

// bounds takes the comparisons with the time property that hold for every
// event of the result out of e, narrows low and high to them, and returns what
// is left of e.
func (v *view) bounds(e odata.Expr, low, high *int64) odata.Expr {
	switch e := e.(type) {
	case *odata.And:
		left, right := v.bounds(e.Left, low, high), v.bounds(e.Right, low, high)
		switch {
		case left == nil:
			return right
		case right == nil:
			return left
		}
		return &odata.And{Left: left, Right: right}
	case *odata.Compare:
		if v.endpoint.Time == "" || strings.Join(e.Path, "/") != v.endpoint.Time || e.Literal.Kind != odata.Time || v.snapshot() {
			return e
		}
		t := shape.Ticks(e.Literal.Time)
		switch e.Op {
		case "gt":
			*low = max(*low, t+1)
		case "ge":
			*low = max(*low, t)
		case "lt":
			*high = min(*high, t)
		case "le":
			*high = min(*high, t+1)
		case "eq":
			*low, *high = max(*low, t), min(*high, t+1)
		default:
			return e
		}
		return nil
	}
	return e
}

// sources returns those that take part in an answer to a filter.
func (v *view) sources(filter odata.Expr) []*source {
	mentioned := map[string]bool{}
	if filter != nil {
		odata.Properties(filter, func(path []string) { mentioned[path[0]] = true })
	}
	var sources []*source
	for _, s := range v.endpoint.sources {
		if len(s.only) == 0 || slices.ContainsFunc(s.only, func(name string) bool { return mentioned[name] }) {
			sources = append(sources, s)
		}
	}
	return sources
}

// operators checks what a report's filter may contain beyond its properties.
func (v *view) operators(e odata.Expr) error {
	plain := v.endpoint.API == apiAADGraph && strings.HasPrefix(strings.ToLower(v.endpoint.Path), "/reports/")
	var bad error
	var check func(odata.Expr)
	check = func(e odata.Expr) {
		switch e := e.(type) {
		case *odata.And:
			check(e.Left)
			check(e.Right)
		case *odata.Or:
			check(e.Left)
			check(e.Right)
		case *odata.Not:
			check(e.X)
			if plain {
				bad = badRequest("Invalid filter clause: not is not supported.")
			}
		case *odata.Compare:
			onTime := strings.Join(e.Path, "/") == v.endpoint.Time
			documented := e.Op == "eq" || e.Op == v.endpoint.Lower || e.Op == v.endpoint.Upper
			switch {
			case plain && (!onTime || e.Op == "ne" || e.Literal.Kind != odata.Time):
				bad = badRequest("Invalid filter clause: only %s can be compared, with eq, gt, ge, lt and le.", v.endpoint.Time)
			case onTime && v.sandbox.options.Strict && !documented:
				bad = badRequest("Invalid filter clause: the operator %s is not documented for %s.", e.Op, v.endpoint.Time)
			}
		default:
			if plain {
				bad = badRequest("Invalid filter clause: functions are not supported.")
			}
		}
	}
	check(e)
	return bad
}

// refusal is a request that cannot be answered.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) Error() string { return r.code + ": " + r.message }

func badRequest(format string, args ...any) error {
	return &refusal{400, "BadRequest", fmt.Sprintf(format, args...)}
}
