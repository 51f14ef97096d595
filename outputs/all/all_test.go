package all

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/outputstest"
)

// files lists the formats that make files.
func files() []string {
	names := slices.Sorted(maps.Keys(Registry()))
	return slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(outputstest.Attributes(Registry()[name]), "path") })
}

// open starts a writer of every format of files in dir, in order of name.
func open(t *testing.T, dir string) (*outputs.Tee, []string) {
	t.Helper()
	var opening []func() (outputs.Writer, error)
	names := files()
	for _, name := range names {
		o, diags := outputstest.Decode(Registry()[name], fmt.Sprintf("path = \"${pull.tenant.name}/report.%s\"", name), dir, nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		target, diags := o.Resolve(outputstest.Pull())
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		opening = append(opening, func() (outputs.Writer, error) { return o.Open(t.Context(), target) })
	}
	return outputs.OpenTee(opening...), names
}

func TestEveryFormatAtOnce(t *testing.T) {
	dir := t.TempDir()
	tee, names := open(t, dir)
	events := outputstest.NastyEvents()
	for _, e := range events {
		if !tee.Write([]outputs.Event{*e}) {
			t.Fatal("no writer is left")
		}
	}
	tee.Stage()
	tee.Publish()
	if len(names) < 5 {
		t.Errorf("only %v", names)
	}
	for i, name := range names {
		r, err := tee.Result(i)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		info, err := os.Stat(filepath.Join(dir, r.Place.Text()))
		if err != nil || info.Size() != r.Bytes || r.Rows != int64(len(events)) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestOneFailureTakesNothingFromTheOthers(t *testing.T) {
	dir := t.TempDir()
	tee, names := open(t, dir)
	if !tee.Write([]outputs.Event{*outputstest.GoldenEvents()[0]}) {
		t.Fatal("no writer is left")
	}
	tee.Stage()
	// A directory in the way of a file.
	if err := os.MkdirAll(filepath.Join(dir, "contoso", "report."+names[1], "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	tee.Publish()
	for i, name := range names {
		_, err := tee.Result(i)
		path := filepath.Join(dir, "contoso", "report."+name)
		if i == 1 {
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("the error is %v", err)
			}
			continue
		}
		if info, statErr := os.Stat(path); err != nil || statErr != nil || info.Size() == 0 {
			t.Errorf("%s: %v, %v", name, err, statErr)
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, "contoso"))
	if err != nil || len(entries) != len(names) {
		t.Errorf("files: %v, %v", entries, err)
	}
}

// document is docs/formats.md.
func document(t *testing.T) string {
	t.Helper()
	src, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(src), "\r\n", "\n")
}

func TestDocumentHasEveryOption(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (?:list of strings|string|number|bool) \\|")
	for name, format := range Registry() {
		want := slices.DeleteFunc(outputstest.Attributes(format), func(name string) bool { return name == "path" })
		got := []string{}
		_, chapter, ok := strings.Cut(document(t), "\n## `"+name+"`\n")
		if !ok {
			t.Errorf("formats.md has no chapter on %s", name)
		}
		chapter, _, _ = strings.Cut(chapter, "\n## ")
		for _, m := range row.FindAllStringSubmatch(chapter, -1) {
			got = append(got, m[1])
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the attributes of %s (-options +document):\n%s", name, diff)
		}
	}
}

func TestDocumentsListEveryFormat(t *testing.T) {
	configuration, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(string(configuration), "\nA format and a place. The first label is the format, ")
	sentence, _, _ := strings.Cut(chapter, ".")
	for name := range Registry() {
		if !strings.Contains(sentence, "`"+name+"`") {
			t.Errorf("configuration.md does not list %q", name)
		}
		if !strings.Contains(document(t), fmt.Sprintf("\n| [`%s`](#%s) |", name, name)) {
			t.Errorf("the table of formats.md does not list %q", name)
		}
	}
}

func TestDocumentShowsWhatDecodes(t *testing.T) {
	shown := map[string]bool{}
	for _, fence := range regexp.MustCompile("(?ms)^```hcl[^\n]*\n(.*?)^```").FindAllStringSubmatch(document(t), -1) {
		file, diags := hclsyntax.ParseConfig([]byte(fence[1]), "formats.md", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, block := range file.Body.(*hclsyntax.Body).Blocks {
			if block.Type != "output" {
				continue
			}
			shown[block.Labels[0]] = true
			format, ok := Registry()[block.Labels[0]]
			if !ok {
				t.Errorf("there is no format %q", block.Labels[0])
				continue
			}
			body := string(block.Body.SrcRange.SliceBytes([]byte(fence[1])))
			o, diags := outputstest.Decode(format, strings.Trim(body, "{}"), t.TempDir(), outputs.NewConsole(nil))
			if !diags.HasErrors() {
				_, diags = o.Resolve(outputstest.Pull())
			}
			if diags.HasErrors() {
				t.Errorf("output %q: %s", block.Labels, diags)
			}
		}
	}
	for name := range Registry() {
		if !shown[name] {
			t.Errorf("formats.md shows no output %q", name)
		}
	}
}

// Every format has passed the suite, under its name: that pins its definitions.
func TestDefinitionsArePinned(t *testing.T) {
	for name := range Registry() {
		pinned, err := os.ReadFile(filepath.Join("..", name, "testdata", "definition"))
		if err != nil || !strings.HasPrefix(string(pinned), name+" {") {
			t.Errorf("%s: %q, %v: call outputstest.Run in its test, or RunDefinitions", name, pinned, err)
		}
	}
}
