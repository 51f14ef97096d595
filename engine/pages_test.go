package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/sandbox"
)

// daysConfig has the days from one on, each a slice.
func daysConfig(w *world, from string) string {
	return `
tenant "t" {
  id    = "t.example"
  cloud = "sandbox"
  ` + w.endpoints() + `
}
window "daily" {
  every = "1d"
  from  = "` + from + `"
}
output "ndjson" "a" {
  path = "out/${pull.window.label}.ndjson"
}
report "sign_ins" "r" {
  window  = window.daily
  outputs = [output.ndjson.a]
}
`
}

// What is known of wide spans is not asked again, be it in the same run or the
// next.
func TestHowFarAServiceReachesIsKept(t *testing.T) {
	w := newWorld(t, func(o *sandbox.Options) { o.Logger = nil })
	w.write("main.rf.hcl", daysConfig(w, "2026-11-01"))
	w.sandbox.SetFaults(sandbox.Fault{Kind: "504", Times: -1, Wider: 6 * time.Hour})
	answers := func(status string) int { return strings.Count(w.log.String(), "status="+status) }
	if s := w.apply(); len(s.Failed) > 0 || s.Finished != 22 {
		t.Fatalf("%+v", s)
	}
	if n := answers("504"); n == 0 || n > 20 {
		t.Errorf("%d requests of 22 slices timed out", n)
	}
	w.log.Reset()
	// Another run begins with what this one learned.
	w.now = w.now.AddDate(0, 0, 3)
	if s := w.apply(); len(s.Failed) > 0 || s.Finished != 3 {
		t.Fatalf("%+v", s)
	}
	if n := answers("504"); n != 0 {
		t.Errorf("%d requests timed out that were known to", n)
	}
	inParts := strings.Count(w.log.String(), "/auditLogs/signIns")
	w.log.Reset()
	// After a week it is forgotten.
	w.now = w.now.AddDate(0, 0, 8)
	w.sandbox.SetFaults()
	if s := w.apply(); len(s.Failed) > 0 || s.Finished != 8 {
		t.Errorf("%+v", s)
	}
	if n := strings.Count(w.log.String(), "/auditLogs/signIns"); 2*n*3 >= inParts*8 {
		t.Errorf("%d lines on the requests of 8 slices, after %d on those of 3 in parts", n, inParts)
	}
}

// An event that the service rounds over a border is in exactly one slice.
func TestRoundedTimesAtMidnight(t *testing.T) {
	w := newWorld(t, func(o *sandbox.Options) {
		o.Tenants = func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{EventsPerDay: 40_000}, true }
	})
	w.write("main.rf.hcl", daysConfig(w, "2026-11-20"))
	w.sandbox.SetFaults(sandbox.Fault{Kind: "rounded-times", Times: -1})
	s := w.apply()
	if len(s.Failed) > 0 || s.Finished != 3 {
		t.Fatalf("%+v", s)
	}
	files, ids := w.files("out"), map[string]string{}
	atMidnight := 0
	for name, text := range files {
		for line := range strings.Lines(text) {
			_, id, _ := strings.Cut(line, `"id":"`)
			id = id[:36]
			if other, ok := ids[id]; ok {
				t.Errorf("%s is in %s and in %s", id, name, other)
			}
			ids[id] = name
			_, at, _ := strings.Cut(line, `"createdDateTime":"`)
			if day := strings.TrimSuffix(name, ".ndjson"); !strings.HasPrefix(at, day+"T") {
				t.Errorf("%s has an event of %s", name, at[:20])
			}
			if strings.HasPrefix(at[10:], "T00:00:00Z") {
				atMidnight++
			}
		}
	}
	want := w.sandbox.Count("t.example", "sign_ins", time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	if off := want - len(ids); off < -3 || off > 3 {
		t.Errorf("%d events, want about %d", len(ids), want)
	}
	t.Log(fmt.Sprint(atMidnight, " events were rounded to midnight"))
}
