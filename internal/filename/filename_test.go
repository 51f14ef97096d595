package filename

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// A folder is found out without writing, from the names in it.
func TestProbe(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Name"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := os.Lstat(filepath.Join(dir, "nAME"))
	folds := err == nil
	if got := probe(dir); got.Cases != folds {
		t.Errorf("the folder folds cases: %v; found %+v", folds, got)
	}
	if !folds {
		if err := os.Link(filepath.Join(dir, "Name"), filepath.Join(dir, "nAME")); err != nil {
			t.Fatal(err)
		}
		if probe(dir).Cases {
			t.Error("two names of one file are taken for one name")
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 2 {
		t.Errorf("%v, %v", entries, err)
	}
	if runtime.GOOS == "linux" && !folds {
		if got := (&Folders{}).At(filepath.Join(dir, "not", "There")).Name("not/There/Yet"); got != "not/There/Yet" {
			t.Errorf("a name below what is not there is %s", got)
		}
	}
}

// Every folding is its own name's, and names that it does not fold stay apart.
func TestName(t *testing.T) {
	for _, test := range []struct {
		how  Folding
		a, b string
		same bool
	}{
		{Folding{Cases: true}, "A/b", "a/B", true},
		{Folding{Cases: true}, "m\u00fc", "mu\u0308", false},
		{Folding{Cases: true, Forms: true}, "M\u00dc", "mu\u0308", true},
		{Folding{Forms: true}, "\u00fc", "u\u0308", true},
		{Folding{Forms: true}, "\u00fc", "\u00dc", false},
		{Folding{Ends: true}, "a./b ", "a/b", true},
		{Folding{Ends: true}, "A", "a", false},
		{Folding{Ends: true}, "../a", "a", false},
		{Folding{}, "A", "a", false},
	} {
		if got := test.how.Name(test.a) == test.how.Name(test.b); got != test.same {
			t.Errorf("%+v takes %q and %q for one: %v", test.how, test.a, test.b, got)
		}
		if name := test.how.Name(test.a); test.how.Name(name) != name {
			t.Errorf("%q is called %q, which is called %q", test.a, name, test.how.Name(name))
		}
	}
}
