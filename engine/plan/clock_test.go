package plan

import (
	"testing"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
)

// A want is planned by the earlier of two clocks, as far as the ledger knows the
// other one.
func TestEarlierClock(t *testing.T) {
	const day = 24 * time.Hour
	daily := config.Window{Every: dur("1d"), From: at("2026-11-25"), To: at("2026-12-01")}
	open := daily
	open.Open = true
	now := at("2026-11-29T12:00:00Z")
	for name, test := range map[string]struct {
		window  config.Window
		ahead   time.Duration
		machine string
		change  func(*Want)
		pulls   string // days of the slices
		final   int    // so many of them
		waiting string // days from and to, and until when
		lost    int
	}{
		"nothing is known":           {window: daily, pulls: "25 26 27 28", final: 4, waiting: "29-30 2026-11-30T02:00:00Z"},
		"two days ahead":             {window: daily, ahead: 2 * day, pulls: "25 26", final: 2, waiting: "27-30 2026-11-28T02:00:00Z"},
		"behind":                     {window: daily, ahead: -2 * day, pulls: "25 26 27 28", final: 4, waiting: "29-30 2026-11-30T02:00:00Z"},
		"another machine is":         {window: daily, ahead: 2 * day, machine: "other", pulls: "25 26 27 28", final: 4, waiting: "29-30 2026-11-30T02:00:00Z"},
		"ahead, and a window open":   {window: open, ahead: 2 * day, pulls: "25 26 27", final: 2, waiting: "28-30 2026-11-28T00:00:00Z"},
		"ahead, and a trailing one":  {window: config.Window{Last: dur("1d"), Align: dur("1d")}, ahead: 2 * day, pulls: "26", final: 1},
		"nothing known, trailing":    {window: config.Window{Last: dur("1d"), Align: dur("1d")}, pulls: "28", final: 1},
		"lost by this machine alone": {window: daily, ahead: 2 * day, change: func(w *Want) { w.Retention = dur("2d") }, pulls: "25 26", final: 2, waiting: "27-30 2026-11-28T02:00:00Z"},
		"lost, as far as is known":   {window: daily, change: func(w *Want) { w.Retention = dur("2d") }, pulls: "27 28", final: 2, waiting: "29-30 2026-11-30T02:00:00Z", lost: 2},
		"a snapshot to come":         {window: daily, ahead: day, change: func(w *Want) { w.Snapshot = true }, pulls: "28", final: 1, waiting: "29-30 2026-11-29T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			w := want(test.window)
			w.Machine, w.Settle = "m", *dur("2h")
			if test.change != nil {
				test.change(w)
			}
			w.Slices = w.Window.Named(now)
			l := ledger.New(w.Key())
			if test.machine == "" {
				test.machine = "m"
			}
			l.Compare(test.machine, test.ahead, now)
			part, err := Subtract(w, l, w.Earlier(l, now), observing(nil))
			if err != nil {
				t.Fatal(err)
			}
			pulls, final, lost, waiting := "", 0, 0, ""
			for _, p := range part.Pulls {
				pulls += p.From.Format(" 02")
				if p.Final {
					final++
				}
			}
			for _, g := range part.Lost {
				lost += g.Slices
			}
			for i, g := range part.Waiting {
				if i == 0 {
					waiting = g.From.Format("02") + "-" + part.Waiting[len(part.Waiting)-1].To.Format("02") + g.Until.Format(" 2006-01-02T15:04:05Z")
				}
			}
			if pulls != " "+test.pulls || final != test.final || lost != test.lost || waiting != test.waiting {
				t.Errorf("pulls of%s, %d of them final, %d lost, waiting %s", pulls, final, lost, waiting)
			}
		})
	}
}

func TestClockOf(t *testing.T) {
	if c := ClockOf([]time.Duration{0, OffClock, -OffClock}); c != nil {
		t.Errorf("clocks that hardly differ: %+v", c)
	}
	if c := ClockOf([]time.Duration{0, OffClock + 1, -time.Hour, time.Minute, 10 * time.Minute}); c == nil || *c != (Clock{Ahead: ledger.Seconds(-time.Hour), Ledgers: 3}) {
		t.Errorf("%+v", c)
	}
}
