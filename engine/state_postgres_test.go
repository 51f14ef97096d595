package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/postgres/pgtest"
)

// TestStateInPostgreSQL keeps an archive's state in a server that is named in
// every way that the block knows.
func TestStateInPostgreSQL(t *testing.T) {
	server := pgtest.Start(t)
	w := lifeWorld(t)
	w.write("url.txt", server.URL("postgres")+"\n")
	port := fmt.Sprint(server.Port)
	w.environ = []string{
		"PGHOST=127.0.0.1", "PGPORT=" + port, "PGDATABASE=postgres", "PGUSER=" + server.User, "PGPASSWORD=" + server.Password,
		"OTHER=" + server.Password,
	}
	use := func(body string) {
		w.write("state.rf.hcl", "reportform {\nstate \"postgres\" {\n"+body+"\n}\n}\n")
	}
	use(`url = secret_file("url.txt")`)
	if s := w.apply(); len(s.Failed) > 0 || s.Finished == 0 {
		t.Fatalf("%d pulls are done, failed: %v", s.Finished, s.Failed)
	}
	for _, body := range []string{
		`url = secret_file("url.txt")`,
		``,
		`password = secret_env("OTHER")`,
		"host = \"127.0.0.1\"\nport = " + port + "\ndatabase = \"postgres\"\nuser = \"postgres\"\nsslmode = \"disable\"\npassword = secret_env(\"OTHER\")",
		"host = \"" + server.Socket + "\"\npassword = null",
	} {
		use(body)
		e := w.engine()
		if got := reasons(w.plan(e)); got != "" {
			t.Errorf("with %q the plan is not empty:\n%s", body, got)
		}
		keys, err := e.archive.Keys(t.Context())
		if err != nil || len(keys) != 2 {
			t.Errorf("with %q the ledgers are %v, %v", body, keys, err)
		}
	}

	use(`schema = "another"`)
	e := w.engine()
	if got := reasons(w.plan(e)); !strings.Contains(got, ":new") {
		t.Errorf("in another schema the plan is\n%s", got)
	}

	use(`password = secret_env("UNSET")`)
	_, err := w.engine().archive.Ledger(context.Background(), ledger.Key{Tenant: "t", Report: "r"})
	if err == nil || !strings.Contains(err.Error(), `environment variable "UNSET" holds nothing. Make the password available`) {
		t.Errorf("a password that is not set: %v", err)
	}
	if strings.Contains(w.log.String(), server.Password) {
		t.Error("the password is in the log")
	}
}
