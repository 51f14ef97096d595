package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/limits"
	"github.com/reportform/reportform/internal/place"
)

// subtracted is the plan of some wants and their ledgers.
func subtracted(t *testing.T, now time.Time, wants []Want, ledgers []*ledger.Ledger, observe func(*ledger.Held) (place.Condition, error)) *Plan {
	t.Helper()
	parts := make([]Part, len(wants))
	p := &Plan{Header: Header{Now: now}}
	for i := range wants {
		wants[i].Slices = wants[i].Window.Named(now)
		var err error
		if parts[i], err = Subtract(&wants[i], ledgers[i], now, observe); err != nil {
			t.Fatal(err)
		}
	}
	p.Add(parts, 0)
	p.Estimate = EstimateOf(wants, parts, Parallel{10, 4})
	p.Assess(wants, parts)
	return p
}

// days are entries of consecutive days.
func days(output, first string, n int) (list []ledger.Held) {
	for i := range n {
		list = append(list, held(output, at(first).AddDate(0, 0, i).Format(time.DateOnly)))
	}
	return list
}

// hazards renders those of a plan, a line each.
func hazards(p *Plan) string {
	var b strings.Builder
	for _, h := range p.Hazards {
		fmt.Fprintf(&b, "%s %s pulls=%d deletions=%d bytes=%d\n", h.Kind, strings.Join(h.About, ","), h.Pulls, h.Deletions, h.Bytes)
	}
	return b.String()
}

// An output of which nothing is there any more is not fetched again; a file or two
// that are gone are, and so is what there was little of.
func TestAllFilesMissing(t *testing.T) {
	now := at("2026-11-30T12:00:00Z")
	gone := func(output string, but ...string) func(*ledger.Held) (place.Condition, error) {
		return func(h *ledger.Held) (place.Condition, error) {
			if h.Output == output && !slices.Contains(but, h.From.Format(time.DateOnly)) {
				return place.Missing, nil
			}
			return place.Intact, nil
		}
	}
	plan := func(first string, n int, observe func(*ledger.Held) (place.Condition, error)) *Plan {
		spec := daily()
		spec.From = at(first)
		w := want(spec)
		l := ledger.New(w.Key(), append(days("a", first, n), days("b", first, n)...)...)
		return subtracted(t, now, []Want{*w}, []*ledger.Ledger{l}, observe)
	}
	p := plan("2026-11-20", 9, gone("a"))
	if got, want := hazards(p), "all_files_missing a pulls=10 deletions=0 bytes=0\nrefetches  pulls=9 deletions=0 bytes=0\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	// Everything into that output is held back, what is new too: it would lie where
	// the disk is to be. The other output gets what it lacks.
	rest, back := p.Permitted(nil)
	if len(back) != 1 || back[0].Kind != AllFilesMissing || len(rest.Pulls) != 1 || len(rest.Pulls[0].Outputs) != 1 || rest.Pulls[0].Outputs[0].Output != "b" {
		t.Errorf("%+v, held back %+v", rest.Pulls, back)
	}
	if len(p.Pulls) != 10 || len(p.Pulls[9].Outputs) != 2 {
		t.Error("the plan itself was changed")
	}
	for _, p := range []*Plan{p, {Header: p.Header, Pulls: p.Pulls, Hazards: p.Hazards, Allowed: []HazardKind{AllFilesMissing}}} {
		allowed := []HazardKind{AllFilesMissing}
		if p.Allowed != nil {
			allowed = nil
		}
		if rest, back := p.Permitted(allowed); len(back) > 0 || len(rest.Pulls) != 10 {
			t.Errorf("%d pulls, held back %+v", len(rest.Pulls), back)
		}
	}
	for name, p := range map[string]*Plan{
		"one is there": plan("2026-11-20", 9, gone("a", "2026-11-22")),
		"seven":        plan("2026-11-23", 7, gone("a")),
	} {
		if got := hazards(p); strings.Contains(got, "all_files_missing") {
			t.Errorf("%s: %s", name, got)
		}
	}
	// It is counted over all tenants.
	var wants []Want
	var ledgers []*ledger.Ledger
	for i := range 8 {
		w := want(config.Window{Last: dur("1d"), Align: dur("1d")})
		w.Tenant = fmt.Sprint("tenant.", i)
		one := held("a", "2026-11-29")
		one.Place = "a/last-1d"
		wants, ledgers = append(wants, *w), append(ledgers, ledger.New(w.Key(), one))
	}
	if got := hazards(subtracted(t, now, wants, ledgers, gone("a"))); !strings.HasPrefix(got, "all_files_missing a pulls=8") {
		t.Errorf("eight tenants: %s", got)
	}
	if got := hazards(subtracted(t, now, wants, ledgers, func(h *ledger.Held) (place.Condition, error) {
		if h.Place == "a/last-1d" && h == ledgers[3].Find("a", h.From, h.To) {
			return place.Intact, nil
		}
		return place.Missing, nil
	})); strings.Contains(got, "all_files_missing") {
		t.Errorf("seven of eight tenants: %s", got)
	}
}

// Nor is what has expired forgotten while the disk is away.
func TestExpiryOfMissingFiles(t *testing.T) {
	spec := daily()
	spec.From, spec.Keep = at("2026-11-01"), dur("10d")
	w := want(spec)
	w.Outputs = w.Outputs[:1]
	l := ledger.New(w.Key(), days("a", "2026-11-15", 15)...)
	w.Terms().Agree(l)
	missing := func(*ledger.Held) (place.Condition, error) { return place.Missing, nil }
	p := subtracted(t, at("2026-11-30T12:00:00Z"), []Want{*w}, []*ledger.Ledger{l}, missing)
	if rest, back := p.Permitted(nil); len(p.Deletions) != 5 || len(rest.Deletions)+len(rest.Pulls) > 0 || len(back) != 1 || back[0].Deletions != 5 {
		t.Errorf("%d of %d deletions, held back %+v", len(rest.Deletions), len(p.Deletions), back)
	}
}

// Only the first expiry by a keep that is new or shorter is asked for.
func TestExpiryIsAgreed(t *testing.T) {
	now := at("2026-11-30T12:00:00Z")
	for _, test := range []struct {
		name, agreed, keep string
		asks               bool
	}{
		{"added", "", "10d", true},
		{"unchanged", "10d", "10d", false},
		{"shortened", "30d", "10d", true},
		{"shortened, in another unit", "2w", "13d", true},
		{"longer", "7d", "10d", false},
		{"as long, in another unit", "240h", "10d", false},
		{"not to be read", "soon", "10d", true},
	} {
		spec := daily()
		spec.From, spec.Keep = at("2026-11-01"), dur(test.keep)
		w := want(spec)
		l := ledger.New(w.Key(), days("a", "2026-11-01", 29)...)
		l.Expiry = test.agreed
		p := subtracted(t, now, []Want{*w}, []*ledger.Ledger{l}, observing(nil))
		rest, back := p.Permitted(nil)
		if len(p.Deletions) == 0 || (len(back) > 0) != test.asks || (len(rest.Deletions) == 0) != test.asks {
			t.Errorf("%s: %d of %d deletions, held back %+v", test.name, len(rest.Deletions), len(p.Deletions), back)
		}
		if rest, _ := p.Permitted([]HazardKind{DeletesIrrecoverable}); len(rest.Deletions) != len(p.Deletions) {
			t.Errorf("%s: allowed, and %d of %d deletions", test.name, len(rest.Deletions), len(p.Deletions))
		}
	}
}

// What was left behind at another path expires with its slice.
func TestExpiryOfWhatIsLeft(t *testing.T) {
	spec := daily()
	spec.From, spec.Keep = at("2026-11-01"), dur("10d")
	w := want(spec)
	l := ledger.New(w.Key())
	w.Terms().Agree(l)
	for _, day := range []string{"2026-11-10", "2026-11-25"} {
		l.Left = append(l.Left, ledger.Left{Output: "a", From: at(day), To: at(day).AddDate(0, 0, 1), Place: place.Place("old/" + day)})
	}
	p := subtracted(t, at("2026-11-30T12:00:00Z"), []Want{*w}, []*ledger.Ledger{l}, observing(nil))
	if len(p.Deletions) != 1 || p.Deletions[0].Place != "old/2026-11-10" || p.Deletions[0].Why != "expired" || len(p.Orphans) != 1 || p.Orphans[0].Why != "path" {
		t.Errorf("deletions %+v, orphans %+v", p.Deletions, p.Orphans)
	}
}

// What a ledger notes of keep: what was there before the first slice, and what is
// longer; what is shorter waits for somebody to agree.
func TestTermsAreRecorded(t *testing.T) {
	full := func(expiry string) *ledger.Ledger {
		l := ledger.New(ledger.Key{Tenant: "t", Report: "r"}, held("a", "2026-11-01"))
		l.Expiry = expiry
		return l
	}
	keep := func(s string) Terms { return Terms{Keep: dur(s)} }
	for _, test := range []struct {
		ledger *ledger.Ledger
		terms  Terms
		want   string
	}{
		{ledger.New(ledger.Key{}), keep("90d"), "90d"},
		{full(""), keep("90d"), ""},
		{full("30d"), keep("90d"), "90d"},
		{full("90d"), keep("30d"), "90d"},
		{full("90d"), Terms{}, ""},
	} {
		if test.terms.Record(test.ledger); test.ledger.Expiry != test.want {
			t.Errorf("%v leaves %q, want %q", test.terms.Keep, test.ledger.Expiry, test.want)
		}
	}
	l := full("90d")
	keep("30d").Agree(l)
	if l.Expiry != "30d" {
		t.Errorf("then it is %q", l.Expiry)
	}
	(Terms{Protect: true}).Record(l)
	if !l.Protected {
		t.Error("protection is not recorded")
	}
}

// Nothing deletes what is protected.
func TestProtect(t *testing.T) {
	spec := daily()
	spec.From, spec.Keep = at("2026-11-20"), dur("5d")
	w := want(spec)
	w.Outputs, w.Prune, w.Protect = w.Outputs[:1], true, true
	l := ledger.New(w.Key(), append(days("a", "2026-11-20", 10), held("b", "2026-11-28"))...)
	l.Left = []ledger.Left{{Output: "a", From: at("2026-11-29"), To: at("2026-11-30"), Place: "old"}}
	p := subtracted(t, at("2026-11-30T12:00:00Z"), []Want{*w}, []*ledger.Ledger{l}, observing(nil))
	if len(p.Deletions) > 0 || len(p.Orphans) != 7 || slices.ContainsFunc(p.Orphans, func(o Orphan) bool { return !o.Protected }) {
		t.Errorf("%d deletions, orphans %+v", len(p.Deletions), p.Orphans)
	}
	if diff := cmp.Diff([]Protection{{w.Tenant, w.Report, true}}, p.Protections); diff != "" {
		t.Error(diff)
	}
	w.Protect = false
	if p = subtracted(t, at("2026-11-30T12:00:00Z"), []Want{*w}, []*ledger.Ledger{l}, observing(nil)); len(p.Deletions) != 7 || len(p.Protections) > 0 {
		t.Errorf("without it %d deletions, %+v", len(p.Deletions), p.Protections)
	}
}

// An orphan that the service has no longer is asked for, and one that it has is
// not.
func TestIrrecoverableOrphans(t *testing.T) {
	spec := daily()
	spec.From = at("2026-11-20")
	w := want(spec)
	w.Outputs, w.Prune, w.Retention = w.Outputs[:1], true, dur("7d")
	l := ledger.New(w.Key(), append(days("a", "2026-11-20", 10), days("b", "2026-11-20", 10)...)...)
	p := subtracted(t, at("2026-11-30T12:00:00Z"), []Want{*w}, []*ledger.Ledger{l}, observing(nil))
	rest, back := p.Permitted(nil)
	if len(p.Deletions) != 10 || len(rest.Deletions) != 7 || len(back) != 1 || back[0].Deletions != 3 || rest.Deletions[0].Place != "b/2026-11-23" {
		t.Errorf("%d of %d deletions, held back %+v", len(rest.Deletions), len(p.Deletions), back)
	}
	w.Retention, w.Snapshot = nil, true
	p = subtracted(t, at("2026-11-30T12:00:00Z"), []Want{*w}, []*ledger.Ledger{l}, observing(nil))
	if rest, _ := p.Permitted(nil); len(p.Deletions) != 10 || len(rest.Deletions) > 0 {
		t.Errorf("of snapshots, %d of %d are deleted without a question", len(rest.Deletions), len(p.Deletions))
	}
}

// More pulls than anybody means, or requests for more than a day, are held back:
// those of the largest reports, as few as do.
func TestExceedsBudget(t *testing.T) {
	now := at("2026-11-30T12:00:00Z")
	none := func(w *Want) *ledger.Ledger { return ledger.New(w.Key()) }
	spec := daily()
	small := want(spec)
	small.Report = "report.r.small"
	ages := want(config.Window{Every: dur("1d"), From: at("0206-11-01")}) // a year that was mistyped
	ages.Outputs = ages.Outputs[:1]
	p := subtracted(t, now, []Want{*small, *ages}, []*ledger.Ledger{none(small), none(ages)}, observing(nil))
	rest, back := p.Permitted(nil)
	if len(p.Pulls) < 600_000 || len(back) != 1 || back[0].Kind != ExceedsBudget || !slices.Equal(back[0].About, []string{"report.r.x"}) || back[0].Pulls != len(p.Pulls)-10 {
		t.Errorf("%d pulls, held back %+v", len(p.Pulls), back)
	}
	if len(rest.Pulls) != 10 || rest.Pulls[0].Report != small.Report {
		t.Errorf("%d pulls are left", len(rest.Pulls))
	}

	// Ten thousand pulls at one request in ten seconds.
	slow := want(config.Window{Every: dur("1h"), From: now.AddDate(0, 0, -400).Truncate(24 * time.Hour)})
	slow.Limits = Limits{Class: limits.Class{Name: "slow", Tenant: limits.Rate{Requests: 1, Per: 10 * time.Second}}, App: "app", Directory: "t"}
	p = subtracted(t, now, []Want{*small, *slow}, []*ledger.Ledger{none(small), none(slow)}, observing(nil))
	rest, back = p.Permitted(nil)
	if p.Estimate.Time < 24*time.Hour || len(p.Pulls) > mostPulls || len(back) != 1 || !slices.Equal(back[0].About, []string{"report.r.x"}) || len(rest.Pulls) != 10 {
		t.Errorf("%s for %d pulls; %d left, held back %+v", p.Estimate.Time, len(p.Pulls), len(rest.Pulls), back)
	}
	if rest, back := p.Permitted([]HazardKind{ExceedsBudget}); len(back) > 0 || len(rest.Pulls) != len(p.Pulls) {
		t.Errorf("allowed, and %d pulls are left, %+v", len(rest.Pulls), back)
	}
}
