package file

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/reportform/reportform/internal/filename"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

func TestKey(t *testing.T) {
	var f Files
	for _, group := range [][]place.Place{
		{"out/contoso/a.json", "out/Contoso/a.json", "OUT/CONTOSO/A.JSON"},
		{"out/contoso", "out/contoso.", "out/contoso. .", "Out./contoso "},
		{"m\u00fcnchen/a", "mu\u0308nchen/a", "M\u00dcNCHEN/a", "MU\u0308NCHEN/A"},
		{"stra\u00dfe", "STRASSE", "stra\u1e9ee"},
		{"\u03c3\u03c2", "\u03a3\u03a3"},
		{"../a", "../A"},
		{"k", "\u212a"}, // the sign for kelvin
	} {
		for _, p := range group {
			if f.Key(p) != f.Key(group[0]) || f.Key(f.Key(p)) != f.Key(p) {
				t.Errorf("%q has the key %q, %q has %q", p, f.Key(p), group[0], f.Key(group[0]))
			}
		}
	}
	for _, p := range []place.Place{"out/contoso/2026-11-20.json", "out/a b/c.d", "..", "../..", "/a/b", "münchen/a"} {
		if f.Key(p) != p {
			t.Errorf("%q has the key %q", p, f.Key(p))
		}
	}
	for _, p := range []place.Place{place.New("object", "s3://Bucket/A", ""), place.New(place.File, "Rows.db", "A"), place.Console} {
		if f.Key(p) != p || f.Name(p) != p {
			t.Errorf("%s compares as %s and %s", p, f.Key(p), f.Name(p))
		}
	}
}

// taking is a cabinet in which folders take names in a manner.
func taking(t *testing.T, in map[string]filename.Folding) cabinet {
	c := newCabinet(t)
	for dir, how := range in {
		path := filepath.Join(c.dir, filepath.FromSlash(dir))
		c.must(os.MkdirAll(path, 0o700))
		c.folders.Remember(path, filename.Manner{Folding: how, Longest: 255})
	}
	return c
}

func TestAlike(t *testing.T) {
	none, linux, mac, windows := filename.Folding{}, filename.Folding{Cases: true, Forms: true}, filename.Folding{Cases: true, Forms: true}, filename.Folding{Cases: true, Ends: true}
	for _, test := range []struct {
		in   map[string]filename.Folding
		a, b place.Place
		want bool
	}{
		{map[string]filename.Folding{".": none}, "Contoso/a", "contoso/a", false},
		{map[string]filename.Folding{".": linux}, "Contoso/a", "contoso/a", true},
		{map[string]filename.Folding{".": linux}, "new/Contoso/a", "new/contoso/a", true},
		{map[string]filename.Folding{".": none, "new": windows}, "new/Contoso/a", "new/contoso/a", true},
		{map[string]filename.Folding{".": windows, "new": none}, "new/Contoso/a", "new/contoso/a", false},
		{map[string]filename.Folding{".": none, "Contoso": windows, "contoso": windows}, "Contoso/a", "contoso/a", false},
		{map[string]filename.Folding{".": mac}, "m\u00fc", "mu\u0308", true},
		{map[string]filename.Folding{".": windows}, "m\u00fc", "mu\u0308", false},
		{map[string]filename.Folding{".": windows}, "a/b.", "A/b", true},
		{map[string]filename.Folding{".": mac}, "a/b.", "a/b", false},
		{map[string]filename.Folding{".": windows}, "a/b", "a/c", false},
		{map[string]filename.Folding{".": none}, "a/b", "a/b", true},
	} {
		c := taking(t, test.in)
		if got := c.Alike(test.a, test.b); got != test.want || c.Alike(test.b, test.a) != test.want {
			t.Errorf("in %v %q and %q are one: %v", test.in, test.a, test.b, got)
		}
		if test.want && c.Key(test.a) != c.Key(test.b) {
			t.Errorf("%q and %q have two keys", test.a, test.b)
		}
	}
}

// TestProbeOfAFoldingFolder tries a folder of a file system that folds cases,
// which somebody names.
func TestProbeOfAFoldingFolder(t *testing.T) {
	base := os.Getenv("REPORTFORM_TEST_FOLDING")
	if base == "" {
		t.Skip("this needs a folder of a file system that folds cases, which takes a mount: name one in REPORTFORM_TEST_FOLDING")
	}
	dir, err := os.MkdirTemp(base, "probe")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if !NewFiles(dir).folders.At(dir).Cases {
		t.Error("an empty folder is not found out")
	}
	f := NewFiles(dir)
	c := cabinet{f, t}
	if !f.Alike("A/x", "a/x") || f.Alike("a/x", "a/y") {
		t.Error("names are not compared as the file system does")
	}
	// A name that changes in case alone goes by a place aside.
	receipt := c.put("Contoso.json")
	aside := f.Aside("contoso.json")
	for _, hop := range [][2]place.Place{{"Contoso.json", aside}, {aside, "contoso.json"}} {
		receipt.Place = hop[0]
		moved, err := f.Relocate(t.Context(), receipt, hop[1])
		c.must(err)
		c.must(f.Vacate(t.Context(), receipt, hop[1]))
		receipt = &moved
	}
	if c.read("contoso.json") != content || c.read(aside) != "" {
		t.Errorf("%q, aside %q", c.read("contoso.json"), c.read(aside))
	}
	// Without it nothing is lost either.
	receipt.Place = "contoso.json"
	_, err = f.Relocate(t.Context(), receipt, "CONTOSO.json")
	c.must(err)
	c.must(f.Vacate(t.Context(), receipt, "CONTOSO.json"))
	if c.read("contoso.json") != content {
		t.Error("the file is gone")
	}
}

func TestFits(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, test := range []struct {
		in    filename.Folding
		p     place.Place
		here  string
		other string
	}{
		{filename.Folding{}, "out/contoso/2026-11-20.json", "", ""},
		{filename.Folding{}, place.Place("out/" + long + "/a"), "a name of 256", ""},
		{filename.Folding{}, place.Place("out/" + long[:252] + ".json"), "a name of 257", ""},
		{filename.Folding{}, place.Place("out/" + long[:250] + ".json"), "", ""},
		{filename.Folding{}, place.Place(strings.Repeat(long[:200]+"/", 21) + "a"), "a path of", ""},
		// The temporary file has a longer name.
		{filename.Folding{}, place.Place(strings.Repeat("x/", 2010) + "a"), "a path of", ""},
		{filename.Folding{}, "out/a:b.json", "", `':'`},
		{filename.Folding{}, "out/what?/a", "", `'?'`},
		{filename.Folding{}, `a\b`, "", `'\\'`},
		{filename.Folding{}, "out/nul", "", `"nul"`},
		{filename.Folding{}, "out/COM1.json", "", "device"},
		{filename.Folding{}, "lpt³ .x.y/a", "", "device"},
		{filename.Folding{}, "out/conin$", "", "device"},
		{filename.Folding{}, "out/com/com10/console/nulls.x", "", ""},
		{filename.Folding{}, "out/contoso./a", "", "drops"},
		{filename.Folding{}, "out/a ", "", "drops"},
		{filename.Folding{}, "../a/./b", "", ""},
		{filename.Folding{Cases: true, Ends: true}, "out/nul.json", "device", ""},
		{filename.Folding{Cases: true, Forms: true}, "out/nul.json", "", "device"},
		{filename.Folding{Ends: true}, place.New("object", "s3://b/nul?", ""), "", ""},
	} {
		if runtime.GOOS != "linux" {
			t.Skip("the limits are those of Linux")
		}
		c := taking(t, map[string]filename.Folding{".": test.in})
		here, elsewhere := c.Fits()(test.p)
		if !strings.Contains(here, test.here) || !strings.Contains(elsewhere, test.other) || (here == "") != (test.here == "") || (elsewhere == "") != (test.other == "") {
			t.Errorf("%.40s in %+v: here %q, elsewhere %q", test.p, test.in, here, elsewhere)
		}
	}
}

// What fits can be written: the longest names and paths.
func TestWhatFitsCanBeWritten(t *testing.T) {
	c := newCabinet(t)
	deep := strings.Repeat(strings.Repeat("d", 100)+"/", (4095-len(c.dir)-60)/101)
	fits := c.Fits()
	for _, p := range []place.Place{place.Place(strings.Repeat("n", 255)), place.Place(deep + "x"), place.Place(strings.Repeat("ü", 127))} {
		here, _ := fits(p)
		_, err := func() (*outputs.Receipt, error) {
			if err := os.MkdirAll(filepath.Dir(c.path(p)), 0o700); err != nil {
				return nil, err
			}
			return c.put(p), nil
		}()
		if here != "" || err != nil {
			t.Errorf("%.20s: %q, %v", p, here, err)
		}
	}
}

func BenchmarkKey(b *testing.B) {
	var f Files
	for name, p := range map[string]place.Place{"plain": "out/contoso/failed-2026-11-20.ndjson", "letters": "out/Contoso/failed-2026-11-20.ndjson", "forms": "out/münchen/failed-2026-11-20.ndjson"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f.Key(p)
			}
		})
	}
}
