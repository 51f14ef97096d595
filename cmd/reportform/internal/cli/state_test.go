package cli

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/place"
)

// stateBench has ledgers, one of which cannot be read.
func stateBench() *bench {
	b := newBench()
	from := time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)
	b.session.ledgers = []*ledger.Ledger{
		ledger.New(ledger.Key{Report: "report.a.b", Tenant: "tenant.contoso"},
			ledger.Held{Output: "output.json.a", From: from, To: from.AddDate(0, 0, 1), Place: "out/a.json", Bytes: 1200}),
		{Report: "report.a.b", Tenant: "tenant.fabrikam"},
		{Report: "report.damaged.x", Tenant: "tenant.contoso"},
	}
	return b
}

func TestStateRm(t *testing.T) {
	b := stateBench()
	b.run(t, failed, "state rm report.a.b")
	b.expect(t, &b.err, "Nobody can be asked", "-dry-run", "-auto-approve")
	b.run(t, ok, "state rm report.a.b -dry-run")
	b.expect(t, &b.out, "2 ledgers with 1 entry of 1 file, 1.2 kB", "The files stay")
	b.terminal("no\n")
	b.run(t, failed, "state rm report.a.b")
	b.expect(t, &b.err, "Do you want to forget", "Nothing was changed")
	if b.session.forgotten != nil {
		t.Fatalf("forgot %v", b.session.forgotten)
	}
	b.terminal("yes\n")
	b.run(t, ok, "state rm report.a.b tenant.contoso")
	want := []ledger.Key{{Tenant: "tenant.contoso", Report: "report.a.b"}}
	if diff := cmp.Diff(want, b.session.forgotten); diff != "" {
		t.Error(diff)
	}

	// One that cannot be read can be forgotten too.
	b = stateBench()
	b.run(t, ok, "state rm tenant.contoso -auto-approve")
	b.expect(t, &b.out, "1 ledger that cannot be read", "Forgotten: 2 ledgers")
	if len(b.session.forgotten) != 2 {
		t.Errorf("forgot %v", b.session.forgotten)
	}
}

func TestStateMv(t *testing.T) {
	b := stateBench()
	b.run(t, ok, "state mv tenant.a tenant.b -dry-run")
	b.expect(t, &b.out, "report.a.b tenant.a", "-> report.a.b tenant.b", "Would move: 12 entries in 1 ledger")
	if b.session.moved != nil {
		t.Errorf("moved %v", b.session.moved)
	}
	b.run(t, ok, "state mv tenant.a tenant.b")
	b.expect(t, &b.out, "Moved: 12 entries in 1 ledger")
	b.expect(t, &b.err, "tenant.b is not declared")
	if diff := cmp.Diff([]string{"tenant.a tenant.b"}, b.session.moved); diff != "" {
		t.Error(diff)
	}
}

func TestStatePullAndPush(t *testing.T) {
	t.Chdir(t.TempDir())
	b := stateBench()
	b.run(t, ok, "state pull report.a.b tenant.contoso")
	pulled := b.out.String()
	if _, err := ledger.ReadDocument([]byte(pulled)); err != nil || !strings.HasPrefix(pulled, "{\n  \"version\": 1,\n  \"tenant\": \"tenant.contoso\",") {
		t.Errorf("%v: %s", err, pulled)
	}
	b.run(t, failed, "state pull report.damaged.x tenant.contoso")
	b.expect(t, &b.err, "The ledger is damaged.")
	if err := os.WriteFile("ledger.json", []byte(pulled), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(t, failed, "state push ledger.json")
	b.expect(t, &b.err, "Entries would be lost", "3 entries", "-force to lose them")
	b.out.Reset()
	b.run(t, ok, "state push -force ledger.json")
	b.expect(t, &b.out, "report.a.b tenant.contoso", "1 entry added, 0 changed, 3 lost")
	b.app.Streams.In = strings.NewReader(pulled)
	b.run(t, ok, "state push -force -")
	b.expect(t, &b.err, "does not declare report.a.b and tenant.contoso:")
	b.run(t, failed, "state push nothing.json")
	b.expect(t, &b.err, "nothing.json: no such file or directory.")
	b.app.Streams.In = strings.NewReader("[]")
	b.run(t, failed, "state push -force -")
	b.expect(t, &b.err, "no document of state pull")
}

func TestStateVerify(t *testing.T) {
	b := stateBench()
	b.run(t, ok, "state verify")
	b.expect(t, &b.out, "All good: 1 file, 10 B, as recorded; 3 ledgers")
	b.session.fault = place.Missing
	b.run(t, no, "state verify report.a.b")
	b.expect(t, &b.out, "missing     out/a.json", "Not all good")
	b.out.Reset()
	b.run(t, no, "state verify -json")
	b.expect(t, &b.out, `"type":"bad_file"`, `"type":"verify_summary"`)
	b = newBench()
	b.run(t, ok, "state verify") // nothing is held, so nothing is bad
}

// While files are read for long, a log shows a sign of life every half minute,
// and a terminal a line that is drawn again.
func TestVerifyProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := stateBench()
		b.session.during = func(context.Context) { time.Sleep(100 * time.Second) }
		b.run(t, ok, "state verify")
		if n := strings.Count(b.err.String(), "Still reading: 1 of 2 files read"); n != 3 {
			t.Errorf("%d signs of life in 100 s: %s", n, &b.err)
		}
		b.err.Reset()
		b.terminal("")
		b.run(t, ok, "state verify")
		if n := strings.Count(b.err.String(), "1 of 2 files read"); n < 100 || n != strings.Count(b.err.String(), "\x1b[1A\r\x1b[J") {
			t.Errorf("drawn %d times", n)
		}
	})
}

func TestCoverageArguments(t *testing.T) {
	b := newBench()
	b.run(t, no, "coverage -min=100 -target=a -exclude=b -tenant=c -refresh=false")
	b.expect(t, &b.out, "Not enough: 1 of 2 report and tenant pairs hold less than 100%")
	want := engine.PlanOptions{Targets: []string{"a"}, Excludes: []string{"b"}, Tenants: []string{"c"}, TrustLedgers: true}
	if diff := cmp.Diff(want, b.session.selected); diff != "" {
		t.Error(diff)
	}
}

func TestExplainSuggests(t *testing.T) {
	b := newBench()
	b.run(t, failed, "explain out/b.json")
	b.expect(t, &b.out, "Nothing leads to this path", "Did you mean out/a.json?")
}

// Tenants are told apart by their keys as they are, addresses by keys as the
// language writes them.
func TestMatchesLedger(t *testing.T) {
	key := func(tenant string) ledger.Key { return ledger.Key{Report: "report.sign_ins.all", Tenant: tenant} }
	for _, test := range []struct {
		asked args.Ledgers
		key   ledger.Key
		want  bool
	}{
		{args.Ledgers{}, key("tenant.contoso"), true},
		{args.Ledgers{Tenants: []string{"contoso"}}, key("tenant.contoso"), true},
		{args.Ledgers{Tenants: []string{"tenant.contoso"}}, key("tenant.contoso"), false},
		{args.Ledgers{Tenants: []string{"x"}}, key(`tenant.x["a"]`), false},
		{args.Ledgers{Tenants: []string{"b", `a${b`}}, key(`tenant.x["a$${b"]`), true},
		{args.Ledgers{Tenants: []string{`a$${b`}}, key(`tenant.x["a$${b"]`), false},
		{args.Ledgers{Tenants: []string{`a$b`}}, key(`tenant.x["a$b"]`), true},
		{args.Ledgers{Tenants: []string{`%{q`}}, key(`tenant.x["%%{q"]`), true},
		{args.Ledgers{Tenants: []string{`say "hi"`}}, key(`tenant.x["say \"hi\""]`), true},
		{args.Ledgers{Tenants: []string{`back\slash`}}, key(`tenant.x["back\\slash"]`), true},
		{args.Ledgers{Tenants: []string{`c[1]`}}, key(`tenant.x["c[1]"]`), true},
		{args.Ledgers{Tenants: []string{`"]`}}, key(`tenant.x["\"]"]`), true},
		{args.Ledgers{Tenants: []string{`d.e`}}, key(`tenant.x["d.e"]`), true},
		{args.Ledgers{Address: "tenant.x"}, key(`tenant.x["a$${b"]`), true},
		{args.Ledgers{Address: `tenant.x["a$${b"]`}, key(`tenant.x["a$${b"]`), true},
		{args.Ledgers{Address: `tenant.x["a${b"]`}, key(`tenant.x["a$${b"]`), false},
		{args.Ledgers{Address: "report.sign_ins.all", TenantAddress: `tenant.x["c[1]"]`}, key(`tenant.x["c[1]"]`), true},
		{args.Ledgers{Address: "report.sign_ins.all", TenantAddress: `tenant.x["c[2]"]`}, key(`tenant.x["c[1]"]`), false},
		{args.Ledgers{Address: "report.sign_ins", Tenants: []string{"contoso"}}, key("tenant.contoso"), false},
	} {
		if got := matchesLedger(&test.asked, test.key); got != test.want {
			t.Errorf("%+v, %s: got %t", test.asked, test.key.Tenant, got)
		}
	}
}
