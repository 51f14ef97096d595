package sandbox_test

import (
	"encoding/json"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/sandbox"
)

func TestEventsAreDeterministic(t *testing.T) {
	from, to := noon.Add(-24*time.Hour), noon.Add(-time.Hour)
	events := func(seed uint64, tenant string, at time.Time) []string {
		s := sandbox.New(sandbox.Options{Types: types(t), Seed: seed, Now: func() time.Time { return at }})
		var list []string
		for _, e := range s.Events(tenant, "sign_ins", from, to) {
			list = append(list, string(e))
		}
		return list
	}
	first := events(0, tenant, noon)
	equal(t, events(0, strings.ToUpper(tenant), noon.Add(70*time.Hour)), first)
	if other := events(1, tenant, noon); other[0] == first[0] {
		t.Error("the seed does not matter")
	}
	if other := events(0, "other.example", noon); other[0] == first[0] {
		t.Error("the directory does not matter")
	}
}

func TestSizeAndRhythm(t *testing.T) {
	perDay := 24_000
	s := sandbox.New(sandbox.Options{Types: types(t), Now: func() time.Time { return noon }, Tenants: func(string) (sandbox.Tenant, bool) {
		return sandbox.Tenant{EventsPerDay: perDay}, true
	}})
	count := func(from string, d time.Duration) int {
		start, err := time.Parse(time.RFC3339, from)
		if err != nil {
			t.Fatal(err)
		}
		return s.Count(tenant, "sign_ins", start, start.Add(d))
	}
	if n := count("2026-11-09T00:00:00Z", 7*24*time.Hour); n < perDay*7*97/100 || n > perDay*7*103/100 {
		t.Errorf("%d events in a week", n)
	}
	if sunday, monday := count("2026-11-15T00:00:00Z", 24*time.Hour), count("2026-11-16T00:00:00Z", 24*time.Hour); sunday*2 > monday {
		t.Errorf("%d on Sunday, %d on Monday", sunday, monday)
	}
	if night, day := count("2026-11-16T02:00:00Z", time.Hour), count("2026-11-16T09:00:00Z", time.Hour); night*5 > day {
		t.Errorf("%d at night, %d by day", night, day)
	}
	if n := count("2026-11-18T12:00:00Z", time.Hour); n > 1 {
		t.Errorf("%d events in the future", n)
	}
	if n := count("2026-10-01T00:00:00Z", 24*time.Hour); n != 0 {
		t.Errorf("%d events beyond the retention", n)
	}
	sizes := map[int]bool{}
	quiet := sandbox.New(sandbox.Options{Types: types(t), Now: func() time.Time { return noon }})
	for _, id := range []string{"a.example", "b.example", "c.example"} {
		week := quiet.Count(id, "sign_ins", noon.Add(-10*24*time.Hour), noon.Add(-3*24*time.Hour))
		if sizes[week] = true; week < 40*7/2 || week > 400*7*3/2 {
			t.Errorf("%s has %d events in a week", id, week)
		}
	}
	if len(sizes) < 3 {
		t.Errorf("all directories have the same size: %v", sizes)
	}
}

func TestTiesExist(t *testing.T) {
	s := sandbox.New(sandbox.Options{Types: types(t), Now: func() time.Time { return noon }, Tenants: func(string) (sandbox.Tenant, bool) {
		return sandbox.Tenant{EventsPerDay: 2500}, true
	}})
	times, ids, ties := map[string]bool{}, map[string]bool{}, 0
	for _, e := range s.Events(tenant, "directory_audits", noon.Add(-48*time.Hour), noon) {
		var event struct{ ID, ActivityDateTime string }
		if err := json.Unmarshal(e, &event); err != nil {
			t.Fatal(err)
		}
		if times[event.ActivityDateTime] {
			ties++
		}
		if ids[event.ID] {
			t.Errorf("%s is twice there", event.ID)
		}
		times[event.ActivityDateTime], ids[event.ID] = true, true
	}
	if ties < 10 {
		t.Errorf("%d ties among %d events", ties, len(ids))
	}
}

func TestReportsAgreeWithEachOther(t *testing.T) {
	s := start(t, sandbox.Options{})
	users, names := map[string]string{}, map[string]string{}
	list, _ := s.all("/v1.0/users", "$top=50")
	for _, u := range list {
		var user struct{ ID, UserPrincipalName, DisplayName string }
		if err := json.Unmarshal([]byte(u), &user); err != nil {
			t.Fatal(err)
		}
		users[user.ID], names[user.ID] = user.UserPrincipalName, user.DisplayName
	}
	if len(users) != len(list) || len(list) < 8 {
		t.Fatalf("%d ids of %d users", len(users), len(list))
	}
	for _, report := range []string{"sign_ins", "risk_detections", "activities_sign_ins"} {
		for _, e := range s.Events(tenant, report, noon.Add(-72*time.Hour), noon) {
			var event struct{ UserID, UserPrincipalName, UserDisplayName, IPAddress string }
			if err := json.Unmarshal(e, &event); err != nil {
				t.Fatal(err)
			}
			if users[event.UserID] != event.UserPrincipalName || names[event.UserID] != event.UserDisplayName {
				t.Fatalf("%s: no such user: %s", report, e)
			}
			documentation(t, event.IPAddress)
		}
	}
	again, _ := s.all("/v1.0/users", "$top=7")
	equal(t, again, list)
}

// documentation fails the test for an address that is not reserved for documentation.
func documentation(t *testing.T, address string) {
	t.Helper()
	ip := net.ParseIP(address)
	for _, block := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"} {
		if _, reserved, err := net.ParseCIDR(block); err == nil && reserved.Contains(ip) {
			return
		}
	}
	t.Errorf("%q is not reserved for documentation", address)
}

func TestDirectoryAuditsAreAwkward(t *testing.T) {
	s := sandbox.New(sandbox.Options{Types: types(t), Now: func() time.Time { return noon }})
	kinds := map[string]int{}
	for _, e := range s.Events(tenant, "directory_audits", noon.Add(-20*24*time.Hour), noon) {
		var event struct {
			ID          string
			InitiatedBy map[string]*json.RawMessage
			Targets     []struct {
				Modified []struct{ NewValue string } `json:"modifiedProperties"`
			} `json:"targetResources"`
		}
		if err := json.Unmarshal(e, &event); err != nil {
			t.Fatal(err)
		}
		prefix, _, found := strings.Cut(event.ID, "_")
		if !found {
			prefix = "guid"
		}
		kinds[prefix]++
		app, hasApp := event.InitiatedBy["app"]
		user, hasUser := event.InitiatedBy["user"]
		if !hasApp || !hasUser || (app == nil) == (user == nil) {
			t.Fatalf("not exactly one initiator: %s", e)
		}
		for _, target := range event.Targets {
			for _, m := range target.Modified {
				if !json.Valid([]byte(m.NewValue)) {
					t.Fatalf("the value is not JSON: %s", m.NewValue)
				}
			}
		}
	}
	for _, kind := range []string{"Directory", "PIM", "SSGM", "Sync", "guid"} {
		if kinds[kind] == 0 {
			t.Errorf("no id of the form %s: %v", kind, kinds)
		}
	}
}

func TestTypesOfAConfiguration(t *testing.T) {
	list := append(types(t),
		sandbox.Type{Name: "failures", API: "graph", Version: "v1.0", Path: "/auditLogs/signIns", Time: "createdDateTime", Filter: "status/errorCode ne 0", ID: []string{"id"}},
		sandbox.Type{Name: "mine", API: "graph", Version: "beta", Path: "/my/things", Time: "when/happened", ID: []string{"key", "part/number"}},
		sandbox.Type{Name: "../odd", API: "graph", Version: "beta", Path: "/my/odd", Time: "a}}/b{{", ID: []string{"$one", "", "a}}{{nope"}},
		sandbox.Type{Name: "snapshot", API: "graph", Version: "beta", Path: "/my/list", ID: []string{"id"}},
	)
	s := start(t, sandbox.Options{Types: list})
	from := noon.Add(-5 * 24 * time.Hour)
	all, failed := s.Count(tenant, "sign_ins", from, noon), s.Count(tenant, "failures", from, noon)
	if failed == 0 || failed >= all/2 {
		t.Errorf("%d failures of %d", failed, all)
	}
	if again := start(t, sandbox.Options{}).Count(tenant, "sign_ins", from, noon); again != all {
		t.Errorf("a type of the configuration changes the report: %d, %d", again, all)
	}
	events, _ := s.all("/beta/my/things", "$filter=when/happened ge 2026-11-16")
	var event struct {
		Key  string
		Part struct{ Number string }
		When struct{ Happened time.Time }
	}
	if err := json.Unmarshal([]byte(events[0]), &event); err != nil || event.Key == "" || event.Part.Number == "" || event.When.Happened.IsZero() {
		t.Errorf("%v: %s", err, events[0])
	}
	if n := len(events); n != s.Count(tenant, "mine", time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC), noon.Add(time.Second)) {
		t.Errorf("%d", n)
	}
	if rows, _ := s.all("/beta/my/list", "$top=5"); len(rows) != s.Count(tenant, "snapshot", from, noon) || len(rows) < 8 {
		t.Errorf("%d objects", len(rows))
	}
}

// Who rules a path does not depend on the order of the types: a built-in type
// does, and among a user's own the longest retention counts.
func TestTypesThatShareAPath(t *testing.T) {
	const day = 24 * time.Hour
	own := func(name, path, filter string, retention time.Duration) sandbox.Type {
		return sandbox.Type{
			Name: name, Own: true, API: "graph", Version: "v1.0", Path: path, Filter: filter,
			Time: "createdDateTime", ID: []string{"id"}, Retention: retention,
		}
	}
	list := append(types(t),
		own("a_short", "/auditLogs/signIns", "", 7*day),
		own("z_long", "/auditLogs/signIns", "", 300*day),
		own("things", "/my/things", "", 7*day),
		own("failed_things", "/my/things", "displayName ne 'x'", 20*day),
		own("more_things", "/my/things", "", 10*day),
		own("endless", "/my/other", "", 0),
		own("ending", "/my/other", "", 7*day),
	)
	backwards := slices.Clone(list)
	slices.Reverse(backwards)
	for name, list := range map[string][]sandbox.Type{"own last": list, "own first": backwards} {
		s := start(t, sandbox.Options{Types: list})
		for _, test := range []struct {
			path  string
			floor time.Duration
			early int // the status of an earlier time
		}{
			{"/v1.0/auditLogs/signIns", 30 * day, 400},
			{"/v1.0/my/things", 20 * day, 400},
			{"/v1.0/my/other", 300 * day, 200},
		} {
			earliest := noon.Add(-test.floor).Truncate(day).Add(-day)
			for at, want := range map[time.Time]int{earliest: 200, earliest.Add(-time.Second): test.early} {
				if a := s.get(test.path, "$top=1", "$filter=createdDateTime ge "+at.Format(time.RFC3339)); a.status != want {
					t.Errorf("%s: %s from %s answers %d: %.200s", name, test.path, at, a.status, a.body)
				}
			}
		}
	}
}

// BenchmarkPage measures pages of sign-ins as they leave the handler.
func BenchmarkPage(b *testing.B) {
	s := start(b, sandbox.Options{Tenants: func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{EventsPerDay: 1_000_000}, true }})
	link := s.url + "/v1.0/auditLogs/signIns"
	size := 0
	for b.Loop() {
		a := s.link(link)
		size = len(a.body)
		if i := strings.Index(string(a.body[:1000]), `"@odata.nextLink":"`); i > 0 {
			rest := string(a.body[i+19:])
			link = rest[:strings.Index(rest, `"`)]
		}
	}
	b.SetBytes(int64(size))
}

func BenchmarkNew(b *testing.B) {
	list := types(b)
	for b.Loop() {
		sandbox.New(sandbox.Options{Types: list})
	}
}
