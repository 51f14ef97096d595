package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/config/catalog"
	"github.com/reportform/reportform/engine/window"
)

// preamble are the blocks that a fragment in a document may refer to, or need,
// without declaring them itself.
func preamble() []string {
	return []string{
		`credential "client_secret" "msp" {
  client_id     = "8f0c1f2e-0000-4000-8000-000000000001"
  client_secret = secret_env("MSP_CLIENT_SECRET")
}`,
		`tenant "contoso" {
  id    = "contoso.onmicrosoft.com"
  cloud = "sandbox"
}`,
		`window "daily" {
  every = "1d"
  from  = "2026-11-01"
}`,
		`output "ndjson" "lake" {
  path = "out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.ndjson"
}`,
		`report "directory_audits" "audits" {
  window  = window.daily
  outputs = [output.ndjson.lake]
}`,
	}
}

const customersCSV = "name,tenant_id,tier,region\nfabrikam,fabrikam.example,gold,eu\nadatum,adatum.example,silver,us\n"

// example is a fenced block of a document.
type example struct {
	place string // the document and the line of the fence
	info  string // what follows the fence: hcl, hcl fragment, json
	text  string
}

func examples(t *testing.T, document string) []example {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(document)))
	if err != nil {
		t.Fatal(err)
	}
	var (
		found  []example
		inside *example
		number int
	)
	for line := range strings.Lines(strings.ReplaceAll(string(src), "\r\n", "\n")) {
		number++
		fence, ok := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case ok && inside == nil:
			inside = &example{place: fmt.Sprintf("%s:%d", document, number), info: fence}
		case ok:
			found = append(found, *inside)
			inside = nil
		case inside != nil:
			inside.text += line
		}
	}
	if inside != nil {
		t.Fatalf("%s: the fence is not closed", inside.place)
	}
	return found
}

func TestDocumentsShowWhatLoads(t *testing.T) {
	types, limits, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range []string{"docs/configuration.md", "docs/formats.md", "README.md"} {
		configurations := 0
		for _, e := range examples(t, document) {
			name, src := "main.rf.hcl", e.text
			switch {
			case e.info == "hcl":
			case e.info == "hcl fragment":
				src = complete(t, e)
			case e.info == "json" && document == "docs/configuration.md":
				name = "main.rf.json"
			case strings.HasPrefix(e.info, "hcl"):
				t.Errorf("%s: %q is neither a configuration (hcl) nor a part of one (hcl fragment)", e.place, e.info)
				continue
			default:
				continue
			}
			configurations++
			dir := t.TempDir()
			write(t, filepath.Join(dir, name), src)
			write(t, filepath.Join(dir, "customers.csv"), customersCSV)
			c, diags := config.Load(dir, config.Options{ReportTypes: types, LimitClasses: limits, Version: "0.1.0"})
			for _, d := range diags {
				t.Errorf("%s: %s\n%s", e.place, d, d.Detail)
			}
			if len(c.Reports) == 0 && len(diags) == 0 && e.info != "hcl fragment" && !onlyVariables(c) {
				t.Errorf("%s: the configuration reports nothing", e.place)
			}
			if formatted := config.Format([]byte(e.text)); name == "main.rf.hcl" && dedent(string(formatted)) != dedent(e.text) {
				t.Errorf("%s: the block is not in canonical form:\n%s", e.place, formatted)
			}
		}
		if configurations == 0 {
			t.Errorf("%s shows no configuration", document)
		}
	}
}

// TestDocumentNamesTheSlices takes the table of windows, labels and bounds at
// its word.
func TestDocumentNamesTheSlices(t *testing.T) {
	src, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 22, 28, 52, 0, time.UTC) // as the document says
	_, table, _ := strings.Cut(string(src), "| window | label | from (UTC) | to (UTC) |\n| --- | --- | --- | --- |\n")
	rows := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 4 {
			break
		}
		rows++
		attributes := strings.Trim(strings.ReplaceAll(strings.TrimSpace(cells[0]), "`, `", "\n"), "`")
		dir := t.TempDir()
		write(t, filepath.Join(dir, "main.rf.hcl"), "window \"w\" {\n"+attributes+"\n}\n")
		c, diags := config.Load(dir, config.Options{})
		if diags.HasErrors() {
			t.Errorf("%s: %s", attributes, diags)
			continue
		}
		w := window.New(c.Windows[0])
		slice := slices.Collect(w.Slices(now))[0]
		got := fmt.Sprintf("%s | %s | %s", w.Label(slice), inTable(slice.From), inTable(slice.To))
		want := strings.Trim(cells[1], "`") + " | " + cells[2] + " | " + strings.TrimSpace(cells[3])
		if got != want {
			t.Errorf("%s\n  is          %s\n  in document %s", attributes, got, want)
		}
	}
	if rows < 10 {
		t.Errorf("the table has %d rows", rows)
	}
}

// inTable writes a time as the document does, with seconds where there are any.
func inTable(t time.Time) string {
	return strings.TrimSuffix(t.UTC().Format("2006-01-02 15:04:05"), ":00")
}

// onlyVariables reports whether a configuration declares nothing that can be
// pulled: an example of variables.
func onlyVariables(c *config.Config) bool {
	return len(c.Tenants)+len(c.Windows)+len(c.Outputs) == 0
}

// complete returns a fragment with what it needs of the preamble: every block
// that it does not declare itself.
func complete(t *testing.T, e example) string {
	t.Helper()
	declared := addresses(t, e.place, e.text)
	src := e.text
	for _, block := range preamble() {
		for address := range addresses(t, "preamble", block) {
			if !declared[address] {
				src += "\n" + block + "\n"
			}
		}
	}
	return src
}

// addresses returns the blocks of a source by type and labels.
func addresses(t *testing.T, place, src string) map[string]bool {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(src), place, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %s", place, diags)
	}
	found := map[string]bool{}
	for _, block := range file.Body.(*hclsyntax.Body).Blocks {
		found[strings.Join(append([]string{block.Type}, block.Labels...), ".")] = true
	}
	return found
}

// dedent removes the indentation of a block that stands in a list of a document.
func dedent(src string) string {
	first := src[:len(src)-len(strings.TrimLeft(src, " "))]
	var b strings.Builder
	for line := range strings.Lines(src) {
		b.WriteString(strings.TrimPrefix(line, first))
	}
	return b.String()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
