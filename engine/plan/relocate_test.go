package plan

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/place"
)

// movable is a Want whose outputs can move what they wrote.
func movable(spec config.Window) *Want {
	w := want(spec)
	for i := range w.Outputs {
		w.Outputs[i].Relocates = true
	}
	return w
}

// heldAt is a final entry for a day, at a place.
func heldAt(output, day string, at place.Place) ledger.Held {
	h := held(output, day)
	h.Place = at
	return h
}

func TestSubtractRelocates(t *testing.T) {
	const now = "2026-11-21T10:00:00Z" // one slice has settled
	spec := config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21")}
	left := func(l *ledger.Ledger, p place.Place, relocated bool) {
		l.Left = append(l.Left, ledger.Left{Output: "a", From: at("2026-11-20"), To: at("2026-11-21"), Place: p, SHA256: "sha", Relocated: relocated})
	}
	// On the disk everything is at its place, and nothing where it is wanted.
	nowhere := map[place.Place]place.Condition{"a/2026-11-20": place.Missing, "b/2026-11-20": place.Missing}
	for _, test := range []struct {
		name   string
		want   func(*Want)
		held   []ledger.Held
		ledger func(*ledger.Ledger)
		disk   map[place.Place]place.Condition
		text   string
		from   string // of what is relocated, in order
	}{
		{
			name: "a path that changed", held: []ledger.Held{heldAt("a", "2026-11-20", "old/a"), held("b", "2026-11-20")},
			text: "pull 2026-11-20 a:relocated\nheld 1\n", from: "old/a",
		},
		{
			name: "both outputs", held: []ledger.Held{heldAt("a", "2026-11-20", "old/a"), heldAt("b", "2026-11-20", "old/b")},
			text: "pull 2026-11-20 a:relocated\npull 2026-11-20 b:relocated\n", from: "old/a old/b",
		},
		{
			name: "another definition too", held: []ledger.Held{func() ledger.Held { h := heldAt("a", "2026-11-20", "old/a"); h.Definition = "x"; return h }(), held("b", "2026-11-20")},
			text: "pull 2026-11-20 a:changed\nheld 1\n",
		},
		{
			name: "an output that cannot", want: func(w *Want) { w.Outputs[0].Relocates = false },
			held: []ledger.Held{heldAt("a", "2026-11-20", "old/a"), held("b", "2026-11-20")}, text: "pull 2026-11-20 a:changed\nheld 1\n",
		},
		{
			name: "another kind of place", held: []ledger.Held{heldAt("a", "2026-11-20", place.New("table", "t", "1")), held("b", "2026-11-20")},
			text: "pull 2026-11-20 a:changed\nheld 1\n",
		},
		{
			name: "what was printed", held: []ledger.Held{heldAt("a", "2026-11-20", place.Console), held("b", "2026-11-20")},
			text: "pull 2026-11-20 a:changed\nheld 1\n",
		},
		{
			name: "gone", held: []ledger.Held{heldAt("a", "2026-11-20", "old/a"), held("b", "2026-11-20")}, disk: map[place.Place]place.Condition{"old/a": place.Missing, "a/2026-11-20": place.Missing},
			text: "pull 2026-11-20 a:missing\nheld 1\n",
		},
		{
			name: "altered", held: []ledger.Held{heldAt("a", "2026-11-20", "old/a"), held("b", "2026-11-20")}, disk: map[place.Place]place.Condition{"old/a": place.Altered, "a/2026-11-20": place.Altered},
			text: "pull 2026-11-20 a:altered\nheld 1\n",
		},
		{
			name: "there already, and gone from where it was", held: []ledger.Held{heldAt("a", "2026-11-20", "old/a"), held("b", "2026-11-20")}, disk: map[place.Place]place.Condition{"old/a": place.Missing},
			text: "pull 2026-11-20 a:relocated\nheld 1\n", from: "old/a",
		},
		{
			name: "without looking", want: func(w *Want) { w.TrustLedger = true }, held: []ledger.Held{heldAt("a", "2026-11-20", "old/a"), held("b", "2026-11-20")},
			disk: map[place.Place]place.Condition{"old/a": place.Missing, "a/2026-11-20": place.Missing}, text: "pull 2026-11-20 a:relocated\nheld 1\n", from: "old/a",
		},
		{
			name: "what the service has no longer", want: func(w *Want) { w.Retention = dur("1h") }, held: []ledger.Held{heldAt("a", "2026-11-20", "old/a"), heldAt("b", "2026-11-20", "old/b")},
			text: "pull 2026-11-20 a:relocated\npull 2026-11-20 b:relocated\n", from: "old/a old/b",
		},
		{
			name: "to be read again", held: []ledger.Held{func() ledger.Held { h := heldAt("a", "2026-11-20", "old/a"); h.Final = false; return h }(), held("b", "2026-11-20")},
			text: "pull 2026-11-20 a:open\npull 2026-11-20 a:relocated not-final\nheld 1\n", from: "old/a",
		},
		{
			name: "not asked for", want: func(w *Want) { w.Outputs[0].Unasked = true }, held: []ledger.Held{heldAt("a", "2026-11-20", "old/a"), held("b", "2026-11-20")},
			text: "held 1\n",
		},
		{
			name: "something is left of one that was cut off", held: []ledger.Held{held("a", "2026-11-20"), held("b", "2026-11-20")}, ledger: func(l *ledger.Ledger) { left(l, "old/a", true) }, disk: map[place.Place]place.Condition{},
			text: "pull 2026-11-20 a:relocated\nheld 2\n", from: "a/2026-11-20 leaving old/a",
		},
		{
			name: "what is left is an orphan", held: []ledger.Held{held("a", "2026-11-20"), held("b", "2026-11-20")}, ledger: func(l *ledger.Ledger) { left(l, "old/a", false) }, disk: map[place.Place]place.Condition{},
			text: "orphan old/a path\nheld 2\n",
		},
		{
			name: "cut off, and on to another place", held: []ledger.Held{heldAt("a", "2026-11-20", "aside"), held("b", "2026-11-20")}, ledger: func(l *ledger.Ledger) { left(l, "old/a", true); left(l, "older/a", false) },
			text: "pull 2026-11-20 a:relocated\norphan older/a path\nheld 1\n", from: "aside leaving old/a",
		},
		{
			name: "cut off, and gone since", held: []ledger.Held{held("a", "2026-11-20"), held("b", "2026-11-20")}, ledger: func(l *ledger.Ledger) { left(l, "old/a", true) }, disk: map[place.Place]place.Condition{"a/2026-11-20": place.Missing},
			text: "pull 2026-11-20 a:missing\norphan old/a path\nheld 1\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := movable(spec)
			if test.want != nil {
				test.want(w)
			}
			w.Slices = w.Window.Named(at(now))
			l := ledger.New(ledger.Key{Tenant: "tenant.t", Report: "report.r.x"}, test.held...)
			if test.ledger != nil {
				test.ledger(l)
			}
			disk := test.disk
			if disk == nil {
				disk = map[place.Place]place.Condition{}
				for p, c := range nowhere {
					disk[p] = c
				}
				for _, h := range test.held {
					delete(disk, h.Place)
				}
			}
			part, err := Subtract(w, l, at(now), observing(disk))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.text, text(part)); diff != "" {
				t.Error(diff)
			}
			var from []string
			for i := range part.Pulls {
				if p := &part.Pulls[i]; p.Relocates() {
					one := string(p.Outputs[0].From)
					for _, left := range p.Outputs[0].Leaves {
						one += " leaving " + string(left)
					}
					from = append(from, one)
				}
			}
			if got := strings.Join(from, " "); got != test.from {
				t.Errorf("they come from %q, want %q", got, test.from)
			}
			if part.work.sample.Rows > 0 && len(part.Lost) > 0 {
				t.Error("what is relocated counts as work")
			}
			if c := Cover(w, &part, l, at(now)); test.from != "" && !strings.Contains(test.text, "open") && c.Slices.Held != 1 {
				t.Errorf("the coverage is %+v", c.Slices)
			}
		})
	}
}

// What cannot be looked at where it is wanted is no reason to fail: the move says.
func TestSubtractRelocatesUnseen(t *testing.T) {
	w := movable(config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21")})
	now := at("2026-11-21T10:00:00Z")
	w.Slices = w.Window.Named(now)
	l := ledger.New(ledger.Key{Tenant: "tenant.t", Report: "report.r.x"}, heldAt("a", "2026-11-20", "old/a"), held("b", "2026-11-20"))
	part, err := Subtract(w, l, now, func(h *ledger.Held) (place.Condition, error) {
		if h.Place == "a/2026-11-20" {
			return place.Unreadable, errors.New("no permission")
		}
		return place.Intact, nil
	})
	if err != nil || len(part.Pulls) != 1 || !part.Pulls[0].Relocates() {
		t.Errorf("%v\n%s", err, text(part))
	}
}

// The place that something leaves is free for others, also where the slice itself
// cannot be read again.
func TestRelocatedPlaceIsFree(t *testing.T) {
	now := at("2026-11-21T10:00:00Z")
	one, other := movable(config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-21")}), want(daily())
	one.Slices, one.Retention = one.Window.Named(now), dur("1h")
	open := heldAt("a", "2026-11-20", "old/a")
	open.Final = false
	l := ledger.New(ledger.Key{Tenant: "tenant.t", Report: "report.r.x"}, open, held("b", "2026-11-20"))
	part, err := Subtract(one, l, now, observing(map[place.Place]place.Condition{"a/2026-11-20": place.Missing}))
	if err != nil || len(part.Pulls) != 1 || !part.Pulls[0].Relocates() || len(part.Lost) != 1 {
		t.Fatalf("%v\n%s", err, text(part))
	}
	other.Slices = one.Slices
	other.Outputs = other.Outputs[:1]
	other.Outputs[0].Resolve = func(*window.Named) (Target, error) { return Target{Place: "old/a", Definition: "def"}, nil }
	rest, err := Destinations(other)
	if err != nil {
		t.Fatal(err)
	}
	if conflicts, _, names, err := Conflicts([]Want{*one, *other}, []Part{part, rest}, 2, 5); len(conflicts)+len(names) > 0 || err != nil {
		t.Errorf("%+v, %+v, %v", conflicts, names, err)
	}
}

// plain are names of which every place has one.
type plain struct{}

func (plain) Name(_ string, p place.Place) place.Place  { return p }
func (plain) Aside(_ string, p place.Place) place.Place { return p + "~" }

// lower are names without regard to case.
type lower struct{ plain }

func (lower) Name(_ string, p place.Place) place.Place {
	return place.Place(strings.ToLower(string(p)))
}

// going are pulls that relocate, as "x>y" and "x>y,left"; "tenant:" before it names
// a ledger, and "+" a pull that does not.
func going(texts ...string) []Pull {
	var pulls []Pull
	for _, text := range texts {
		tenant, hop, ok := strings.Cut(text, ":")
		if !ok {
			tenant, hop = "t", text
		}
		from, to, moves := strings.Cut(hop, ">")
		p := Pull{Tenant: tenant, Report: "r", Label: hop, Outputs: []PullOutput{{Output: "o", Reason: New, Place: place.Place(from)}}}
		if moves {
			to, left, leaves := strings.Cut(to, ",")
			p.Outputs[0] = PullOutput{Output: "o", Reason: Relocated, From: place.Place(from), Place: place.Place(to)}
			if leaves {
				p.Outputs[0].Leaves = []place.Place{place.Place(left)}
			}
		}
		pulls = append(pulls, p)
	}
	return pulls
}

func TestRelocations(t *testing.T) {
	for _, test := range []struct {
		name   string
		pulls  []string
		names  Names
		runs   string // divided by |
		others string
	}{
		{"none", []string{"a", "b"}, plain{}, "", "a b"},
		{"side by side, a run for each ledger", []string{"a>b", "t:c>d", "u:e>f", "g", "u:h>i"}, plain{}, "a>b c>d|e>f h>i", "g"},
		{"a chain", []string{"a>b", "b>c", "c>d", "x>y"}, plain{}, "c>d b>c a>b|x>y", ""},
		{"a chain over ledgers", []string{"t:b>c", "u:a>b"}, plain{}, "b>c a>b", ""},
		{"a chain that is met in its middle", []string{"b>c", "c>d", "a>b"}, plain{}, "c>d b>c a>b", ""},
		{"two change places", []string{"a>b", "b>a"}, plain{}, "a>b~ b>a", ""},
		{"a circle of three", []string{"a>b", "b>c", "c>a", "x>y"}, plain{}, "a>b~ c>a b>c|x>y", ""},
		{"two circles", []string{"a>b", "c>d", "b>a", "d>c"}, plain{}, "a>b~ b>a|c>d~ d>c", ""},
		{"case alone, told apart", []string{"A>a", "b>c"}, plain{}, "A>a b>c", ""},
		{"case alone", []string{"A>a", "b>c"}, lower{}, "A>a~|b>c", ""},
		{"two names without regard to case", []string{"a>x", "b>A"}, lower{}, "a>x b>A", ""},
		{"a circle without regard to case", []string{"a>B", "b>A"}, lower{}, "a>B~ b>A", ""},
		{"what is left somewhere", []string{"y>y,x", "a>x"}, plain{}, "y>y,x a>x", ""},
		{"what is left where it goes back to", []string{"y>x,x", "a>b"}, plain{}, "y>x,x a>b", ""},
		{"what is left in a circle that was cut off", []string{"q>b,a", "b>c", "c>a"}, plain{}, "q>b,a~ c>a b>c", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			pulls := going(test.pulls...)
			Detour(pulls, test.names)
			runs, others := Relocations(pulls, test.names)
			render := func(list []Pull) string {
				var names []string
				for _, p := range list {
					name := p.Label
					if p.Outputs[0].Via != "" {
						name += "~"
						if p.Outputs[0].Via != p.Outputs[0].Place+"~" {
							t.Errorf("%s goes by %s", p.Label, p.Outputs[0].Via)
						}
					}
					names = append(names, name)
				}
				return strings.Join(names, " ")
			}
			var got []string
			for _, run := range runs {
				got = append(got, render(run))
			}
			if strings.Join(got, "|") != test.runs || render(others) != test.others {
				t.Errorf("got %s and then %s, want %s and %s", strings.Join(got, "|"), render(others), test.runs, test.others)
			}
		})
	}
}

// A run of what goes side by side is bounded.
func TestRelocationsAreDivided(t *testing.T) {
	var texts []string
	for i := range 600 {
		texts = append(texts, strings.Repeat("x", i+1)+">"+strings.Repeat("y", i+1))
	}
	runs, _ := Relocations(going(texts...), plain{})
	if len(runs) != 3 || len(runs[0]) != 256 || len(runs[2]) != 600-2*256 {
		t.Errorf("%d runs", len(runs))
	}
}
