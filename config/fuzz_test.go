package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/reportform/reportform/config/lang"
)

// FuzzLoad loads arbitrary bytes in both syntaxes: whatever they are, there is
// a Config, and diagnostics whose ranges lie in its files.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.rf.hcl", "testdata/good/*/main.rf.*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range files {
			src, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src, filepath.Ext(name) == ".json")
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, src []byte, inJSON bool) {
		name := "main" + nativeEnding
		if inJSON {
			name = "main" + jsonEnding
		}
		c, diags := load(dir, sources{blocks: []source{{name: name, bytes: src}}}, testOptions())
		diags = lang.Tidy(diags)
		if c == nil || (c.Files[name] == nil && !inJSON) {
			t.Fatal("no Config, or not its files")
		}
		for _, d := range diags {
			if d.Subject != nil && (d.Subject.Filename != name || d.Subject.End.Byte > len(src)+1) {
				t.Errorf("%s lies outside the file", d)
			}
		}
		if diags.HasErrors() {
			return
		}
		for _, r := range c.Reports {
			if r.Type == nil || r.Window == nil || len(r.Outputs) == 0 || len(r.Outputs) != len(r.OutputRanges) {
				t.Errorf("%s is incomplete without an error: %+v", r.Address, r)
			}
			if len(r.Tenants) == 0 && len(diags) == 0 {
				t.Errorf("%s has no tenants without a warning: %+v", r.Address, r)
			}
		}
		for _, w := range c.Windows {
			if (w.Last != nil) == (w.Every != nil || !w.From.IsZero()) {
				t.Errorf("%s is not of one form: %+v", w.Address, w)
			}
		}
		for _, tenant := range c.Tenants {
			if tenant.ID == "" || tenant.Name == "" || (tenant.Credential == nil && tenant.Cloud != CloudSandbox) {
				t.Errorf("%s is incomplete without an error: %+v", tenant.Address, tenant)
			}
		}
	})
}

func TestFormat(t *testing.T) {
	for src, want := range map[string]string{
		"window \"w\" {\nlast=\"1d\"\n  align   = \"day\"\n}\n": "window \"w\" {\n  last  = \"1d\"\n  align = \"day\"\n}\n",
		"a = (": "a = (",
		"":      "",
	} {
		got := string(Format([]byte(src)))
		if got != want {
			t.Errorf("%q is formatted as %q, want %q", src, got, want)
		}
		if again := string(Format([]byte(got))); again != got {
			t.Errorf("%q changes when formatted again: %q", got, again)
		}
	}
}
