package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/config"
)

// What a plan says of a pull is checked against the window at the plan's clock.
func TestCheck(t *testing.T) {
	now := at("2026-11-25T12:00:00Z")
	plain := func(w *Want) {}
	for _, test := range []struct {
		name   string
		window config.Window
		want   func(*Want)
		edit   func(*Pull)
		err    string
	}{
		{"as planned", daily(), plain, func(*Pull) {}, ""},
		{"from six days back, under the name of one day", daily(), plain, func(p *Pull) { p.From = p.From.AddDate(0, 0, -6) }, "no slice of the report's window"},
		{"to an hour more", daily(), plain, func(p *Pull) { p.To = p.To.Add(time.Hour) }, "no slice"},
		{"a day before the window", daily(), plain, func(p *Pull) { move(p, -10) }, "no slice"},
		{"a day that has not begun", daily(), plain, func(p *Pull) { move(p, 10) }, "no slice"},
		{"a day that has expired", config.Window{Every: dur("1d"), From: at("2026-11-20"), Keep: dur("1d")}, plain, func(p *Pull) { move(p, 0) }, "no slice"},
		{"another label", daily(), plain, func(p *Pull) { p.Label = "2026-11-23" }, `under the name "2026-11-23"`},
		{"another date", daily(), plain, func(p *Pull) { p.Date = "2026-11-23" }, "under the name"},
		{"another type", daily(), plain, func(p *Pull) { p.Type = "users" }, `as "users"`},
		{"not settled as it says", daily(), plain, func(p *Pull) { p.Final = false }, "not settled as the plan says"},
		{"a second reading that is not declared", daily(), plain, func(p *Pull) { p.Revisit = true }, "not settled as the plan says"},
		{"today, final", daily(), plain, func(p *Pull) { move(p, 3) }, "not settled as the plan says"},
		{"today, of a window that waits", daily(), plain, func(p *Pull) { move(p, 3); p.Final = false }, "has not settled"},
		{"today, of an open window", config.Window{Every: dur("1d"), From: at("2026-11-20"), Open: true}, plain, func(p *Pull) { move(p, 3); p.Final = false }, ""},
		{"a snapshot of the day", daily(), func(w *Want) { w.Snapshot = true }, func(p *Pull) { move(p, 3) }, ""},
		{"a snapshot of another day", daily(), func(w *Want) { w.Snapshot = true }, func(*Pull) {}, "a snapshot of another moment"},
		{"a snapshot from a file", daily(), func(w *Want) { w.Snapshot = true }, func(p *Pull) { p.Source = &Source{} }, ""},
		{"relocated, held before it had settled", daily(), plain, func(p *Pull) { relocated(p); p.Final = false }, ""},
		{"relocated, held when the window settled sooner", config.Window{Every: dur("1d"), From: at("2026-11-20"), Settle: dur("7d")}, plain, relocated, ""},
		{"relocated, with a second reading due", config.Window{Every: dur("1d"), From: at("2026-11-20"), Revisit: durs("6h")}, plain, relocated, ""},
		{"a snapshot of another day, relocated", daily(), func(w *Want) { w.Snapshot = true }, relocated, ""},
		{"relocated, under the name of another day", daily(), plain, func(p *Pull) { relocated(p); move(p, -10) }, "no slice"},
		{
			"a trailing window, longer",
			config.Window{Last: dur("1d"), Align: dur("1d")},
			plain,
			func(p *Pull) { move(p, 2); p.From, p.Label = p.From.AddDate(0, 0, -6), "last-1d" }, "no slice",
		},
		{
			"a trailing window",
			config.Window{Last: dur("1d"), Align: dur("1d")},
			plain,
			func(p *Pull) { move(p, 2); p.Label = "last-1d" }, "",
		},
		{
			"a fixed window, longer",
			config.Window{From: at("2026-11-22"), To: at("2026-11-23")},
			plain,
			func(p *Pull) { p.From = p.From.AddDate(0, 0, -6) }, "no slice",
		},
		{"a fixed window", config.Window{From: at("2026-11-22"), To: at("2026-11-23")}, plain, func(*Pull) {}, ""},
	} {
		w := want(test.window)
		test.want(w)
		p := &Pull{
			Tenant: w.Tenant, Report: w.Report, Type: w.Type, From: at("2026-11-22"), To: at("2026-11-23"),
			Label: "2026-11-22", Date: "2026-11-22", Final: true,
		}
		test.edit(p)
		err := w.Check(p, now)
		if (test.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v, want %q", test.name, err, test.err)
		}
	}
}

// move moves a pull of a day by days.
func move(p *Pull, days int) {
	p.From, p.To = p.From.AddDate(0, 0, days), p.To.AddDate(0, 0, days)
	p.Label, p.Date = p.From.Format(time.DateOnly), p.From.Format(time.DateOnly)
}

// relocated has a pull relocate what an output holds.
func relocated(p *Pull) { p.Outputs = []PullOutput{{Output: "a", Reason: Relocated}} }

// What is wanted or protected is not deleted, whatever a plan says.
func TestCheckDeletion(t *testing.T) {
	now := at("2026-11-25T12:00:00Z")
	for _, test := range []struct {
		why, day string
		protect  bool
		err      string
	}{
		{"expired", "2026-11-21", false, ""},
		{"expired", "2026-11-24", false, "it is declared"},
		{"expired", "2026-11-21", true, "protects it"},
		{"slice", "2026-11-10", false, ""},
		{"slice", "2026-11-24", false, "it is declared"},
		{"output", "2026-11-24", false, "it is declared"},
		{"path", "2026-11-24", false, ""},
		{"path", "2026-11-24", true, "protects it"},
		{"tenant", "2026-11-21", false, "it is declared"},
	} {
		w := want(config.Window{Every: dur("1d"), From: at("2026-11-20"), Keep: dur("2d")})
		w.Protect = test.protect
		d := &Deletion{Orphan: Orphan{Output: "a", From: at(test.day), To: at(test.day).AddDate(0, 0, 1), Why: test.why}}
		err := w.CheckDeletion(d, now)
		if (test.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%+v: %v", test, err)
		}
	}
}
