package backends

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
