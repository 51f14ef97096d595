package config

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/reportform/reportform/config/lang/functions"
	"github.com/reportform/reportform/config/lang/variables"
)

// reference is docs/configuration.md.
func reference(t *testing.T) string {
	t.Helper()
	src, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(src), "\r\n", "\n")
}

// chapter returns what stands below a heading of the second level.
func chapter(t *testing.T, src, heading string) string {
	t.Helper()
	_, after, ok := strings.Cut(src, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("configuration.md has no heading %q", "## "+heading)
	}
	body, _, _ := strings.Cut(after, "\n## ")
	return body
}

// firstCells returns the names that begin the rows of the tables whose first
// column has the heading; end is what follows a name.
func firstCells(src, heading, end string) []string {
	var names []string
	inTable := false
	row := regexp.MustCompile("^\\| `([a-z0-9_]+)" + end)
	for line := range strings.Lines(src) {
		switch {
		case strings.HasPrefix(line, "| "+heading+" |"):
			inTable = true
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case inTable:
			if m := row.FindStringSubmatch(line); m != nil {
				names = append(names, m[1])
			}
		}
	}
	slices.Sort(names)
	return names
}

// blockSchemas are the schemas of the blocks of the language by type, those
// within other blocks included. A schema that is missing here fails the test.
func blockSchemas() map[string]*hcl.BodySchema {
	return map[string]*hcl.BodySchema{
		"reportform":  settingsSchema(),
		"state":       {}, // its body belongs to the backend
		"variable":    variables.Schema(),
		"validation":  variables.ValidationSchema(),
		"locals":      {}, // every name is the user's
		"credential":  credentialSchema(),
		"tenant":      tenantSchema(),
		"endpoints":   endpointsSchema(),
		"window":      windowSchema(),
		"output":      outputSchema(),
		"report":      reportSchema(),
		"report_type": reportTypeSchema(),
		withProperty:  propertyRuleSchema(),
	}
}

func TestReferenceHasEveryAttribute(t *testing.T) {
	src := reference(t)
	known := blockSchemas()
	var attributesOf func(block string) []string
	attributesOf = func(block string) []string {
		schema, ok := known[block]
		if !ok {
			t.Fatalf("blockSchemas lacks %q", block)
		}
		var names []string
		for _, attr := range schema.Attributes {
			names = append(names, attr.Name)
		}
		for _, inner := range schema.Blocks {
			names = append(names, attributesOf(inner.Type)...)
		}
		return names
	}
	for _, block := range rootSchema().Blocks {
		want := attributesOf(block.Type)
		if block.Type == "output" {
			want = append(want, "path") // of every format
		}
		slices.Sort(want)
		text := chapter(t, src, "`"+block.Type+"`")
		if diff := cmp.Diff(want, firstCells(text, "attribute", "`")); diff != "" {
			t.Errorf("the tables of attributes of %s (-schema +document):\n%s", block.Type, diff)
		}
		for _, inner := range known[block.Type].Blocks {
			if !strings.Contains(text, "`"+inner.Type+"`") {
				t.Errorf("the chapter on %s does not mention the block `%s`", block.Type, inner.Type)
			}
		}
	}
}

func TestReferenceHasEveryFunction(t *testing.T) {
	src := reference(t)
	refused := functions.Refused()
	var want []string
	for name := range functions.All(t.TempDir()) {
		if _, ok := refused[name]; !ok {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, firstCells(src, "function", "\\(")); diff != "" {
		t.Errorf("the tables of functions (-language +document):\n%s", diff)
	}
	for _, name := range slices.Sorted(maps.Keys(refused)) {
		if !strings.Contains(chapter(t, src, "Functions"), "`"+name+"`") {
			t.Errorf("the document does not mention the refused function `%s`", name)
		}
	}
}

func TestReferenceExamplesOfFunctions(t *testing.T) {
	all := &hcl.EvalContext{Functions: functions.All(t.TempDir())}
	value := func(src string) string {
		t.Helper()
		expr, diags := hclsyntax.ParseExpression([]byte(src), "example", hcl.InitialPos)
		var v cty.Value
		if !diags.HasErrors() {
			v, diags = expr.Value(all)
		}
		if diags.HasErrors() {
			t.Errorf("%s: %s", src, diags)
			return ""
		}
		text, err := ctyjson.SimpleJSONValue{Value: v}.MarshalJSON()
		if err != nil {
			t.Errorf("%s: %s", src, err)
		}
		return string(text)
	}
	examples := regexp.MustCompile("(?m)\\| `([^`]+)` → (.+) \\|$").FindAllStringSubmatch(reference(t), -1)
	for _, example := range examples {
		if got, want := value(example[1]), value(example[2]); got != want {
			t.Errorf("%s is %s, and the document says %s", example[1], got, want)
		}
	}
	if len(examples) < 50 {
		t.Errorf("the document has %d examples of functions", len(examples))
	}
}

func TestReferenceHasEveryCloud(t *testing.T) {
	for name, endpoints := range Clouds() {
		row := "| `" + name + "` | "
		if name != CloudSandbox {
			for _, host := range []string{endpoints.Login, endpoints.Graph, endpoints.AADGraph} {
				row += strings.TrimPrefix(host, "https://") + " | "
			}
		}
		if !strings.Contains(reference(t), strings.TrimSpace(row)) {
			t.Errorf("the document lacks the row %s", row)
		}
	}
}
