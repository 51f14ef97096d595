package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/postgres/pgtest"
	"github.com/reportform/reportform/internal/diag"
)

// stateMistakes loads a configuration with a state block and returns its
// mistakes as "line summary". None may hold a secret or quote its line.
func stateMistakes(t *testing.T, state, secret string) []string {
	t.Helper()
	w := newWorld(t, nil)
	w.write("main.rf.hcl", "reportform {\n"+state+"\n}\n")
	_, diags := Load(Options{Dir: w.dir})
	var got []string
	for _, d := range diags {
		got = append(got, fmt.Sprint(d.Subject.Start.Line, " ", d.Summary))
		if _, hidden := hcl.DiagnosticExtra[diag.SecretHere](d); !hidden || d.Context != nil || d.Expression != nil {
			t.Errorf("%s: a line that may hold a secret is quoted", d)
		}
		if secret != "" && strings.Contains(d.Summary+d.Detail, secret) {
			t.Errorf("%s: %s tells the secret", d.Summary, d.Detail)
		}
	}
	return got
}

func TestMistakesInStatePostgres(t *testing.T) {
	const secret = "xyzzy-plugh"
	tests := []struct {
		name, body string
		want       []string
	}{
		{"nothing", "", nil},
		{"settings", "host = \"db\"\nport = 5432\ndatabase = \"d\"\nuser = \"u@server\"\nsslmode = \"verify-full\"\npassword = secret_env(\"X\")\nschema = \"s\"", nil},
		{"nulls", "url = null\nhost = null\nport = null\ndatabase = null\nuser = null\nsslmode = null\npassword = null\nschema = null", nil},
		{"url", "url = secret_env(\"X\")\nschema = \"s\"", nil},
		{"plain url", "url = \"postgres://u:" + secret + "@db/d\"", []string{"3 Secret in plain text"}},
		{"plain password", "password = \"" + secret + "\"", []string{"3 Secret in plain text"}},
		{"url as host", "host = \"postgres://u:" + secret + "@db/d\"", []string{"3 Unsuitable host"}},
		{"user in host", "host = \"u:" + secret + "@db\"", []string{"3 Unsuitable host"}},
		{"url as database", "database = \"postgres://u:" + secret + "@db/d\"", []string{"3 Unsuitable database"}},
		{"misspelt", "passwort = \"" + secret + "\"", []string{"3 Unsupported argument"}},
		{"secret as user", "user = secret_env(\"X\")", []string{"3 Unsuitable user"}},
		{"ports", "port = 65536", []string{"3 Unsuitable port"}},
		{"port 0", "port = 0", []string{"3 Unsuitable port"}},
		{"mode", "sslmode = \"on\"", []string{"3 Unsuitable sslmode"}},
		{"no schema", "schema = \"\"", []string{"3 Unsuitable schema"}},
		{"long schema", "schema = \"" + strings.Repeat("s", 64) + "\"", []string{"3 Unsuitable schema"}},
		{
			"all at once", "url = secret_env(\"X\")\nhost = \"db\"\npassword = secret_env(\"Y\")\nschema = [1]",
			[]string{"6 Unsuitable schema", "4 Said twice", "5 Said twice"},
		},
		{"a block", "host = \"db\"\nextra {}", []string{"4 Unsupported block type"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := stateMistakes(t, "state \"postgres\" {\n"+tt.body+"\n}", secret)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("mistakes (-want +got):\n%s", diff)
			}
		})
	}
}

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
		keys, err := e.Ledgers(t.Context())
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
	_, err := w.engine().Ledger(context.Background(), ledger.Key{Tenant: "t", Report: "r"})
	if err == nil || !strings.Contains(err.Error(), `environment variable "UNSET" holds nothing. Make the password available`) {
		t.Errorf("a password that is not set: %v", err)
	}
	if strings.Contains(w.log.String(), server.Password) {
		t.Error("the password is in the log")
	}
}
