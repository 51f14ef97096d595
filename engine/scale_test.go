package engine

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
)

var (
	scaleTenants = flag.Int("tenants", 10_000, "tenants of the benchmarks of scale")
	scaleDir     = flag.String("scale-dir", "", "directory of the benchmarks of scale, made at the first use and kept; empty for a temporary one")
)

// scaleReports are as many as one would declare.
func scaleReports() []string {
	return []string{"sign_ins", "directory_audits", "provisioning", "risk_detections", "audit_events"}
}

// scaleDays is how many daily slices have settled at testNow.
const scaleDays = 30

// scaleWorld writes a configuration of many tenants with five reports each, in
// thirty daily slices.
func scaleWorld(b *testing.B) *Engine {
	b.Helper()
	dir := *scaleDir
	if dir == "" {
		dir = b.TempDir()
	}
	var table, hcl strings.Builder
	table.WriteString("name,id\n")
	for i := range *scaleTenants {
		fmt.Fprintf(&table, "customer-%05d,%08x-0000-4000-8000-%012x\n", i, i, i)
	}
	hcl.WriteString(`
tenant "customer" {
  for_each = { for c in csvdecode(file("customers.csv")) : c.name => c }
  id       = each.value.id
  cloud    = "sandbox"
}
window "daily" {
  every = "1d"
  from  = "2026-10-24"
  to    = "2026-11-23"
}
output "ndjson" "lake" {
  path = "out/${pull.tenant.name}/${pull.report.type}/${pull.window.label}.ndjson"
}
`)
	for _, report := range scaleReports() {
		fmt.Fprintf(&hcl, "report %q \"all\" {\n  window  = window.daily\n  outputs = [output.ndjson.lake]\n}\n", report)
	}
	for name, content := range map[string]string{"customers.csv": table.String(), "main.rf.hcl": hcl.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	e, diags := Load(Options{Dir: dir, Version: "0.0.0-test", Now: func() time.Time { return testNow }})
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	return e
}

// BenchmarkFirstPlan plans what 10,000 tenants lack of 5 reports in 30 daily
// slices when nothing is held: 1.5 million pulls.
func BenchmarkFirstPlan(b *testing.B) {
	e := scaleWorld(b)
	for b.Loop() {
		p, err := e.Plan(b.Context(), PlanOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if want := *scaleTenants * len(scaleReports()) * scaleDays; len(p.Pulls) != want {
			b.Fatalf("%d pulls, want %d", len(p.Pulls), want)
		}
	}
	reportPeak(b)
}

// BenchmarkHeldPlan plans when everything is held, with the ledgers and the
// files on the disk: once looking at every file, once at none.
func BenchmarkHeldPlan(b *testing.B) {
	e := scaleWorld(b)
	holdAll(b, e)
	for name, sel := range map[string]PlanOptions{"look": {}, "trust": {TrustLedgers: true}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p, err := e.Plan(b.Context(), sel)
				if err != nil {
					b.Fatal(err)
				}
				if want := *scaleTenants * len(scaleReports()) * scaleDays; len(p.Pulls) != 0 || p.Held != want {
					b.Fatalf("%d pulls, %d held, want none and %d", len(p.Pulls), p.Held, want)
				}
			}
			reportPeak(b)
		})
	}
}

// holdAll makes the files and the ledgers that hold them.
func holdAll(b *testing.B, e *Engine) {
	b.Helper()
	p, err := e.Plan(b.Context(), PlanOptions{})
	if err != nil {
		b.Fatal(err)
	}
	byLedger := map[ledger.Key][]*plan.Pull{}
	for i := range p.Pulls {
		key := ledger.Key{Tenant: p.Pulls[i].Tenant, Report: p.Pulls[i].Report}
		byLedger[key] = append(byLedger[key], &p.Pulls[i])
	}
	for key, pulls := range byLedger {
		l := ledger.New(key)
		for _, pull := range pulls {
			l.Hold(scaleFile(b, e, pull))
		}
		if err := e.ledgers.Update(b.Context(), key, func(stored *ledger.Ledger) { stored.Replace(l) }); err != nil {
			b.Fatal(err)
		}
	}
}

// scaleFile makes the empty file of a pull and returns its entry.
func scaleFile(b *testing.B, e *Engine, pull *plan.Pull) ledger.Held {
	output := pull.Outputs[0]
	path := filepath.Join(e.dir, output.Place.Text())
	f, err := os.Create(path)
	if os.IsNotExist(err) {
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			f, err = os.Create(path)
		}
	}
	if err != nil {
		b.Fatal(err)
	}
	info, err := f.Stat()
	f.Close()
	if err != nil {
		b.Fatal(err)
	}
	return ledger.Held{
		Output: output.Output, From: pull.From, To: pull.To, Definition: output.Definition, Place: output.Place, Rows: pull.From.Unix() % 9973,
		Modified: info.ModTime(), Final: true,
	}.With(ledger.Proof{
		SHA256: fmt.Sprintf("%064x", pull.From.UnixNano()), Pages: 3, Requests: 3,
		First: pull.From.Add(time.Second), Last: pull.To.Add(-time.Second), FetchedAt: info.ModTime(), Took: time.Second,
		FirstID: "6b87476f-efa8-4722-b0ba-0c57fb39ceb2", LastID: "6b87476f-efa8-4722-b0ba-0c57fb39ceb2",
	})
}

// reportPeak reports the most memory that the process took from the system.
func reportPeak(b *testing.B) {
	b.Helper()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-from-system")
}
