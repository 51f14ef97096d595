package plan

import (
	"slices"
	"testing"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
)

func shorter() config.Window {
	spec := daily()
	spec.From, spec.Keep = at("2026-11-01"), dur("5d")
	return spec
}

// What comes due as time passes needs no new approval; whatever else changes does.
func TestApproval(t *testing.T) {
	now := at("2026-11-25T12:00:00Z")
	ledgerOf := func(w *Want) *ledger.Ledger {
		l := ledger.New(w.Key(), append(days("a", "2026-11-15", 9), days("c", "2026-11-15", 9)...)...)
		l.Expiry = "7d"
		return l
	}
	approval := func(now time.Time, change func(*Want), edit func(*Plan)) string {
		spec := daily()
		spec.From, spec.Keep = at("2026-11-01"), dur("7d")
		w := want(spec)
		w.Prune, w.Retention = true, dur("30d")
		change(w)
		p := subtracted(t, now, []Want{*w}, []*ledger.Ledger{ledgerOf(w)}, observing(nil))
		p.Configuration, p.Prune = "c", true
		edit(p)
		return Approval(p)
	}
	same, none := func(*Want) {}, func(*Plan) {}
	approved := approval(now, same, none)
	if len(approved) != 32 {
		t.Fatal(approved)
	}
	for name, got := range map[string]string{
		"a day later":          approval(now.AddDate(0, 0, 1), same, none),
		"held meanwhile":       approval(now, same, func(p *Plan) { p.Pulls = p.Pulls[:1] }),
		"slower":               approval(now, same, func(p *Plan) { p.Estimate = nil }),
		"in another order":     approval(now, same, func(p *Plan) { slices.Reverse(p.Deletions) }),
		"soon lost":            approval(now, same, func(p *Plan) { p.Hazards = append(p.Hazards, Hazard{Kind: LosesSoon, Pulls: 7}) }),
		"more of the same":     approval(now, same, func(p *Plan) { p.Hazards = slices.Clone(p.Hazards) }),
		"saved and read again": approval(now, same, func(p *Plan) { p.Digest = "d" }),
	} {
		if got != approved {
			t.Errorf("%s: it is another plan", name)
		}
	}
	changed := func(p *Plan) { p.Pulls[0].Outputs[0].Reason = Changed }
	for name, got := range map[string]string{
		"a configuration":  approval(now, same, func(p *Plan) { p.Configuration = "d" }),
		"a definition":     approval(now, same, changed),
		"an orphan more":   approval(now, func(w *Want) { w.Outputs = w.Outputs[1:] }, none),
		"an orphan less":   approval(now, same, func(p *Plan) { p.Deletions = p.Deletions[:len(p.Deletions)-1] }),
		"another file":     approval(now, same, func(p *Plan) { p.Deletions[len(p.Deletions)-1].SHA256 = "x" }),
		"no -prune":        approval(now, func(w *Want) { w.Prune = false }, none),
		"a shorter keep":   approval(now, func(w *Want) { w.Window = want(shorter()).Window }, none),
		"the service less": approval(now, func(w *Want) { w.Retention = dur("3d") }, none),
		"a hazard":         approval(now, same, func(p *Plan) { p.Hazards = append(p.Hazards, Hazard{Kind: ExceedsBudget, About: []string{"r"}}) }),
		"an allowance":     approval(now, same, func(p *Plan) { p.Allowed = []HazardKind{ExceedsBudget} }),
		"protection":       approval(now, func(w *Want) { w.Protect = true }, none),
	} {
		if got == approved {
			t.Errorf("%s: it passes for the plan that was approved", name)
		}
	}
	// Two definitions are two.
	other := func(p *Plan) { changed(p); p.Pulls[0].Outputs[0].Definition = "other" }
	if approval(now, same, changed) == approval(now, same, other) {
		t.Error("another definition passes for the one that was approved")
	}
}
