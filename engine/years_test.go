package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/backends"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/store"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/place"
)

// BenchmarkTenYearsOfHours measures what a ledger with ten years of hourly
// slices costs: to load it as a process that has just started does, to plan
// from it, and to record a slice. Files are taken to be intact: looking
// at 87,600 of them is measured by itself.
func BenchmarkTenYearsOfHours(b *testing.B) {
	dir := b.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	write("main.rf.hcl", `
tenant "contoso" {
  id    = "contoso.example"
  cloud = "sandbox"
}
window "hourly" {
  every = "1h"
  from  = "2016-11-23"
}
output "ndjson" "lake" {
  path = "out/${pull.tenant.name}/${pull.window.date}/${pull.window.label}.ndjson"
}
report "sign_ins" "all" {
  window  = window.hourly
  outputs = [output.ndjson.lake]
}
`)
	e, diags := Load(Options{Dir: dir, Version: "0.0.0-test", Now: func() time.Time { return testNow }})
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	want := &e.wants(&PlanOptions{}, testNow)[0]
	key := ledger.Key{Tenant: want.Tenant, Report: want.Report}
	entry := func(s *window.Named, n int) ledger.Held {
		target, err := want.Outputs[0].Resolve(s)
		if err != nil {
			b.Fatal(err)
		}
		return ledger.Held{
			Output: want.Outputs[0].Output, From: s.From, To: s.To, Definition: target.Definition, Place: target.Place, Rows: int64(n % 997),
			Bytes: int64(n % 100_000), Modified: s.To.Add(3 * time.Hour), Final: true,
		}.With(ledger.Proof{
			SHA256: fmt.Sprintf("%064x", n*7919), First: s.From.Add(time.Second), Last: s.To.Add(-time.Second),
			Pages: 1, Requests: 1, FirstID: fmt.Sprintf("6b87476f-efa8-4722-b0ba-%012x", n), LastID: fmt.Sprintf("6b87476f-efa8-4722-b0ba-%012x", n),
			FetchedAt: s.To.Add(2 * time.Hour), Took: time.Duration(n%1000) * time.Millisecond,
		})
	}
	d := ledger.Document{Version: ledger.DocumentVersion, Tenant: key.Tenant, Report: key.Report}
	for i := range want.Slices {
		one := ledger.New(key, entry(&want.Slices[i], i))
		d.Held = append(d.Held, one.Document().Held...)
	}
	all, err := d.Ledger()
	if err == nil {
		err = e.ledgers.Update(b.Context(), key, func(l *ledger.Ledger) { l.Replace(all) })
	}
	if err != nil {
		b.Fatal(err)
	}
	intact := func(*ledger.Held) (place.Condition, error) { return place.Intact, nil }
	load := func(b *testing.B) (*store.Store, *ledger.Ledger) {
		backend, diags := backends.Decode(&e.config.Settings.State, e.dir, os.Getenv)
		if diags.HasErrors() {
			b.Fatal(diags)
		}
		ledgers := store.New(backend)
		l, err := ledgers.Read(b.Context(), key)
		if err != nil || l.Len() < 87_600 {
			b.Fatal(err, l.Len())
		}
		return ledgers, l
	}
	planned := func(b *testing.B, l *ledger.Ledger) {
		w := e.wants(&PlanOptions{}, testNow)[0]
		part, err := plan.Subtract(&w, l, testNow, intact)
		if err != nil || part.Held < 87_600 {
			b.Fatal(err, part.Held)
		}
	}
	update := func(b *testing.B, ledgers *store.Store, n int) {
		last := want.Slices[len(want.Slices)-1-n%24]
		if err := ledgers.Update(b.Context(), key, func(l *ledger.Ledger) { l.Hold(entry(&last, n)) }); err != nil {
			b.Fatal(err)
		}
	}
	n := 0
	b.Run("load-plan-update", func(b *testing.B) {
		for b.Loop() {
			ledgers, l := load(b)
			planned(b, l)
			update(b, ledgers, n)
			n++
		}
	})
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			load(b)
		}
	})
	b.Run("plan", func(b *testing.B) {
		_, l := load(b)
		for b.Loop() {
			planned(b, l)
		}
	})
	b.Run("update", func(b *testing.B) {
		ledgers, _ := load(b)
		for b.Loop() {
			update(b, ledgers, n)
			n++
		}
	})
}
