package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/place"
)

// What can be made from a file is not asked for again, and only that.
func TestDerive(t *testing.T) {
	one := config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21")}
	a, b := held("a", "2026-11-20"), held("b", "2026-11-20")
	with := func(h ledger.Held, change func(*ledger.Held)) ledger.Held {
		change(&h)
		return h
	}
	tests := []struct {
		name   string
		window config.Window
		held   []ledger.Held
		failed []ledger.Failed
		disk   map[place.Place]place.Condition
		change func(*Want)
		now    string
		want   string // reason of each lacking output, and the source
	}{
		{name: "an output added later", held: []ledger.Held{a}, want: "b:derived from a/2026-11-20"},
		{name: "its file is gone", held: []ledger.Held{a, b}, disk: map[place.Place]place.Condition{"b/2026-11-20": place.Missing}, want: "b:missing from a/2026-11-20"},
		{name: "its file is another", held: []ledger.Held{a, b}, disk: map[place.Place]place.Condition{"b/2026-11-20": place.Altered}, want: "b:altered from a/2026-11-20"},
		{name: "other options", held: []ledger.Held{a, with(b, func(h *ledger.Held) { h.Definition = "old" })}, want: "b:changed from a/2026-11-20"},
		{name: "its last try failed", held: []ledger.Held{a}, failed: []ledger.Failed{{Output: "b", From: b.From, To: b.To}}, want: "b:failed from a/2026-11-20"},
		{name: "nothing holds it", want: "a:new b:new"},
		{name: "the other file is gone", held: []ledger.Held{a}, disk: map[place.Place]place.Condition{"a/2026-11-20": place.Missing}, want: "a:missing b:new"},
		{name: "the other file has another definition", held: []ledger.Held{with(a, func(h *ledger.Held) { h.Definition = "old" })}, want: "a:changed b:new"},
		{name: "the other file does not hold events as they came", held: []ledger.Held{b}, want: "a:new"},
		{name: "the console holds nothing", held: []ledger.Held{with(a, func(h *ledger.Held) { h.Place = place.Console })}, change: func(w *Want) {
			w.Outputs[0].Resolve = func(*window.Named) (Target, error) {
				return Target{Place: place.Console, Definition: "def", Verbatim: true}, nil
			}
		}, want: "b:new"},
		{name: "the slice was not final", held: []ledger.Held{with(a, func(h *ledger.Held) { h.Final = false })}, want: "a:open b:new"},
		{
			name: "a second reading is due", window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21"), Revisit: durs("1h")},
			held: []ledger.Held{a}, want: "a:revisit b:new",
		},
		{
			name:   "the output is due for a second reading, the other has had it",
			window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21"), Revisit: durs("1h")},
			held:   []ledger.Held{with(a, func(h *ledger.Held) { h.Revisited = true }), b}, want: "b:revisit",
		},
		{name: "the service has it no longer", held: []ledger.Held{a}, now: "2027-11-20", change: func(w *Want) { w.Retention = dur("7d") }, want: "b:derived from a/2026-11-20"},
		{name: "a snapshot of long ago", held: []ledger.Held{a}, now: "2027-11-20", change: func(w *Want) { w.Snapshot = true }, want: "b:derived from a/2026-11-20"},
		{name: "from an output that is declared and not asked for", held: []ledger.Held{a}, change: func(w *Want) { w.Outputs[0].Unasked = true }, want: "b:derived from a/2026-11-20"},
		{
			name:   "the service has it no longer, and a second reading would be due",
			window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21"), Revisit: durs("1h")},
			held:   []ledger.Held{a}, now: "2027-11-20", change: func(w *Want) { w.Retention = dur("7d") }, want: "b:derived from a/2026-11-20",
		},
		{
			name: "the service has it no longer, and the slice was not final",
			held: []ledger.Held{with(a, func(h *ledger.Held) { h.Final = false })}, now: "2027-11-20", change: func(w *Want) { w.Retention = dur("7d") }, want: "b:derived from a/2026-11-20",
		},
		{
			name: "the service has it no longer, and the other output has another definition",
			held: []ledger.Held{with(a, func(h *ledger.Held) { h.Definition = "old" })}, now: "2027-11-20", change: func(w *Want) { w.Retention = dur("7d") }, want: "",
		},
		{name: "trusted, and there", held: []ledger.Held{a}, change: func(w *Want) { w.TrustLedger = true }, want: "b:derived from a/2026-11-20"},
		{name: "trusted, and gone", held: []ledger.Held{a}, disk: map[place.Place]place.Condition{"a/2026-11-20": place.Missing}, change: func(w *Want) { w.TrustLedger = true }, want: "b:new"},
		{name: "trusted, not asked for, and there", held: []ledger.Held{a}, change: func(w *Want) { w.TrustLedger, w.Outputs[0].Unasked = true, true }, want: "b:derived from a/2026-11-20"},
		{name: "trusted, not asked for, and gone", held: []ledger.Held{a}, disk: map[place.Place]place.Condition{"a/2026-11-20": place.Altered}, change: func(w *Want) { w.TrustLedger, w.Outputs[0].Unasked = true, true }, want: "b:new"},
		{name: "from one whose file is gone", held: []ledger.Held{a}, disk: map[place.Place]place.Condition{"a/2026-11-20": place.Missing}, change: func(w *Want) { w.Outputs[0].Unasked = true }, want: "b:new"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.window.Every == nil {
				test.window = one
			}
			if test.now == "" {
				test.now = "2026-11-22"
			}
			w := want(test.window)
			plain := w.Outputs[0].Resolve
			w.Outputs[0].Resolve = func(s *window.Named) (Target, error) {
				target, err := plain(s)
				target.Verbatim = true
				return target, err
			}
			if test.change != nil {
				test.change(w)
			}
			w.Slices = w.Window.Named(at(test.now))
			l := ledger.New(ledger.Key{}, test.held...)
			l.Failed = test.failed
			part, err := Subtract(w, l, at(test.now), observing(test.disk))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, pull := range part.Pulls {
				for i, o := range pull.Outputs {
					if i > 0 {
						got += " "
					}
					got += o.Output + ":" + string(o.Reason)
				}
				if pull.Source != nil {
					got += " from " + pull.Source.Place.Text()
					if pull.Source.SHA256 != "sha" || pull.Source.Output != "a" {
						t.Errorf("the source is %+v", pull.Source)
					}
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" || len(part.Orphans) != 0 {
				t.Error(diff, part.Orphans)
			}
		})
	}
}

// A slice is pulled once: what has to be asked for again brings all outputs that
// lack it with it, unless the service has it no longer.
func TestOneSliceOnePull(t *testing.T) {
	revisited := held("c", "2026-11-20")
	revisited.Revisited = true
	for now, wanted := range map[string]string{
		"2026-11-22": "pull 2026-11-20 a:revisit b:new revisit\nheld 1\n",
		"2027-11-20": "pull 2026-11-20 b:derived revisit\nlost 2026-11-20..2026-11-21 1: the service keeps events for 7d, since 2027-11-13; what is held stays as it is\nheld 1\n",
	} {
		t.Run(now, func(t *testing.T) {
			w := want(config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21"), Revisit: durs("1h")})
			w.Retention = dur("7d")
			w.Outputs = append(w.Outputs, WantOutput{Output: "c", Resolve: func(s *window.Named) (Target, error) {
				return Target{Place: place.Place("c/" + s.Label), Definition: "def", Verbatim: true}, nil
			}})
			w.Slices = w.Window.Named(at(now))
			part, err := Subtract(w, ledger.New(ledger.Key{}, held("a", "2026-11-20"), revisited), at(now), observing(nil))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wanted, text(part)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
