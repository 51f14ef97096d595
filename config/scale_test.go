package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// writeLarge writes a configuration of tenants from a CSV file with a report
// on all of them, and of a report for each of the first reports tenants.
func writeLarge(t testing.TB, tenants, reports int) string {
	t.Helper()
	dir := t.TempDir()
	var csv strings.Builder
	csv.WriteString("name,tenant_id,tier\n")
	for n := range tenants {
		fmt.Fprintf(&csv, "customer-%05d,%08x-0000-4000-8000-000000000000,tier-%d\n", n, n, n%3)
	}
	writeFile(t, filepath.Join(dir, "customers.csv"), csv.String())
	writeFile(t, filepath.Join(dir, "main.rf.hcl"), `
locals {
  customers = { for c in csvdecode(file("customers.csv")) : c.name => c }
  gold      = [for t in tenant.customer : t if t.labels.tier == "tier-1"]
}
credential "client_secret" "msp" {}
tenant "customer" {
  for_each   = local.customers
  id         = each.value.tenant_id
  credential = credential.client_secret.msp
  labels     = { tier = each.value.tier }
}
window "daily" {
  every = "1d"
  from  = "2026-11-01"
}
output "json" "archive" { path = "x" }
report "sign_ins" "all" {
  tenants = [tenant.customer]
  window  = window.daily
  outputs = [output.json.archive]
}
report "users" "gold" {
  tenants = local.gold
  window  = window.daily
  outputs = [output.json.archive]
}
`)
	writeFile(t, filepath.Join(dir, "reports.rf.hcl"), fmt.Sprintf(`
report "sign_ins" "each" {
  for_each = { for n in slice(keys(tenant.customer), 0, %d) : n => tenant.customer[n] }
  tenants  = [each.value]
  window   = window.daily
  outputs  = [output.json.archive]
}
report "users" "wide" {
  for_each = toset([for n in range(%d) : tostring(n)])
  tenants  = [tenant.customer]
  window   = window.daily
  outputs  = [output.json.archive]
}
`, reports, reports))
	return dir
}

func writeFile(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Work that grows with the square of the instances shows in what is allocated,
// however fast the machine is.
func TestScale(t *testing.T) {
	const tenants, reports = 10_000, 1_000
	load := func(tenants, reports int) (c *Config, allocations float64) {
		dir := writeLarge(t, tenants, reports)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c = mustLoad(t, dir, testOptions())
		runtime.ReadMemStats(&after)
		return c, float64(after.Mallocs - before.Mallocs)
	}
	_, quarter := load(tenants/4, reports/4)
	c, whole := load(tenants, reports)
	if len(c.Tenants) != tenants || len(c.Reports) != 2+2*reports {
		t.Fatalf("%d tenants, %d reports", len(c.Tenants), len(c.Reports))
	}
	if n := len(c.Report("report.sign_ins.all").Tenants); n != tenants {
		t.Errorf("the report on all has %d tenants", n)
	}
	if n := len(c.Report("report.users.gold").Tenants); n != 3333 {
		t.Errorf("the report on gold has %d tenants", n)
	}
	if growth := whole / quarter; growth > 4.5 {
		t.Errorf("four times as much takes %.1f times the allocations", growth)
	}
	t.Logf("%d tenants and %d reports with %.0f allocations, a quarter with %.0f", tenants, len(c.Reports), whole, quarter)
}

func BenchmarkLoad(b *testing.B) {
	dir := writeLarge(b, 10_000, 1_000)
	for b.Loop() {
		if _, diags := Load(dir, testOptions()); diags.HasErrors() {
			b.Fatal(diags)
		}
	}
}
