package plan

import (
	stdcmp "cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/place"
)

func at(s string) time.Time {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	panic("bad time in a test: " + s)
}

func dur(s string) *calendar.Duration {
	d, err := calendar.Parse(s)
	if err != nil {
		panic(err)
	}
	return &d
}

// durs are durations in a list, as revisit has them.
func durs(list ...string) (all []calendar.Duration) {
	for _, s := range list {
		all = append(all, *dur(s))
	}
	return all
}

// want is a Want of two outputs, a and b, of the given window.
func want(spec config.Window) *Want {
	w := window.New(&spec)
	resolve := func(output string) func(*window.Named) (Target, error) {
		return func(s *window.Named) (Target, error) {
			return Target{Place: place.Place(output + "/" + s.Label), Definition: "def"}, nil
		}
	}
	return &Want{
		Tenant: "tenant.t", Report: "report.r.x", Type: "r", Window: w, Settle: *dur("2h"),
		Outputs: []WantOutput{{Output: "a", Resolve: resolve("a")}, {Output: "b", Resolve: resolve("b")}},
	}
}

func daily() config.Window { return config.Window{Every: dur("1d"), From: at("2026-11-20")} }

// held is a final entry for a day.
func held(output, day string) ledger.Held {
	return ledger.Held{
		Output: output, From: at(day), To: at(day).AddDate(0, 0, 1), Place: place.Place(output + "/" + day),
		Definition: "def", Final: true, Bytes: 1,
	}.With(ledger.Proof{SHA256: "sha"})
}

// observing says what is on a disk, on which everything else is as it was.
func observing(disk map[place.Place]place.Condition) func(*ledger.Held) (place.Condition, error) {
	return func(h *ledger.Held) (place.Condition, error) { return stdcmp.Or(disk[h.Place], place.Intact), nil }
}

// text renders a part shortly, a line each thing.
func text(p Part) string {
	var b strings.Builder
	for _, pull := range p.Pulls {
		fmt.Fprintf(&b, "pull %s", pull.Label)
		for _, o := range pull.Outputs {
			fmt.Fprintf(&b, " %s:%s", o.Output, o.Reason)
		}
		if !pull.Final {
			b.WriteString(" not-final")
		}
		if pull.Revisit {
			b.WriteString(" revisit")
		}
		b.WriteByte('\n')
	}
	gap := func(what string, gaps []Gap) {
		for _, g := range gaps {
			fmt.Fprintf(&b, "%s %s..%s %d: %s", what, g.From.Format(time.DateOnly), g.To.Format(time.DateOnly), g.Slices, g.Why)
			if !g.LostAt.IsZero() {
				fmt.Fprintf(&b, ", at %s", g.LostAt.Format(time.DateOnly))
			}
			b.WriteByte('\n')
		}
	}
	gap("lost", p.Lost)
	gap("waiting", p.Waiting)
	for _, o := range p.Orphans {
		fmt.Fprintf(&b, "orphan %s %s\n", o.Place, o.Why)
	}
	for _, d := range p.Deletions {
		fmt.Fprintf(&b, "delete %s %s", d.Place, d.Why)
		for _, k := range d.Hazards {
			b.WriteString(" " + string(k))
		}
		b.WriteByte('\n')
	}
	for _, n := range p.Protections {
		fmt.Fprintf(&b, "protected %t\n", n.Protected)
	}
	if p.Held > 0 {
		fmt.Fprintf(&b, "held %d\n", p.Held)
	}
	return b.String()
}

// trailing are the entries of a window with last = "1d" of two days ago.
func trailing() []ledger.Held {
	a, b := held("a", "2026-11-20"), held("b", "2026-11-20")
	a.Place, b.Place = "a/last-1d", "b/last-1d"
	return []ledger.Held{a, b}
}

func TestSubtract(t *testing.T) {
	const waiting = "not settled: events become visible late"
	ab := func(days ...string) []ledger.Held {
		var list []ledger.Held
		for _, day := range days {
			list = append(list, held("a", day), held("b", day))
		}
		return list
	}
	tests := []struct {
		name   string
		window config.Window
		change func(*Want)
		held   []ledger.Held
		failed []ledger.Failed
		left   []ledger.Left
		disk   map[place.Place]place.Condition // by path; else place.Intact
		now    string
		want   string
	}{
		{
			name: "first run", window: daily(), now: "2026-11-22T02:00:00Z",
			want: "pull 2026-11-20 a:new b:new\npull 2026-11-21 a:new b:new\nwaiting 2026-11-22..2026-11-23 1: " + waiting + "\n",
		},
		{
			name: "a day that has ended and not settled waits", window: daily(), now: "2026-11-22T01:59:59Z",
			want: "pull 2026-11-20 a:new b:new\nwaiting 2026-11-21..2026-11-23 2: " + waiting + "\n",
		},
		{
			name: "everything held", window: daily(), now: "2026-11-22T02:00:00Z",
			held: ab("2026-11-20", "2026-11-21"),
			want: "waiting 2026-11-22..2026-11-23 1: " + waiting + "\nheld 4\n",
		},
		{
			name: "an output added later fetches what it lacks", window: daily(), now: "2026-11-22T02:00:00Z",
			held: []ledger.Held{held("a", "2026-11-20"), held("a", "2026-11-21"), held("b", "2026-11-21")},
			want: "pull 2026-11-20 b:new\nwaiting 2026-11-22..2026-11-23 1: " + waiting + "\nheld 3\n",
		},
		{
			name: "broken archive", window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-23")}, now: "2026-11-24",
			held: []ledger.Held{
				held("a", "2026-11-20"),
				func() ledger.Held { h := held("a", "2026-11-21"); h.Definition = "old"; return h }(),
				func() ledger.Held { h := held("a", "2026-11-22"); h.Place = "old/path"; return h }(),
				held("b", "2026-11-20"), held("b", "2026-11-21"), held("b", "2026-11-22"),
			},
			failed: []ledger.Failed{{Output: "a", From: at("2026-11-22"), To: at("2026-11-23")}, {Output: "b", From: at("2026-11-22"), To: at("2026-11-23")}},
			disk:   map[place.Place]place.Condition{"a/2026-11-20": place.Missing, "b/2026-11-21": place.Altered},
			want:   "pull 2026-11-20 a:missing\npull 2026-11-21 a:changed b:altered\npull 2026-11-22 a:failed\nheld 2\n",
		},
		{
			name: "broken archive whose ledger is trusted", window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-23")}, now: "2026-11-24",
			change: func(w *Want) { w.TrustLedger = true },
			held: []ledger.Held{
				held("a", "2026-11-20"), held("a", "2026-11-21"),
				func() ledger.Held { h := held("a", "2026-11-22"); h.Place = "old/path"; return h }(),
				held("b", "2026-11-20"), held("b", "2026-11-21"), held("b", "2026-11-22"),
			},
			disk: map[place.Place]place.Condition{"a/2026-11-20": place.Missing, "b/2026-11-21": place.Altered},
			want: "pull 2026-11-22 a:changed\nheld 5\n",
		},
		{
			name: "what is intact lacks nothing, whatever failed once", window: config.Window{From: at("2026-11-20"), To: at("2026-11-21")}, now: "2026-11-24",
			held: ab("2026-11-20"), failed: []ledger.Failed{{Output: "a", From: at("2026-11-20"), To: at("2026-11-21")}},
			want: "held 2\n",
		},
		{
			name: "a second reading that failed", now: "2026-11-24",
			window: config.Window{From: at("2026-11-20"), To: at("2026-11-21"), Revisit: durs("24h")},
			held:   ab("2026-11-20"), failed: []ledger.Failed{{Output: "a", From: at("2026-11-20"), To: at("2026-11-21")}},
			want: "pull 2026-11-20 a:revisit b:revisit revisit\n",
		},
		{
			name: "a second reading that failed, and cannot be had any more", now: "2027-11-24",
			window: config.Window{From: at("2026-11-20"), To: at("2026-11-21"), Revisit: durs("24h")}, change: func(w *Want) { w.Retention = dur("7d") },
			held: ab("2026-11-20"), failed: []ledger.Failed{{Output: "a", From: at("2026-11-20"), To: at("2026-11-21")}},
			want: "lost 2026-11-20..2026-11-21 1: the service keeps events for 7d, since 2027-11-17; what is held stays as it is\n",
		},
		{
			name: "changed, cannot be had any more, and gone", now: "2027-11-24",
			window: config.Window{From: at("2026-11-20"), To: at("2026-11-21")}, change: func(w *Want) { w.Retention = dur("7d") },
			held: func() []ledger.Held {
				list := ab("2026-11-20")
				list[0].Definition, list[1].Definition = "old", "old"
				return list
			}(),
			disk: map[place.Place]place.Condition{"b/2026-11-20": place.Missing},
			want: "lost 2026-11-20..2026-11-21 1: the service keeps events for 7d, since 2027-11-17; what was held is gone or altered, in b\n",
		},
		{
			name: "a snapshot is not read twice", now: "2026-11-22T12:00:00Z",
			window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-22"), Revisit: durs("1h")}, change: func(w *Want) { w.Snapshot = true },
			held: ab("2026-11-20", "2026-11-21"),
			want: "held 4\n",
		},
		{
			name: "a trailing window whose last try failed keeps what it has", now: "2026-11-22T12:00:00Z",
			window: config.Window{Last: dur("1d"), Align: dur("1d")}, held: trailing(),
			failed: []ledger.Failed{{Output: "a", From: at("2026-11-21"), To: at("2026-11-22")}},
			want:   "pull last-1d a:failed b:moved\n",
		},
		{
			name: "a trailing window that cannot be had keeps what it has", now: "2026-11-22T12:00:00Z",
			window: config.Window{Last: dur("1d"), Align: dur("1d")}, held: trailing(), change: func(w *Want) { w.Retention = dur("0d") },
			want: "lost 2026-11-21..2026-11-22 1: the service keeps events for 0d, since 2026-11-22\n",
		},
		{
			name: "an output that is not asked for is left alone", now: "2026-11-22T12:00:00Z",
			window: config.Window{Last: dur("1d"), Align: dur("1d")}, held: trailing(), change: func(w *Want) { w.Outputs[1].Unasked = true },
			left: []ledger.Left{{Output: "b", From: at("2026-11-01"), To: at("2026-11-02"), Place: "old"}},
			want: "pull last-1d a:moved\n",
		},
		{
			name: "and so is what it has and keep does not want", now: "2026-11-24T12:00:00Z",
			window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-24"), Keep: dur("3d")}, change: func(w *Want) { w.Outputs[1].Unasked = true },
			held: ab("2026-11-20", "2026-11-22", "2026-11-23"),
			want: "pull 2026-11-21 a:new\ndelete a/2026-11-20 expired deletes_irrecoverable\nheld 2\n",
		},
		{
			name: "slices of a clock that was ahead are no orphans", now: "2026-11-20T12:00:00Z",
			window: config.Window{Every: dur("1d"), From: at("2026-11-19"), To: at("2026-11-24")}, held: ab("2026-11-19", "2026-11-22"),
			want: "waiting 2026-11-20..2026-11-21 1: " + waiting + "\nheld 2\n",
		},
		{
			name: "failed before it was ever held", window: config.Window{From: at("2026-11-01"), To: at("2026-11-02")}, now: "2026-11-24",
			failed: []ledger.Failed{{Output: "a", From: at("2026-11-01"), To: at("2026-11-02")}},
			want:   "pull 2026-11-01 a:failed b:new\n",
		},
		{
			name: "an open slice is fetched before it settles", now: "2026-11-20T12:00:00Z",
			window: config.Window{Every: dur("1d"), From: at("2026-11-20"), Open: true},
			want:   "pull 2026-11-20 a:new b:new not-final\n",
		},
		{
			name: "and again until it is final", now: "2026-11-20T13:00:00Z",
			window: config.Window{Every: dur("1d"), From: at("2026-11-20"), Open: true},
			held: func() []ledger.Held {
				list := ab("2026-11-20")
				list[0].Final, list[1].Final = false, false
				return list
			}(),
			want: "pull 2026-11-20 a:open b:open not-final\n",
		},
		{
			name: "held while open, now final", now: "2026-11-21T02:00:00Z",
			window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21"), Open: true},
			held: func() []ledger.Held {
				list := ab("2026-11-20")
				list[0].Final = false
				return list
			}(),
			want: "pull 2026-11-20 a:open\nheld 1\n",
		},
		{
			name: "revisit", now: "2026-11-22",
			window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21"), Revisit: durs("24h")},
			held: func() []ledger.Held {
				list := ab("2026-11-20")
				list[0].Revisited = true
				return list
			}(),
			want: "pull 2026-11-20 b:revisit revisit\nheld 1\n",
		},
		{
			name: "revisit not yet due", now: "2026-11-21T23:59:59Z",
			window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21"), Revisit: durs("24h")},
			held:   ab("2026-11-20"),
			want:   "held 2\n",
		},
		{
			name: "a revisit waits until the slice has settled", now: "2026-11-21T01:30:00Z",
			window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21"), Revisit: durs("1h"), Open: true},
			want:   "pull 2026-11-20 a:new b:new not-final\n",
		},
		{
			name: "a revisit of what was final before the settle time grew", now: "2026-11-21T01:30:00Z",
			window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21"), Revisit: durs("1h")},
			held:   ab("2026-11-20"),
			want:   "held 2\n",
		},
		{
			name: "a revisit of a slice that settles at that moment", now: "2026-11-21T02:00:00Z",
			window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21"), Revisit: durs("1h")},
			held:   ab("2026-11-20"),
			want:   "pull 2026-11-20 a:revisit b:revisit revisit\n",
		},
		{
			name: "trailing for the first time", window: config.Window{Last: dur("1d"), Align: dur("1d")}, now: "2026-11-22T01:00:00Z",
			want: "pull last-1d a:new b:new not-final\n",
		},
		{
			name: "trailing, moved", window: config.Window{Last: dur("1d"), Align: dur("1d")}, now: "2026-11-22T03:00:00Z",
			held: func() []ledger.Held {
				list := ab("2026-11-20")
				list[0].Place, list[1].Place = "a/last-1d", "b/elsewhere"
				return list
			}(),
			want: "pull last-1d a:moved b:moved\norphan b/elsewhere slice\n",
		},
		{
			name: "trailing, not moved and not final, is left alone", window: config.Window{Last: dur("1d"), Align: dur("1d")}, now: "2026-11-22T01:30:00Z",
			held: func() []ledger.Held {
				list := ab("2026-11-21")
				list[0].Place, list[0].Final = "a/last-1d", false
				list[1].Place = "b/last-1d"
				return list
			}(),
			want: "held 2\n",
		},
		{
			name: "trailing, final since", window: config.Window{Last: dur("1d"), Align: dur("1d")}, now: "2026-11-22T02:00:00Z",
			held: func() []ledger.Held {
				list := ab("2026-11-21")
				list[0].Place, list[0].Final = "a/last-1d", false
				list[1].Place = "b/last-1d"
				return list
			}(),
			want: "pull last-1d a:open\nheld 1\n",
		},
		{
			name: "older than the service keeps", window: config.Window{Every: dur("1d"), From: at("2026-11-01"), To: at("2026-11-06")}, now: "2026-11-10T12:00:00Z",
			change: func(w *Want) { w.Retention = dur("7d") },
			held:   []ledger.Held{held("a", "2026-11-02"), held("b", "2026-11-02")},
			want: "pull 2026-11-03 a:new b:new\npull 2026-11-04 a:new b:new\npull 2026-11-05 a:new b:new\n" +
				"lost 2026-11-01..2026-11-02 1: the service keeps events for 7d, since 2026-11-03\nheld 2\n",
		},
		{
			name: "trailing, longer than the service keeps", window: config.Window{Last: dur("10d")}, now: "2026-11-20T12:00:00Z",
			change: func(w *Want) { w.Retention = dur("7d") },
			want:   "lost 2026-11-10..2026-11-20 1: the service keeps events for 7d, since 2026-11-13\n",
		},
		{
			name: "trailing, just as long as the service keeps", window: config.Window{Last: dur("7d")}, now: "2026-11-20T12:00:00Z",
			change: func(w *Want) { w.Retention = dur("7d") },
			want:   "pull last-7d a:new b:new not-final\n",
		},
		{
			name: "changed, but too old to fetch again", window: config.Window{From: at("2026-11-01"), To: at("2026-11-02")}, now: "2026-11-20",
			change: func(w *Want) { w.Retention = dur("7d") },
			held: func() []ledger.Held {
				list := ab("2026-11-01")
				list[0].Definition = "old"
				return list
			}(),
			want: "lost 2026-11-01..2026-11-02 1: the service keeps events for 7d, since 2026-11-13; what is held stays as it is\nheld 1\n",
		},
		{
			name: "a snapshot is had for the slice that contains now", window: daily(), now: "2026-11-22T10:00:00Z",
			change: func(w *Want) { w.Snapshot = true },
			want:   "pull 2026-11-22 a:new b:new\n", // those before could not be had, and do not count
		},
		{
			name: "a snapshot counts from the first that is held", window: daily(), now: "2026-11-23T10:00:00Z",
			change: func(w *Want) { w.Snapshot = true },
			held:   ab("2026-11-21"),
			want: "pull 2026-11-23 a:new b:new\n" +
				"lost 2026-11-22..2026-11-23 1: a snapshot shows the state of the moment and cannot be taken later\nheld 2\n",
		},
		{
			name: "a snapshot counts from the first that was tried", window: daily(), now: "2026-11-23T10:00:00Z",
			change: func(w *Want) { w.Snapshot = true },
			failed: []ledger.Failed{{Output: "a", From: at("2026-11-22"), To: at("2026-11-23")}},
			want: "pull 2026-11-23 a:new b:new\n" +
				"lost 2026-11-22..2026-11-23 1: a snapshot shows the state of the moment and cannot be taken later\n",
		},
		{
			name: "slices that are lost before they have settled", window: config.Window{Every: dur("1d"), From: at("2026-11-20"), Settle: dur("3d")}, now: "2026-11-22T10:00:00Z",
			change: func(w *Want) { w.Retention = dur("2d") },
			want:   "lost 2026-11-20..2026-11-23 3: the service keeps events for 2d, and forgets its beginning before it has settled, at 2026-11-23\n",
		},
		{
			name: "snapshots held", window: daily(), now: "2026-11-22T10:00:00Z",
			change: func(w *Want) { w.Snapshot = true },
			held:   ab("2026-11-20", "2026-11-21", "2026-11-22"),
			want:   "held 6\n",
		},
		{
			name: "keep", window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-22"), Keep: dur("2d")}, now: "2026-11-23T12:00:00Z",
			held: ab("2026-11-20", "2026-11-21"),
			want: "delete a/2026-11-20 expired deletes_irrecoverable\ndelete b/2026-11-20 expired deletes_irrecoverable\nheld 2\n",
		},
		{
			name: "orphans", window: config.Window{Every: dur("1d"), From: at("2026-11-21"), To: at("2026-11-22")}, now: "2026-11-23T12:00:00Z",
			held: append(ab("2026-11-20", "2026-11-21"), held("gone", "2026-11-21")),
			left: []ledger.Left{{Output: "a", From: at("2026-11-21"), To: at("2026-11-22"), Place: "left"}},
			want: "orphan a/2026-11-20 slice\norphan b/2026-11-20 slice\norphan gone/2026-11-21 output\norphan left path\nheld 2\n",
		},
		{
			name: "an output that is not asked for is left alone", window: daily(), now: "2026-11-22T02:00:00Z",
			change: func(w *Want) { w.Outputs[1].Unasked = true },
			held:   []ledger.Held{held("b", "2026-11-20")},
			want:   "pull 2026-11-20 a:new\npull 2026-11-21 a:new\nwaiting 2026-11-22..2026-11-23 1: " + waiting + "\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := want(test.window)
			if test.change != nil {
				test.change(w)
			}
			l := ledger.New(ledger.Key{}, test.held...)
			l.Failed, l.Left = test.failed, test.left
			w.Slices = w.Window.Named(at(test.now))
			part, err := Subtract(w, l, at(test.now), observing(test.disk))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, text(part)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSubtractAgainstModel holds the formula: what is planned, waits, is lost
// or is held are together exactly the wanted (output, slice) pairs, and doing
// the pulls leaves nothing to do.
func TestSubtractAgainstModel(t *testing.T) { rapid.Check(t, subtractAgainstModel) }

func FuzzSubtract(f *testing.F) { f.Fuzz(rapid.MakeFuzz(subtractAgainstModel)) }

func subtractAgainstModel(t *rapid.T) {
	spec := config.Window{
		Every: &calendar.Duration{N: rapid.IntRange(1, 30).Draw(t, "n"), Unit: rapid.SampledFrom([]calendar.Unit{calendar.Hour, calendar.Day}).Draw(t, "unit")},
		From:  at("2026-11-01"),
	}
	if rapid.Bool().Draw(t, "revisits") {
		for range rapid.IntRange(1, 3).Draw(t, "readings") {
			spec.Revisit = append(spec.Revisit, calendar.Duration{N: rapid.IntRange(1, 48).Draw(t, "revisit"), Unit: calendar.Hour})
		}
	}
	w := want(spec)
	if rapid.Bool().Draw(t, "limited") {
		w.Retention = &calendar.Duration{N: rapid.IntRange(1, 20).Draw(t, "retention"), Unit: calendar.Day}
	}
	now := at("2026-11-01").Add(time.Duration(rapid.IntRange(0, 30*24*60).Draw(t, "minutes")) * time.Minute)
	wanted := 0
	var l ledger.Ledger
	conditions := map[place.Place]place.Condition{}
	w.Slices = w.Window.Named(now)
	for i := range w.Slices {
		s := &w.Slices[i]
		for _, o := range w.Outputs {
			wanted++
			target, _ := o.Resolve(s)
			path, definition := target.Place, target.Definition
			if rapid.IntRange(0, 2).Draw(t, "state") == 0 {
				l.Hold(ledger.Held{
					Output: o.Output, From: s.From, To: s.To, Place: path, Final: rapid.Bool().Draw(t, "final"),
					Definition: rapid.SampledFrom([]string{definition, "other"}).Draw(t, "definition"),
				})
				conditions[path] = rapid.SampledFrom([]place.Condition{place.Intact, place.Missing, place.Altered}).Draw(t, "condition")
			}
		}
	}
	observe := observing(conditions)
	part, err := Subtract(w, &l, now, observe)
	if err != nil {
		t.Fatal(err)
	}
	planned := 0
	for _, pull := range part.Pulls {
		if !pull.Final {
			t.Fatalf("%s is planned before it has settled", pull.Label)
		}
		for _, o := range pull.Outputs {
			planned++
			l.Hold(ledger.Held{
				Output: o.Output, From: pull.From, To: pull.To, Place: o.Place, Definition: o.Definition,
				Final: pull.Final, Revisited: pull.Revisit,
			})
			conditions[o.Place] = place.Intact
		}
	}
	rest := 0
	for _, gaps := range [][]Gap{part.Lost, part.Waiting} {
		for _, g := range gaps {
			rest += g.Slices
		}
	}
	if most := planned + part.Held + 2*rest; planned+part.Held+rest > wanted || most < wanted {
		t.Fatalf("%d planned, %d held, %d slices out of reach; %d wanted", planned, part.Held, rest, wanted)
	}
	again, err := Subtract(w, &l, now, observe)
	if err != nil || len(again.Pulls) != 0 {
		t.Fatalf("after all pulls there are still %v, %v", again.Pulls, err)
	}
}

func TestConflicts(t *testing.T) {
	now := at("2026-11-22T02:00:00Z")
	to := func(output, path string) WantOutput {
		return WantOutput{Output: output, Resolve: func(s *window.Named) (Target, error) {
			return Target{Place: place.Place(strings.ReplaceAll(path, "DAY", s.From.Format(time.DateOnly))), Definition: "def"}, nil
		}}
	}
	one, other := want(daily()), want(daily())
	one.Slices, other.Slices = one.Window.Named(now), other.Window.Named(now)
	one.Outputs = []WantOutput{to("a", "x/DAY"), to("b", string(place.Console)), to("c", "c/DAY")}
	other.Tenant, other.Outputs = "tenant.u", []WantOutput{to("a", "y/DAY"), to("d", "c/2026-11-20"), {Output: "e", Unasked: true}}
	// What is held counts too.
	l := &ledger.Ledger{}
	l.Hold(ledger.Held{Output: "c", From: at("2026-11-20"), To: at("2026-11-21"), Place: "c/2026-11-20", Definition: "def", Final: true})
	found, planned := 0, 2
	var twins []Conflict
	find := func(limit int) []Conflict {
		t.Helper()
		var parts []Part
		wants := []Want{*one, *other}
		for i := range wants {
			if i >= planned {
				part, err := Destinations(&wants[i])
				if err != nil {
					t.Fatal(err)
				}
				parts = append(parts, part)
				continue
			}
			part, err := Subtract(&wants[i], l, now, func(*ledger.Held) (place.Condition, error) { return place.Intact, nil })
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, part)
		}
		conflicts, more, names, err := Conflicts(wants, parts, planned, limit)
		found, twins = more, names
		if err != nil {
			t.Fatal(err)
		}
		return conflicts
	}
	want := []Conflict{{
		Destination{"c/2026-11-20", "tenant.t", "report.r.x", "c", "2026-11-20"},
		Destination{"c/2026-11-20", "tenant.u", "report.r.x", "d", "2026-11-20"},
	}}
	if diff := cmp.Diff(want, find(5)); diff != "" {
		t.Error(diff)
	}
	other.Outputs = []WantOutput{to("a", "x/DAY")}
	if got := find(1); len(got) != 1 || found != 2 {
		t.Errorf("%+v and %d more", got, found)
	}
	if got := find(2); found != 1 || len(got) != 2 || got[0].First.Label != "2026-11-20" || got[1].Second.Label != "2026-11-21" {
		t.Errorf("%+v", got)
	}
	// What is not planned must not be overwritten either; what does not concern
	// the plan is none of its business.
	planned = 1
	if got := find(5); len(got) != 3 {
		t.Errorf("%+v", got)
	}
	planned = 2
	other.Outputs = []WantOutput{to("a", "z/DAY")}
	if got := find(5); got != nil {
		t.Errorf("%+v", got)
	}
	planned = 1
	other.Outputs = []WantOutput{to("a", "z/DAY"), to("b", "z/DAY")}
	if got := find(5); got != nil {
		t.Errorf("%+v", got)
	}
	// A lost slice that stays where it is.
	planned = 2
	one.Outputs, one.Retention = []WantOutput{to("c", "elsewhere/DAY")}, dur("0d")
	other.Outputs = []WantOutput{to("d", "c/2026-11-20")}
	if got := find(5); len(got) != 1 || got[0].First.Place != "c/2026-11-20" {
		t.Errorf("%+v", got)
	}
	// Two names of one place, which is told by both, whether the slice is to be
	// written there or stays there; and two places that no key makes one.
	fold := func(p place.Place) place.Place { return place.Place(strings.ToUpper(string(p))) }
	one.Retention = nil
	one.Outputs, other.Outputs = []WantOutput{to("c", "C/DAY")}, []WantOutput{to("d", "c/DAY")}
	for _, test := range []struct {
		key  func(place.Place) place.Place
		want int
	}{{nil, 0}, {fold, 3}, {func(p place.Place) place.Place { return p }, 0}} {
		one.Outputs[0].Key, other.Outputs[0].Key = test.key, test.key
		for planned = range 3 {
			same, got := find(5), twins
			if planned == 0 && got != nil || planned > 0 && len(got) != test.want || same != nil {
				t.Errorf("%d planned: %+v and %+v, want %d", planned, same, got, test.want)
			}
			if len(got) > 0 && (got[0].First.Place != "C/2026-11-20" || got[0].Second.Place != "c/2026-11-20") {
				t.Errorf("%+v", got)
			}
		}
	}
	planned = 2
	one.Outputs, one.Retention = []WantOutput{to("c", "elsewhere/DAY")}, dur("0d")
	other.Outputs = []WantOutput{to("d", "C/DAY")}
	if got := find(5); got != nil || twins != nil {
		t.Errorf("%+v and %+v", got, twins)
	}
	one.Outputs[0].Key, other.Outputs[0].Key = fold, fold
	if got := find(5); got != nil || len(twins) != 1 || twins[0].First.Place != "c/2026-11-20" || twins[0].Second.Place != "C/2026-11-20" {
		t.Errorf("%+v and %+v", got, twins)
	}
	// One place twice and another name of it are both told, but not of a slice that
	// nothing holds and nobody can have.
	one.Outputs = []WantOutput{to("c", "x/DAY"), to("d", "X/DAY")}
	other.Outputs = []WantOutput{to("d", "X/DAY")}
	one.Outputs[0].Key, one.Outputs[1].Key, other.Outputs[0].Key = fold, fold, fold
	if got := find(9); len(got) != 2 || len(twins) != 2 || got[0].First.Place != "X/2026-11-20" || twins[0].First.Place != "x/2026-11-20" {
		t.Errorf("%+v and %+v", got, twins)
	}
}

func TestReadWrite(t *testing.T) {
	p := &Plan{
		Header:  Header{Version: FormatVersion, Tool: "0.1.0", Configuration: "c", Now: at("2026-11-20")},
		Pulls:   []Pull{{Tenant: "t", From: at("2026-11-01"), To: at("2026-11-02"), Outputs: []PullOutput{{Output: "a", Reason: New}}}},
		Orphans: []Orphan{{Place: "p", Why: "tenant"}}, Lost: []Gap{{Slices: 3}}, Held: 4,
	}
	var b strings.Builder
	if err := Write(&b, p); err != nil {
		t.Fatal(err)
	}
	back, err := Read(strings.NewReader("\ufeff" + b.String())) // as an editor on Windows saves it
	if err != nil {
		t.Fatal(err)
	}
	if back.Digest != Digest(p) || len(back.Digest) != 64 {
		t.Errorf("the digest is %q", back.Digest)
	}
	if back.Digest = ""; cmp.Diff(p, back) != "" {
		t.Error(cmp.Diff(p, back))
	}
	for _, bad := range []string{"", "{}", b.String()[:40], strings.Replace(b.String(), `"version": 2`, `"version": 9`, 1)} {
		if _, err := Read(strings.NewReader(bad)); err == nil {
			t.Errorf("%.40q is read as a plan", bad)
		}
	}
}
