package plan

import (
	"testing"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
)

func TestAdvised(t *testing.T) {
	for after, want := range map[time.Duration]string{
		time.Second:                     "15m",
		15 * time.Minute:                "15m",
		17 * time.Minute:                "30m",
		46 * time.Minute:                "45m",
		50 * time.Minute:                "1h",
		6*time.Hour + time.Second:       "6h",
		6*time.Hour + 2*time.Minute:     "7h",
		24*time.Hour + 30*time.Second:   "24h",
		25 * time.Hour:                  "25h",
		72 * time.Hour:                  "72h",
		73 * time.Hour:                  "4d",
		7*24*time.Hour + 40*time.Second: "7d",
	} {
		if got, ok := Advised(&ledger.Lateness{Late: 1, After: ledger.Seconds(after)}); !ok || got.String() != want {
			t.Errorf("what was there %v after the end: %v, want %s", after, got, want)
		}
	}
	if got, ok := Advised(&ledger.Lateness{Events: 100}); ok {
		t.Errorf("without late events: %v", got)
	}
}

func TestLatenessOf(t *testing.T) {
	one := &ledger.Lateness{Events: 10, Late: 1, ByRows: 1, After: 5}
	list := LatenessOf([]Coverage{{Type: "b", Lateness: one}, {Type: "a"}, {Type: "a", Lateness: &ledger.Lateness{Events: 3}}, {Type: "b", Lateness: one}})
	if len(list) != 2 || list[0].Type != "b" || list[0].Events != 20 || list[0].Late != 2 || list[0].After != 5 || list[1].Type != "a" || list[1].Events != 3 {
		t.Errorf("%+v", list)
	}
}

// Every reading that is due is one, however many were missed; entries of earlier
// versions say when they were read.
func TestDue(t *testing.T) {
	from := at("2026-11-20")
	for name, test := range map[string]struct {
		now   string
		held  func(*ledger.Held)
		proof time.Time
		due   bool
	}{
		"before the first":         {now: "2026-11-21T05:59:59Z"},
		"the first":                {now: "2026-11-21T06:00:00Z", due: true},
		"after the first":          {now: "2026-11-21T10:00:00Z", held: func(h *ledger.Held) { h.Revisited, h.ReadAfter = true, 6*time.Hour }},
		"the second":               {now: "2026-11-22T00:00:00Z", held: func(h *ledger.Held) { h.Revisited, h.ReadAfter = true, 7*time.Hour }, due: true},
		"two were missed":          {now: "2026-11-29T00:00:00Z", due: true},
		"two were missed and done": {now: "2026-11-29T00:00:00Z", held: func(h *ledger.Held) { h.Revisited, h.ReadAfter = true, 9*24*time.Hour }},
		"an earlier version's":     {now: "2026-11-29T00:00:00Z", held: func(h *ledger.Held) { h.Revisited = true }, proof: at("2026-11-22T01:00:00Z"), due: true},
		"an earlier version's, of late": {
			now: "2026-11-29T00:00:00Z", held: func(h *ledger.Held) { h.Revisited = true }, proof: at("2026-11-28T01:00:00Z"),
		},
	} {
		w := want(config.Window{Every: dur("1d"), From: from, To: from.AddDate(0, 0, 1), Revisit: durs("6h", "24h", "7d")})
		l := ledger.New(w.Key())
		w.Slices = w.Window.Named(at("2026-11-20T12:00:00Z"))
		for i := range w.Outputs {
			target, _ := w.Outputs[i].Resolve(&w.Slices[0])
			h := ledger.Held{Output: w.Outputs[i].Output, From: from, To: from.AddDate(0, 0, 1), Place: target.Place, Definition: target.Definition, Final: true}
			if test.held != nil {
				test.held(&h)
			}
			l.Hold(h.With(ledger.Proof{FetchedAt: test.proof}))
		}
		part, err := Subtract(w, l, at(test.now), observing(nil))
		if err != nil {
			t.Fatal(err)
		}
		if len(part.Pulls) > 0 != test.due {
			t.Errorf("%s: %d pulls", name, len(part.Pulls))
		}
		for _, pull := range part.Pulls {
			if !pull.Revisit || pull.Outputs[0].Reason != Revisit {
				t.Errorf("%s: %+v", name, pull)
			}
		}
	}
}
