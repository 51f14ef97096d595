package backends

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/ledgertest"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/objectstore"
)

// blobState decodes a body of state "blob" as a configuration has it.
func blobState(t *testing.T, dir, body string, environ ...string) (ledger.Backend, hcl.Diagnostics) {
	t.Helper()
	writeFile(t, filepath.Join(dir, "main.rf.hcl"), "tenant \"a\" {\n id = \"a.example\"\n cloud = \"sandbox\"\n}\nreportform {\n state \"blob\" {\n"+body+"\n }\n}\n")
	backend, diags := load(t, dir, environ...)
	if backend == nil && !diags.HasErrors() {
		t.Fatal("neither a backend nor an error")
	}
	return backend, diags
}

// load decodes the state block of a configuration, in which nothing else is
// wrong.
func load(t *testing.T, dir string, environ ...string) (ledger.Backend, hcl.Diagnostics) {
	t.Helper()
	c, diags := config.Load(dir, config.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return Decode(&c.Settings.State, dir, func(name string) string {
		for _, entry := range environ {
			if value, ok := strings.CutPrefix(entry, name+"="); ok {
				return value
			}
		}
		return ""
	})
}

func TestBlobDirectory(t *testing.T) {
	dir := t.TempDir()
	for _, url := range []string{"file:///" + strings.TrimPrefix(filepath.ToSlash(filepath.Join(dir, "absolute")), "/"), "file://./relative/state", "file://../" + filepath.Base(dir) + "/up"} {
		t.Run(url, func(t *testing.T) {
			ledgertest.Run(t, func(t *testing.T) ledger.Backend {
				backend, diags := blobState(t, dir, "url = \""+url+"\"")
				if diags.HasErrors() {
					t.Fatal(diags)
				}
				return backend
			})
		})
	}
	for _, name := range []string{"absolute", "relative/state", "up"} {
		if found, err := filepath.Glob(filepath.Join(dir, name, "report.*", "tenant.*.json")); len(found) == 0 || err != nil {
			t.Errorf("no ledger is in %s, %v", name, err)
		}
	}
}

func TestBlobDecodes(t *testing.T) {
	for _, body := range []string{
		`url = "s3://bucket"`,
		"url = \"s3://bucket/a/b/\"\nregion = \"eu-west-1\"\nprofile = \"work\"\nendpoint = null\nsas_token = null",
		"url = \"s3://bucket/${lower(\"A\")}\"\nendpoint = \"http://127.0.0.1:9000/\"\npath_style = true\naccess_key_id = \"AK\"\nsecret_access_key = secret_env(\"NOWHERE\")",
		"url = \"azblob://container/p\"\naccount = \"contoso\"",
		"url = \"azblob://container\"\naccount = \"contoso\"\naccount_key = secret_exec([\"false\"])",
		"url = \"azblob://container\"\nendpoint = \"https://contoso.blob.core.usgovcloudapi.net\"\nsas_token = secret_file(\"token\")",
		"url = \"azblob://container\"\nendpoint = \"http://127.0.0.1:10000/devstoreaccount1\"\naccount = \"devstoreaccount1\"\naccount_key = secret_env(\"KEY\")",
		"url = \"azblob://container\"\nconnection_string = secret_env(\"KEY\")",
		`url = "gs://bucket_1/p"`,
		"url = \"gs://bucket\"\nendpoint = \"https://storage.example.com\"\ncredentials_file = \"key.json\"",
	} {
		if backend, diags := blobState(t, t.TempDir(), body); backend == nil || len(diags) > 0 {
			t.Errorf("%s\ngives %v, %v", body, backend, diags)
		}
	}
}

func TestBlobMistakes(t *testing.T) {
	const s3, az, gs = "url = \"s3://b\"\n", "url = \"azblob://c\"\n", "url = \"gs://b\"\n"
	for body, want := range map[string]string{
		``:                                         "Missing required argument",
		`url = null`:                               "Missing url",
		`url = ""`:                                 "Missing url",
		`url = ["hunter2"]`:                        "Wrong type of url",
		`url = "bucket/hunter2"`:                   `The scheme "" is none of a store`,
		`url = "s4://hunter2"`:                     `Did you mean "s3"`,
		`url = "s3://"`:                            "The bucket or container is missing",
		`url = "s3://bucket:9000/p"`:               "a server's address goes into endpoint",
		`url = "s3://AK:hunter2@bucket"`:           "identity and options are attributes",
		`url = "azblob://c?sig=hunter2"`:           "identity and options are attributes",
		`url = "gs://bucket/a//b"`:                 "The prefix has an empty part",
		`url = "gs://bucket/../b"`:                 "The prefix has an empty part",
		`url = "file://state/x"`:                   "An absolute directory has three slashes",
		`url = "file:///"`:                         "The directory is missing",
		s3 + `acount = "hunter2"`:                  "Unsupported argument",
		s3 + `account = "hunter2"`:                 "account belongs to a url that begins with azblob://, and this one begins with s3://. Remove account.",
		gs + `sas_token = "hunter2"`:               "Remove sas_token",
		`url = "file:///x"` + "\nregion = 1":       "Remove region",
		s3 + `endpoint = "http://10.0.0.1"`:        "http is accepted for loopback addresses alone",
		s3 + `endpoint = "https://x/p"`:            "a path does not belong in it",
		s3 + `endpoint = "https://a:hunter2@x"`:    "a user or a password does not belong in it",
		s3 + `path_style = "perhaps"`:              "Wrong type of path_style",
		s3 + `access_key_id = "AK"`:                "belong together",
		s3 + `secret_access_key = secret_env("A")`: "belong together",
		s3 + "access_key_id = \"AK\"\nsecret_access_key = \"hunter2\"":                        "Secret in plain text",
		s3 + "access_key_id = \"AK\"\nsecret_access_key = parseint(\"hunter2\", 10)":          "Secret not understood",
		s3 + "access_key_id = \"AK\"\nsecret_access_key = secret_env(\"A\")\nprofile = \"p\"": "Two identities",
		az:                                 "Missing account",
		az + `account = "contoso.example"`: "Not a storage account",
		az + `account_key = secret_env("A")` + "\nendpoint = \"https://x\"":                          "Missing account",
		az + "account = \"contoso\"\naccount_key = secret_env(\"A\")\nsas_token = secret_env(\"B\")": "Two identities",
		az + "connection_string = secret_env(\"A\")\naccount = \"contoso\"":                          "Remove account",
		az + "connection_string = secret_env(\"A\")\nendpoint = \"https://x\"":                       "Remove endpoint",
	} {
		_, diags := blobState(t, t.TempDir(), body)
		said := ""
		for _, d := range diags {
			said += d.Summary + ": " + d.Detail + "\n"
			if _, marked := hcl.DiagnosticExtra[diag.SecretHere](d); !marked || d.Subject == nil || d.Context != nil || d.Expression != nil || d.EvalContext != nil {
				t.Errorf("%s\nlets a renderer quote the line: %+v", body, d)
			}
		}
		if !diags.HasErrors() || !strings.Contains(said, want) || strings.Contains(said, "hunter2") {
			t.Errorf("%s\ngives %q, want %q", body, said, want)
		}
	}
}

// TestBlobFirstUse has mistakes that show when the store is first asked.
func TestBlobFirstUse(t *testing.T) {
	const key = "region = \"eu-west-1\"\nendpoint = \"http://127.0.0.1:1\"\npath_style = true\n"
	for _, test := range []struct {
		body    string
		environ []string
		want    string
	}{
		{"url = \"s3://b/p\"\n" + key + "access_key_id = \"AK\"\nsecret_access_key = secret_env(\"NOWHERE\")", nil, `s3://b/p: the secret is empty: environment variable "NOWHERE" holds nothing`},
		{"url = \"s3://b/p\"\n" + key, []string{"AWS_ACCESS_KEY_ID=AK", "AWS_SECRET_ACCESS_KEY=hunter2"}, "s3://b/p: http://127.0.0.1:1 cannot be reached"},
		{"url = \"s3://b/p\"\nendpoint = \"http://127.0.0.1:1\"", []string{"AWS_REGION=eu-west-1", "AWS_PROFILE=reportform-no-such-profile"}, "reportform-no-such-profile"},
		{"url = \"azblob://c\"\naccount = \"contoso\"\naccount_key = secret_env(\"KEY\")", []string{"KEY=hunter2 "}, "azblob://c: account_key is no key"},
		{"url = \"azblob://c\"\nconnection_string = secret_env(\"KEY\")", []string{"KEY=hunter2"}, "azblob://c: connection_string cannot be used"},
		{"url = \"gs://b\"\ncredentials_file = \"absent.json\"", nil, "gs://b: credentials_file cannot be read"},
	} {
		backend, diags := blobState(t, t.TempDir(), test.body, test.environ...)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, err := backend.List(t.Context())
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s\ngives %v\nwant %q", test.body, err, test.want)
		}
	}
}

func TestBlobIsDocumented(t *testing.T) {
	document, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, schemes := range objectstore.Belonging(blobSchemes()) {
		of := "`" + strings.Join(schemes, "`, `") + "`"
		if name == "url" {
			of = "all"
		}
		if row := "| `" + name + "` | " + of + " | "; !strings.Contains(string(document), row) {
			t.Errorf("the document lacks the row %s", row)
		}
	}
}

// TestBlobJSON has the block in HCL's JSON syntax.
func TestBlobJSON(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "main.rf.json"), `{"reportform": {"state": {"blob": {"url": "azblob://c", "account": "contoso", "account_key": "${secret_env(\"KEY\")}"}}}}`)
	if _, diags := load(t, dir); len(diags) > 0 {
		t.Error(diags)
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
