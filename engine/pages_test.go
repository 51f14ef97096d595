package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/ledger"
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
func TestRoundedTimesAtBorders(t *testing.T) {
	w := newWorld(t, func(o *sandbox.Options) {
		o.Tenants = func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{EventsPerDay: 150_000}, true }
	})
	w.write("main.rf.hcl", strings.NewReplacer(`every = "1d"`, "every = \"1h\"\n  to = \"2026-11-20T14:00:00Z\"", "sign_ins", "directory_audits").
		Replace(daysConfig(w, "2026-11-20T10:00:00Z")))
	w.sandbox.SetFaults(sandbox.Fault{Kind: "rounded-times", Times: -1})
	if s := w.apply(); len(s.Failed) > 0 || s.Finished != 4 {
		t.Fatalf("%+v", s)
	}
	ids := map[string]string{}
	atBorders := 0
	for name, text := range w.files("out") {
		hour := strings.SplitN(text, `"activityDateTime":"`, 2)[1][:len("2026-11-20T10")]
		for line := range strings.Lines(text) {
			_, id, _ := strings.Cut(line, `"id":"`)
			id, _, _ = strings.Cut(id, `"`)
			if other, ok := ids[id]; ok {
				t.Errorf("%s is in %s and in %s", id, name, other)
			}
			ids[id] = name
			_, at, _ := strings.Cut(line, `"activityDateTime":"`)
			if !strings.HasPrefix(at, hour) {
				t.Errorf("%s has an event of %s beside those of %s", name, at[:20], hour)
			}
			if strings.HasPrefix(at[len(hour):], ":00:00Z") {
				atBorders++
			}
		}
	}
	// What is shown as of ten o'clock happened up to a second before.
	from := time.Date(2026, 11, 20, 9, 59, 59, 0, time.UTC)
	want := w.sandbox.Count("t.example", "directory_audits", from, from.Add(4*time.Hour))
	if len(ids) != want || atBorders == 0 {
		t.Errorf("%d events, %d of them at borders, want %d", len(ids), atBorders, want)
	}
}

// Everything that comes may begin with a byte order mark: tokens, pages, errors.
func TestByteOrderMarksEverywhere(t *testing.T) {
	w := newWorld(t, manyEvents)
	w.write("main.rf.hcl", daysConfig(w, "2026-11-22"))
	w.sandbox.SetFaults(
		sandbox.Fault{Kind: "500", AfterPage: 1, Times: 2},
		sandbox.Fault{Kind: "bom", Times: -1}, sandbox.Fault{Kind: "bom", Path: "oauth2", Times: -1},
	)
	if s := w.apply(); len(s.Failed) > 0 || s.Finished != 1 || s.Events <= 50 {
		t.Errorf("%+v", s)
	}
}

// A day that the service answers for is asked for as one, although an operator
// without equality and the borders move its bounds.
func TestStrictOperatorsHalveNothing(t *testing.T) {
	w := newWorld(t, func(o *sandbox.Options) { o.Strict = true })
	w.write("main.rf.hcl", strings.ReplaceAll(daysConfig(w, "2026-11-10"), "sign_ins", "provisioning"))
	w.sandbox.SetFaults(sandbox.Fault{Kind: "504", Times: -1, Wider: 24 * time.Hour})
	if s := w.apply(); len(s.Failed) > 0 || s.Finished != 13 {
		t.Fatalf("%+v", s)
	}
	if n := strings.Count(w.log.String(), "status=504"); n != 0 {
		t.Errorf("%d requests timed out", n)
	}
}

// The oldest day is asked for as it is: the service refuses to be asked for what
// is older.
func TestTheOldestDayIsAskedFor(t *testing.T) {
	w := newWorld(t, func(o *sandbox.Options) {
		for i := range o.Types { // it keeps a day more than is published
			o.Types[i].Retention -= 24 * time.Hour
		}
	})
	w.write("main.rf.hcl", daysConfig(w, "2026-10-20"))
	s := w.apply()
	if len(s.Failed) > 0 || s.Finished != 30 {
		t.Errorf("%+v", s)
	}
}

// Events without a readable time are counted where the slice is recorded, and
// lower case is readable.
func TestUntimedEventsAreRecorded(t *testing.T) {
	for _, kind := range []string{"untimed", "lower-case-times"} {
		w := newWorld(t, manyEvents)
		w.write("main.rf.hcl", daysConfig(w, "2026-11-21"))
		w.sandbox.SetFaults(sandbox.Fault{Kind: kind, Times: -1}) // on every page
		s := w.apply()
		if len(s.Failed) > 0 || s.Finished != 2 {
			t.Fatalf("%s: %+v", kind, s)
		}
		e := w.engine()
		l, err := e.ledgers.Read(t.Context(), ledger.Key{Tenant: "tenant.t", Report: "report.sign_ins.r"})
		if err != nil {
			t.Fatal(err)
		}
		slices := 0
		for h := range l.Held() {
			slices++
			proof := h.Proof()
			if pages := proof.Pages; kind == "untimed" && proof.Untimed != pages || kind != "untimed" && (proof.Untimed != 0 || proof.Outside != 0 || proof.First.IsZero()) {
				t.Errorf("%s: %d untimed on %d pages, %d outside", kind, proof.Untimed, pages, proof.Outside)
			}
		}
		if slices != 2 {
			t.Errorf("%d slices", slices)
		}
	}
}
