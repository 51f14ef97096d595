package timeline

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/reportform/reportform/engine/sandbox/directory"
	"github.com/reportform/reportform/engine/sandbox/endpoint"
	"github.com/reportform/reportform/engine/sandbox/shape"
)

var noon = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)

// viewAt is one report of two sources as it is seen at a time.
func viewAt(now time.Time) *View {
	shapes := fstest.MapFS{
		"all.json":  {Data: []byte(`{"event": {"id": "{{guid}}", "at": "{{time}}"}}`)},
		"some.json": {Data: []byte(`{"event": {"id": "{{guid}}", "at": "{{time}}", "kind": "k"}}`)},
	}
	e := endpoint.Group([]endpoint.Type{
		{Name: "all", API: endpoint.Graph, Path: "/things", Time: "at", Retention: 24 * time.Hour, Lower: "ge", Upper: "lt"},
		{Name: "some", API: endpoint.Graph, Path: "/things", Time: "at", Filter: "kind eq 'k'"},
	}, shapes).Of("all")
	return &View{
		Endpoint: e, Tenant: "t.example", Directory: directory.New(1, "t.example", 20), EventsPerDay: 500, Users: 20,
		Now: shape.Ticks(now), Floor: shape.Ticks(e.Floor(endpoint.P2, now)), Seed: 1,
	}
}

// seen lists what a query yields from a position on, n at most.
func seen(v *View, q *Query, at Position, n int) (events []string, next Position) {
	v.Walk(q, at, func(r Ref, here Position) bool {
		if len(events) == n {
			next = here
			return false
		}
		if v.Matches(q, r) {
			events = append(events, string(r.Source.Shape.Append(nil, v.Event(q, r, nil))))
		}
		return true
	})
	return events, next
}

func mustQuery(t *testing.T, v *View, filter string) *Query {
	t.Helper()
	q, err := v.Query(filter)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

const many = 1 << 30

// Backwards comes what forwards comes, and a walk that is broken off goes on
// where it was.
func TestWalk(t *testing.T) {
	v := viewAt(noon)
	q := mustQuery(t, v, "at ge 2026-11-18T03:00:00Z and at lt 2026-11-18T11:00:00Z and (kind eq 'k' or kind eq null)")
	forwards, _ := seen(v, q, v.Start(q), many)
	if len(forwards) < 100 {
		t.Fatalf("%d events", len(forwards))
	}
	q.Desc = true
	backwards, _ := seen(v, q, v.Start(q), many)
	var pages []string
	for at := v.Start(q); ; {
		var page []string
		if page, at = seen(v, q, at, 7); len(page) == 0 {
			break
		}
		pages = append(pages, page...)
		if at == (Position{}) {
			break
		}
	}
	if !slices.Equal(pages, backwards) {
		t.Errorf("%d events in pages, %d at once", len(pages), len(backwards))
	}
	slices.Reverse(backwards)
	if !slices.Equal(forwards, backwards) {
		t.Errorf("%d events forwards, %d backwards, or in another order", len(forwards), len(backwards))
	}
}

// What has happened does not change, nothing is there before it has happened,
// and what comes late comes once.
func TestEventsOfAMoment(t *testing.T) {
	filter := fmt.Sprintf("at ge %s", noon.Add(-6*time.Hour).Format(time.RFC3339))
	at := func(now time.Time, late bool) []string {
		v := viewAt(now)
		v.Late = late
		q := mustQuery(t, v, filter)
		events, _ := seen(v, q, v.Start(q), many)
		return events
	}
	before, after := at(noon, false), at(noon.Add(2*time.Hour), false)
	if len(before) == 0 || len(after) <= len(before) || !slices.Equal(after[:len(before)], before) {
		t.Errorf("%d events, and later %d that do not begin with them", len(before), len(after))
	}
	late := at(noon, true)
	if len(late) >= len(before) || slices.ContainsFunc(late, func(e string) bool { return !slices.Contains(before, e) }) {
		t.Errorf("%d events of %d are there in spite of their delay", len(late), len(before))
	}
}

func TestRefusedFilters(t *testing.T) {
	for filter, want := range map[string]string{
		"at gt":                      "Invalid filter clause: ",
		"nope eq 1":                  "there is no property nope",
		"at lt 2026-11-01T00:00:00Z": "Minimum allowed time for at is 11/16/2026 12:00:00 AM",
		"at gt 2026-11-18T00:00:00Z": "the operator gt is not documented for at",
	} {
		v := viewAt(noon)
		v.Strict = true
		if _, err := v.Query(filter); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", filter, err, want)
		}
	}
}

// One event in ten is late, by no more than it is told, and none is lost.
func TestLateUpTo(t *testing.T) {
	const late = 6 * time.Hour
	from, to := noon.Add(-6*time.Hour), noon
	at := func(now time.Time, upTo time.Duration) int {
		v := viewAt(now)
		v.LateUpTo = upTo
		q := mustQuery(t, v, fmt.Sprintf("at ge %s and at lt %s", from.Format(time.RFC3339), to.Format(time.RFC3339)))
		events, _ := seen(v, q, v.Start(q), many)
		return len(events)
	}
	all, soon, then := at(to, 0), at(to, late), at(to.Add(late), late)
	if missing := all - soon; missing == 0 || missing > all/5 || then != all {
		t.Errorf("%d of %d events are there at once, %d in the end", soon, all, then)
	}
}
