package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/reportform/reportform/engine/ledger"
)

// TestEncryptedState takes a state from plain text to one key and on to the
// next.
func TestEncryptedState(t *testing.T) {
	w := lifeWorld(t)
	keyFile := func(name string) {
		key, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		w.write(name, "# created: 2026-11-01T00:00:00Z\n# public key: "+key.Recipient().String()+"\n"+key.String()+"\n")
	}
	keyFile("one.txt")
	keyFile("two.txt")
	use := func(encryption string) {
		w.write("state.rf.hcl", "reportform {\nstate \"local\" {\n"+encryption+"\n}\n}\n")
	}
	// held reports what a plan cannot read, or "" where everything is held.
	held := func() string {
		p, err := w.engine().Plan(t.Context(), PlanOptions{})
		if err != nil {
			return err.Error()
		}
		return reasons(p)
	}
	telling := func() (found []string) {
		files := w.files(".reportform/state")
		for name, content := range files {
			for _, text := range []string{"tenant", "report.", "sign_ins", "out/", "ndjson", "sha256"} {
				if strings.Contains(content, text) {
					found = append(found, name+" has "+text)
				}
			}
		}
		if len(files) < 2 {
			t.Fatalf("the state is %v", files)
		}
		return found
	}

	use("")
	w.apply()
	if len(telling()) == 0 {
		t.Fatal("plain ledgers tell nothing: this test proves nothing")
	}
	use(`encryption { identity = secret_file("one.txt") }`)
	if got := held(); !strings.Contains(got, "migrate = true") {
		t.Errorf("plain text where encryption is declared gives %q", got)
	}
	use("encryption {\nidentity = secret_file(\"one.txt\")\nmigrate = true\n}")
	w.readAll("with migrate")
	if len(telling()) == 0 {
		t.Fatal("what reads has encrypted the state")
	}
	if n, err := w.engine().MigrateState(t.Context()); n != 2 || err != nil { // as init does
		t.Fatalf("%d ledgers are encrypted, %v; want 2", n, err)
	}
	if found := telling(); len(found) > 0 {
		t.Errorf("after the migration %v", found)
	}
	use(`encryption { identity = secret_file("one.txt") }`)
	if got := held(); got != "" {
		t.Errorf("after the migration the plan is\n%s", got)
	}

	// The next day is pulled and recorded.
	w.now = w.now.AddDate(0, 0, 1)
	if s := w.apply(); s.Finished == 0 || len(s.Failed) > 0 {
		t.Errorf("%d pulls finished, failed: %v", s.Finished, s.Failed)
	}
	if found := telling(); len(found) > 0 {
		t.Errorf("after a pull %v", found)
	}
	if got := held(); got != "" {
		t.Errorf("after a pull the plan is\n%s", got)
	}

	use("")
	if got := held(); !strings.Contains(got, "encryption { identity") {
		t.Errorf("encrypted state without a key gives %q", got)
	}
	use(`encryption { identity = secret_file("two.txt") }`)
	if got := held(); !strings.Contains(got, "old_identities") {
		t.Errorf("another key gives %q", got)
	}
	use("encryption {\nidentity = secret_file(\"two.txt\")\nold_identities = [secret_file(\"one.txt\")]\nmigrate = true\n}")
	w.readAll("with another key")
	if n, err := w.engine().MigrateState(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d ledgers are encrypted anew, %v; want 2", n, err)
	}
	if err := os.Remove(filepath.Join(w.dir, "one.txt")); err != nil {
		t.Fatal(err)
	}
	use(`encryption { identity = secret_file("two.txt") }`)
	if got := held(); got != "" {
		t.Errorf("after the key was replaced the plan is\n%s", got)
	}

	// The ledger of one tenant in the place of another's.
	one, other := filepath.Join(w.dir, ".reportform/state/report.sign_ins.r"), ledger.Key{Tenant: `tenant.t["two"]`, Report: "report.sign_ins.r"}
	data, err := os.ReadFile(filepath.Join(one, "tenant.t%5b%22one%22%5d.json"))
	if err != nil {
		t.Fatal(err)
	}
	w.write(".reportform/state/report.sign_ins.r/tenant.t%5b%22two%22%5d.json", string(data))
	if _, err := w.engine().archive.Ledger(t.Context(), other); err == nil || !strings.Contains(err.Error(), `what is stored in its place is the ledger of report.sign_ins.r for tenant.t["one"]`) {
		t.Errorf("swapped ledgers give %v", err)
	}
	if strings.Contains(w.log.String(), "AGE-SECRET") {
		t.Error("a key is in the log")
	}
}
