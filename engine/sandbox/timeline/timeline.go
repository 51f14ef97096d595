// Package timeline says which events there are at which time: a pure function of
// the seed, the directory, the endpoint, the clock and what is asked for.
package timeline

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/reportform/reportform/engine/sandbox/directory"
	"github.com/reportform/reportform/engine/sandbox/endpoint"
	"github.com/reportform/reportform/engine/sandbox/shape"
	"github.com/reportform/reportform/internal/odatafilter"
)

// View is an endpoint as one tenant sees it at one moment.
type View struct {
	Endpoint  *endpoint.Endpoint
	Tenant    string // the id that it was asked for with
	Directory *directory.Directory
	// EventsPerDay is the average of a report of weight 1, Users the number of
	// objects of a snapshot that lists none of the directory's.
	EventsPerDay, Users int
	Premium             bool  // what only the premium licence has is there
	Now, Floor          int64 // ticks; nothing is older than Floor

	Seed uint64
	// Late shows events some time after they happened.
	Late bool
	// LateUpTo shows one event in ten up to so much later than it happened.
	LateUpTo time.Duration
	// Strict refuses comparisons with the time property that are not documented.
	Strict bool
}

// Ref is an event that has not been written out.
type Ref struct {
	Source *endpoint.Source
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
func (v *View) fill(refs []Ref, s *endpoint.Source, bucket int64) []Ref {
	seed := directory.Hash(v.Seed, v.Tenant, s.Key)
	if s.Shape.Each >= 0 {
		for row := range v.Directory.Table(s.Shape.Each).Rows {
			h := directory.Mix(seed ^ uint64(row))
			if float64(h%1_000_000) < s.Shape.Share*1_000_000 {
				refs = append(refs, Ref{s, snapshotTicks, h, row})
			}
		}
		return refs
	}
	start := bucket * ticksPerBucket
	bucketSeed := directory.Mix(seed ^ uint64(bucket))
	if s.Shape.Every > 0 {
		if start%int64(s.Shape.Every/shape.Tick) == 0 {
			refs = append(refs, Ref{s, start, bucketSeed, 0})
		}
		return refs
	}
	if v.Endpoint.Snapshot() {
		for row := range v.Users {
			refs = append(refs, Ref{s, snapshotTicks, directory.Mix(seed ^ uint64(row)), row})
		}
		return refs
	}
	n := events(float64(v.EventsPerDay)*s.Shape.Weight, bucket, bucketSeed)
	unit := int64(s.Shape.Resolution / shape.Tick)
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
		refs = append(refs, Ref{s, ticks - ticks%unit, h, i})
	}
	return refs
}

// snapshotTicks is the time from which the times in a snapshot are counted: it
// does not move, so that a snapshot stays the same.
var snapshotTicks = shape.Ticks(time.Date(2025, 6, 30, 12, 0, 0, 0, time.UTC)) //nolint:gochecknoglobals // a constant, which Go has not for times

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
func (v *View) visible(r Ref) int64 {
	if v.Endpoint.Snapshot() {
		return r.ticks
	}
	if h := directory.Mix(r.seed ^ 0x51de); v.LateUpTo > 0 && h%10 == 0 {
		return r.ticks + 1 + int64(h>>8%uint64(v.LateUpTo/shape.Tick))
	}
	if !v.Late {
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

// Position is a place in the order of a query: an event in a bucket, counted in
// the direction of the query.
type Position struct{ Bucket, Index int64 }

// Start is where a query begins.
func (v *View) Start(q *Query) Position {
	switch {
	case v.Endpoint.Snapshot():
		return Position{}
	case q.Desc:
		return Position{Bucket: bucketOf(min(q.High, v.Now+1) - 1)}
	}
	return Position{Bucket: bucketOf(max(q.Low, v.Floor))}
}

func bucketOf(ticks int64) int64 {
	bucket := ticks / ticksPerBucket
	if ticks%ticksPerBucket < 0 {
		bucket--
	}
	return bucket
}

// Walk calls visit with the events of the query from a position on, visible
// ones within its bounds only, until it returns false.
func (v *View) Walk(q *Query, at Position, visit func(Ref, Position) bool) {
	first, last := bucketOf(max(q.Low, v.Floor)), bucketOf(min(q.High, v.Now+1)-1)
	step := int64(1)
	if q.Desc {
		step = -1
	}
	if v.Endpoint.Snapshot() {
		first, last, step = 0, 0, 1
	}
	var refs []Ref
	for bucket := at.Bucket; bucket >= first && bucket <= last; bucket += step {
		refs = refs[:0]
		for _, s := range q.sources {
			refs = v.fill(refs, s, bucket)
		}
		if len(q.sources) > 1 {
			slices.SortStableFunc(refs, func(a, b Ref) int { return cmp.Compare(a.ticks, b.ticks) })
		}
		if q.Desc && !v.Endpoint.Snapshot() {
			slices.Reverse(refs)
		}
		for i := at.Index; i < int64(len(refs)); i++ {
			r := refs[i]
			if !v.Endpoint.Snapshot() && (r.ticks < max(q.Low, v.Floor) || r.ticks >= q.High || v.visible(r) > v.Now) {
				continue
			}
			if !visit(r, Position{bucket, i}) {
				return
			}
		}
		at.Index = 0
	}
}

// Event prepares the writing of an event.
func (v *View) Event(q *Query, r Ref, wanted map[string]bool) shape.Event {
	return shape.Event{
		Directory: v.Directory, Seed: r.seed, Ticks: r.ticks, Now: v.Now, Row: r.row,
		Select: wanted, Evolved: q.Evolved, Premium: v.Premium,
	}
}

// Matches reports whether an event fulfils what the bounds of a query do not say.
func (v *View) Matches(q *Query, r Ref) bool {
	if q.rest == nil {
		return true
	}
	var object map[string]any
	if json.Unmarshal(r.Source.Shape.Append(nil, v.Event(q, r, q.looks)), &object) != nil {
		return false
	}
	if t := v.Endpoint.Time; t != "" && object[t] == nil {
		object[t] = shape.Time(r.ticks).Format(time.RFC3339Nano)
	}
	return odatafilter.Match(q.rest, object)
}
