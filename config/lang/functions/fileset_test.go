package functions

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"
)

func TestGlob(t *testing.T) {
	files := []string{"a.csv", "b.json", "c.txt", ".hidden.csv", "x/a.csv", "x/d.json", "x/y/a.csv", "z/a.csv", "{odd}.csv"}
	fsys := fstest.MapFS{}
	for _, name := range files {
		fsys[name] = &fstest.MapFile{}
	}
	for pattern, want := range map[string][]string{
		"*.csv":           {".hidden.csv", "a.csv", "{odd}.csv"},
		"*.{json,txt}":    {"b.json", "c.txt"},
		"{a,b}.{csv,js*}": {"a.csv", "b.json"},
		"{x/y,z}/*":       {"x/y/a.csv", "z/a.csv"},
		"{x,z}/{a,d}.*":   {"x/a.csv", "x/d.json", "z/a.csv"},
		"[ab].*":          {"a.csv", "b.json"},
		"[^a].*":          {"b.json", "c.txt"},
		"?.csv":           {"a.csv"},
		`\{odd\}.csv`:     {"{odd}.csv"},
		"*/*.csv":         {"x/a.csv", "z/a.csv"},
		"**/*.csv":        {".hidden.csv", "a.csv", "x/a.csv", "x/y/a.csv", "z/a.csv", "{odd}.csv"},
		"x/**":            {"x/a.csv", "x/d.json", "x/y/a.csv"},
		"x/**/a.csv":      {"x/a.csv", "x/y/a.csv"},
		"**/y/**":         {"x/y/a.csv"},
		"**":              files,
		"x":               nil, // a directory
		"a.csv/x":         nil,
		".":               nil,
	} {
		got, err := glob(fsys, pattern)
		slices.Sort(got)
		if want = slices.Sorted(slices.Values(want)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", pattern, got, err, want)
		}
	}
}

// counting counts how often directories are read.
type counting struct {
	fs.FS
	reads int
}

func (c *counting) ReadDir(name string) ([]fs.DirEntry, error) {
	c.reads++
	return fs.ReadDir(c.FS, name)
}

// TestGlobReadsEachDirectoryOnce counts steps: with 30 times ** there are more
// ways through the tree than could ever be tried.
func TestGlobReadsEachDirectoryOnce(t *testing.T) {
	const deep = 60
	name, fsys := "x", fstest.MapFS{}
	for range deep {
		name = "d/" + name
		fsys[strings.TrimSuffix(name, "x")+"other"] = &fstest.MapFile{}
	}
	fsys[name] = &fstest.MapFile{}
	for pattern, want := range map[string]struct{ files, reads int }{
		strings.Repeat("**/", 8) + "x":        {1, deep + 1},
		strings.Repeat("**/", 30) + "x":       {1, deep + 1},
		strings.Repeat("**/d/", 30) + "x":     {1, deep + 1},
		strings.Repeat("**/d/", 30) + "none":  {0, deep + 1},
		strings.Repeat("**/*d*/", 30) + "n*e": {0, deep + 1},
		"*.csv":                               {0, 1},
		"*/*/x":                               {0, 3},
		"{d/d,e}/x":                           {0, 3},
	} {
		counted := &counting{FS: fsys}
		got, err := glob(counted, pattern)
		if err != nil || len(got) != want.files || counted.reads != want.reads {
			t.Errorf("%s: %d files, %d directories read, %v; want %d and %d", pattern, len(got), counted.reads, err, want.files, want.reads)
		}
	}
}

func TestFileSet(t *testing.T) {
	dir := writeDir(t, map[string]string{
		"data/a.csv": "", "data/deep/b.csv": "", "data[1]/c.csv": "", "other/d.csv": "", "other/e.json": "",
	})
	hclCtx := &hcl.EvalContext{Functions: All(dir)}
	for expression, want := range map[string]string{
		`fileset("data", "*.csv")`:             `["a.csv"]`,
		`fileset("data", "./deep/../*.csv")`:   `["a.csv"]`,
		`fileset("data", "/*.csv")`:            `["a.csv"]`,
		`fileset("data", "deep/*.{csv,json}")`: `["deep/b.csv"]`,
		`fileset("data[1]", "*.csv")`:          `["c.csv"]`,
		`fileset(".", "data\\[1\\]/*.csv")`:    `["data[1]/c.csv"]`,
		`fileset("data", "../other/*.csv")`:    `["../other/d.csv"]`,
		`fileset("data", "a.csv")`:             `["a.csv"]`,
		`fileset("data", "deep")`:              `[]`,
		`fileset("data", "")`:                  `[]`,
		`fileset("data/a.csv", "*")`:           `[]`,
		`fileset("none", "**")`:                `[]`,
		fmt.Sprintf(`fileset(%q, "*.json")`, filepath.ToSlash(filepath.Join(dir, "other"))): `["e.json"]`,
	} {
		if got, err := evalText(expression, hclCtx); err != nil || got != want {
			t.Errorf("%s = %s, %v; want %s", expression, got, err, want)
		}
	}
}

// TestFileSetFollowsLinks has links to a file and to directories, of which one
// leads up and one to itself, and a link that leads nowhere.
func TestFileSetFollowsLinks(t *testing.T) {
	dir := writeDir(t, map[string]string{"real/a.csv": "", "elsewhere/b.csv": ""})
	for link, target := range map[string]string{
		"real/file.csv": "a.csv", "real/dir": "../elsewhere", "real/up": "..", "real/self": ".", "elsewhere/lost.txt": "none",
	} {
		err := os.Symlink(filepath.FromSlash(target), filepath.Join(dir, filepath.FromSlash(link)))
		if err != nil && runtime.GOOS == "windows" {
			t.Skipf("symbolic links are for administrators on Windows: %s", err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	hclCtx := &hcl.EvalContext{Functions: All(dir)}
	for expression, want := range map[string]string{
		`fileset("real", "*")`:        `["a.csv","file.csv"]`,
		`fileset("real", "*/*.csv")`:  `["dir/b.csv"]`,
		`fileset("real", "**/*.csv")`: `["a.csv","dir/b.csv","file.csv","up/elsewhere/b.csv","up/real/a.csv","up/real/dir/b.csv","up/real/file.csv"]`,
		`fileset("elsewhere", "**")`:  `["b.csv"]`,
	} {
		if got, err := evalText(expression, hclCtx); err != nil || got != want {
			t.Errorf("%s = %s, %v; want %s", expression, got, err, want)
		}
	}
	if got, err := evalText(`fileset("elsewhere", "*.txt")`, hclCtx); err == nil || !strings.Contains(err.Error(), `the link "lost.txt"`) {
		t.Errorf("a link that leads nowhere: %s, %v", got, err)
	}
}
