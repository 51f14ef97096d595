package sandbox

import (
	"strings"
	"time"

	"github.com/reportform/reportform/engine/sandbox/endpoint"
	"github.com/reportform/reportform/engine/sandbox/shape"
	"github.com/reportform/reportform/engine/sandbox/timeline"
)

// view is an endpoint as a tenant sees it now.
func (s *Sandbox) view(e *endpoint.Endpoint, id string, t Tenant, now time.Time) *timeline.View {
	return &timeline.View{
		Endpoint: e, Tenant: id, Directory: s.directory(id, t.Users), EventsPerDay: t.EventsPerDay, Users: t.Users, Premium: t.License == P2,
		Now: shape.Ticks(now), Floor: shape.Ticks(e.Floor(t.License, now)),
		Seed: s.options.Seed, Late: s.options.Late, LateUpTo: s.options.LateUpTo, Strict: s.options.Strict,
	}
}

// Count returns how many events of a report type the directory shows now from
// from (included) to to (excluded); for a snapshot the number of its objects.
// It is 0 for a type that the sandbox does not have.
func (s *Sandbox) Count(tenant, typeName string, from, to time.Time) int {
	n := 0
	s.each(tenant, typeName, from, to, func(*timeline.View, *timeline.Query, timeline.Ref) { n++ })
	return n
}

// Events returns the same events as JSON, in order of time.
func (s *Sandbox) Events(tenant, typeName string, from, to time.Time) [][]byte {
	var events [][]byte
	s.each(tenant, typeName, from, to, func(v *timeline.View, q *timeline.Query, r timeline.Ref) {
		events = append(events, r.Source.Shape.Append(nil, v.Event(q, r, nil)))
	})
	return events
}

func (s *Sandbox) each(tenant, typeName string, from, to time.Time, visit func(*timeline.View, *timeline.Query, timeline.Ref)) {
	tenant = strings.ToLower(tenant)
	e := s.endpoints.Of(typeName)
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
	q, err := v.Query(filter)
	if err != nil {
		return
	}
	q.Low, q.High = max(q.Low, shape.Ticks(from)), min(q.High, shape.Ticks(to))
	v.Walk(q, v.Start(q), func(r timeline.Ref, _ timeline.Position) bool {
		if v.Matches(q, r) {
			visit(v, q, r)
		}
		return true
	})
}
