package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/internal/durable"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

const content = "{\"id\":\"1\"}\n{\"id\":\"2\"}\n"

// cabinet is a directory with Files.
type cabinet struct {
	Files
	t *testing.T
}

func newCabinet(t *testing.T) cabinet { return cabinet{NewFiles(t.TempDir()), t} }

func (c cabinet) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// put writes a file and returns its receipt.
func (c cabinet) put(p place.Place) *outputs.Receipt {
	c.t.Helper()
	c.write(p, content)
	info, err := os.Stat(c.path(p))
	c.must(err)
	sum := sha256.Sum256([]byte(content))
	return &outputs.Receipt{Place: p, Rows: 2, Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:]), Modified: info.ModTime()}
}

func (c cabinet) write(p place.Place, text string) {
	c.t.Helper()
	c.must(os.MkdirAll(filepath.Dir(c.path(p)), 0o700))
	c.must(os.WriteFile(c.path(p), []byte(text), 0o600))
}

// read returns what is at a place; "" for nothing.
func (c cabinet) read(p place.Place) string {
	data, _ := os.ReadFile(c.path(p))
	return string(data)
}

// link makes a symbolic link at a place. On Windows, where that is for
// administrators, it skips the test.
func (c cabinet) link(to string, p place.Place) {
	c.t.Helper()
	c.must(os.MkdirAll(filepath.Dir(c.path(p)), 0o700))
	err := os.Symlink(to, c.path(p))
	if err != nil && runtime.GOOS == "windows" {
		c.t.Skipf("symbolic links are for administrators on Windows: %s", err)
	}
	c.must(err)
}

// restrict changes a place such that this user may not do with it what the mode
// leaves out, or skips the test.
func (c cabinet) restrict(p place.Place, mode fs.FileMode) {
	c.t.Helper()
	if os.Getuid() <= 0 {
		c.t.Skip("modes do not bind root, and Windows has none: another user's run tests this")
	}
	info, err := os.Stat(c.path(p))
	c.must(err)
	c.must(os.Chmod(c.path(p), mode))
	c.t.Cleanup(func() { _ = os.Chmod(c.path(p), info.Mode()) })
}

// states are what may become of the file a/f, with what Verify, Look, Remove and
// Relocate find then.
var states = []struct {
	name         string
	do           func(c cabinet)
	verify, look place.Condition
	reason       string // of Verify, where it is Unreadable
	removed      string // what stands there after Remove
	err          error  // of Remove
}{
	{"intact", func(cabinet) {}, place.Intact, place.Intact, "", "", nil},
	{"another time", func(c cabinet) {
		c.must(os.Chtimes(c.path("a/f"), time.Time{}, time.Now().Add(-time.Hour)))
	}, place.Intact, place.Unsure, "", "", nil},
	{"gone", func(c cabinet) { c.must(os.Remove(c.path("a/f"))) }, place.Missing, place.Missing, "", "", nil},
	{"its folder is gone", func(c cabinet) { c.must(os.RemoveAll(c.path("a"))) }, place.Missing, place.Missing, "", "", nil},
	{"its folder is a file", func(c cabinet) {
		c.must(os.RemoveAll(c.path("a")))
		c.write("a", "x")
	}, place.Missing, place.Missing, "", "", nil},
	{"its folder is a circle", func(c cabinet) {
		c.must(os.RemoveAll(c.path("a")))
		c.link("a", "a")
	}, place.Missing, place.Missing, "", "", nil},
	{"a link to nothing", func(c cabinet) {
		c.must(os.Remove(c.path("a/f")))
		c.link("none", "a/f")
	}, place.Missing, place.Missing, "", "", nil},
	{"a link to it", func(c cabinet) {
		c.must(os.Rename(c.path("a/f"), c.path("a/g")))
		c.link("g", "a/f")
	}, place.Intact, place.Intact, "", "", nil},
	{"longer", func(c cabinet) { c.write("a/f", content+"x") }, place.Altered, place.Altered, "", content + "x", outputs.ErrAltered},
	{"empty", func(c cabinet) { c.write("a/f", "") }, place.Altered, place.Altered, "", "", outputs.ErrAltered},
	{"other bytes", func(c cabinet) {
		c.write("a/f", strings.ReplaceAll(content, "1", "9"))
		c.must(os.Chtimes(c.path("a/f"), time.Time{}, time.Now().Add(-time.Hour)))
	}, place.Altered, place.Unsure, "", strings.ReplaceAll(content, "1", "9"), outputs.ErrAltered},
	{"a folder", func(c cabinet) {
		c.must(os.Remove(c.path("a/f")))
		c.write("a/f/x", "x")
	}, place.Unreadable, place.Altered, "no regular file", "", nil},
	{"not for this user", func(c cabinet) { c.restrict("a/f", 0) }, place.Unreadable, place.Intact, "permission denied", content, fs.ErrPermission},
	{"its folder is not for this user", func(c cabinet) { c.restrict("a", 0) }, place.Unreadable, place.Unreadable, "permission denied", "", fs.ErrPermission},
}

func TestVerify(t *testing.T) {
	for _, test := range states {
		t.Run(test.name, func(t *testing.T) {
			c := newCabinet(t)
			receipt := c.put("a/f")
			test.do(c)
			read := int64(0)
			found, err := c.Verify(t.Context(), receipt, func(n int64) { read += n })
			if err != nil || found.Condition != test.verify {
				t.Fatalf("%+v, %v, want it %s", found, err, test.verify)
			}
			if reason := found.Err; (reason != nil) != (test.reason != "") || reason != nil && (!strings.Contains(reason.Error(), test.reason) || strings.Contains(reason.Error(), c.dir)) {
				t.Errorf("the reason is %v, want %q, without the path", reason, test.reason)
			}
			want := int64(0) // a file of another size need not be read
			if test.verify == place.Intact || test.name == "other bytes" {
				want = receipt.Bytes
			}
			if read != want {
				t.Errorf("told of %d bytes, want %d", read, want)
			}
			if text := c.read("a/f"); test.verify == place.Altered {
				sum := sha256.Sum256([]byte(text))
				digest := hex.EncodeToString(sum[:])
				if len(text) != len(content) {
					digest = ""
				}
				if found.Bytes != int64(len(text)) || found.SHA256 != digest {
					t.Errorf("the evidence is %+v of %q", found, text)
				}
			}
		})
	}
}

// The end of the context says nothing of a file.
func TestVerifyEnds(t *testing.T) {
	c := newCabinet(t)
	large := strings.Repeat("x", 1<<20)
	c.write("f", large)
	ctx, cancel := context.WithCancel(t.Context())
	pieces := 0
	found, err := c.Verify(ctx, &outputs.Receipt{Place: "f", Bytes: 1 << 20}, func(int64) {
		pieces++
		cancel()
	})
	if !errors.Is(err, context.Canceled) || found.Condition != "" || pieces != 1 {
		t.Errorf("%+v, %v after %d pieces", found, err, pieces)
	}
	if err := c.Remove(ctx, &outputs.Receipt{Place: "f", Bytes: 1 << 20}); !errors.Is(err, context.Canceled) || c.read("f") != large {
		t.Errorf("removing gives %v", err)
	}
}

func TestLook(t *testing.T) {
	for _, test := range states {
		t.Run(test.name, func(t *testing.T) {
			c := newCabinet(t)
			receipt, beside := c.put("a/f"), c.put("f")
			test.do(c)
			look := c.Look(t.Context())
			defer look.Close()
			for range 2 { // in the folder that is open, and in one that is opened
				got, err := look.At(receipt)
				if got != test.look || (err != nil) != (test.look == place.Unreadable) {
					t.Errorf("got %s, %v, want %s", got, err, test.look)
				}
				if test.name != "its folder is a file" && test.name != "its folder is a circle" {
					if got, err := look.At(beside); got != place.Intact || err != nil {
						t.Errorf("beside it %s, %v", got, err)
					}
				}
			}
		})
	}
}

// The reason why a file cannot be read says nothing of its path, which whoever
// shows it has in another form.
func TestVerifyReason(t *testing.T) {
	c := newCabinet(t)
	found, err := c.Verify(t.Context(), &outputs.Receipt{Place: "no\x00name"}, func(int64) {})
	if err != nil || found.Condition != place.Unreadable || strings.Contains(found.Err.Error(), "name") {
		t.Errorf("%+v, %v", found, err)
	}
}

// A look needs everything of a receipt but its digest, and goes everywhere.
func TestLookGoesFromFolderToFolder(t *testing.T) {
	c := newCabinet(t)
	elsewhere := place.Place(filepath.ToSlash(filepath.Join(t.TempDir(), "x")))
	var receipts []*outputs.Receipt
	for _, p := range []place.Place{"f", "a/f", "a/g", "a/b/f", "b/f", elsewhere} {
		receipts = append(receipts, c.put(p))
	}
	receipts = append(receipts, receipts[0])
	c.must(os.Remove(c.path("a/g")))
	look := c.Look(t.Context())
	defer look.Close()
	for _, r := range receipts {
		want := place.Intact
		if r.Place == "a/g" {
			want = place.Missing
		}
		r.SHA256 = ""
		if got, err := look.At(r); got != want || err != nil {
			t.Errorf("%s: %s, %v, want %s", r.Place, got, err, want)
		}
	}
}

func TestRemove(t *testing.T) {
	for _, test := range states {
		t.Run(test.name, func(t *testing.T) {
			c := newCabinet(t)
			receipt := c.put("a/f")
			c.put("a/beside")
			test.do(c)
			for range 2 { // what is gone is no error
				err := c.Remove(t.Context(), receipt)
				switch {
				case test.name == "a folder":
					if err == nil || c.read("a/f/x") != "x" {
						t.Errorf("a folder is removed, %v", err)
					}
				case !errors.Is(err, test.err):
					t.Errorf("got %v, want %v", err, test.err)
				}
				if got := c.read("a/f"); got != test.removed && !errors.Is(test.err, fs.ErrPermission) {
					t.Errorf("then it is %q, want %q", got, test.removed)
				}
			}
			if strings.HasPrefix(test.name, "its folder") {
				return
			}
			if c.read("a/beside") != content {
				t.Error("the file beside it is gone")
			}
			if test.name == "a link to it" && c.read("a/g") != content {
				t.Error("what the link leads to is gone")
			}
		})
	}
}

func TestRelocate(t *testing.T) {
	c := newCabinet(t)
	receipt := c.put("a/f")
	for name, to := range map[string]place.Place{
		"to a new folder":         "new/er/f",
		"beside it":               "a/g",
		"out of the directory":    place.Place(filepath.ToSlash(filepath.Join(t.TempDir(), "f"))),
		"to another file system":  otherFileSystem(t),
		"to where it was already": "new/er/f",
	} {
		if to == "" {
			t.Log("no other file system here: a copy is not tried")
			continue
		}
		moved, err := c.Relocate(t.Context(), receipt, to)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		info, err := os.Stat(c.path(to))
		c.must(err)
		want := *receipt
		want.Place, want.Modified = to, info.ModTime()
		if diff := cmp.Diff(want, moved); diff != "" {
			t.Errorf("%s, the receipt (-want +got):\n%s", name, diff)
		}
		if c.read(to) != content || c.read("a/f") != content {
			t.Errorf("%s: %q, and at its first place %q", name, c.read(to), c.read("a/f"))
		}
		look := c.Look(t.Context())
		if got, err := look.At(&moved); got != place.Intact || err != nil {
			t.Errorf("%s it is %s, %v", name, got, err)
		}
		look.Close()
	}
	// The first place can be taken away from under the second.
	if err := c.Remove(t.Context(), receipt); err != nil || c.read("a/f") != "" || c.read("new/er/f") != content {
		t.Errorf("%v, %q, %q", err, c.read("a/f"), c.read("new/er/f"))
	}
}

// otherFileSystem is a place to which no link can lead; "" for none.
func otherFileSystem(t *testing.T) place.Place {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "reportform-test-")
	if err != nil {
		return ""
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	here := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(here, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Link(here, filepath.Join(dir, "x")) == nil {
		return ""
	}
	return place.Place(filepath.ToSlash(filepath.Join(dir, "sub", "f")))
}

// What is at the second place and is not the file stays, as does everything if
// the file is not what it was.
func TestRelocateRefuses(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(c cabinet)
		want error
	}{
		{"the target is another file", func(c cabinet) { c.write("b/f", "other") }, fs.ErrExist},
		{"the target is another file of this size", func(c cabinet) { c.write("b/f", strings.ReplaceAll(content, "1", "9")) }, fs.ErrExist},
		{"the target is a folder", func(c cabinet) { c.write("b/f/x", "x") }, fs.ErrExist},
		{"the source is gone", func(c cabinet) { c.must(os.Remove(c.path("a/f"))) }, fs.ErrNotExist},
		{"the source is altered", func(c cabinet) { c.write("a/f", content+"x") }, outputs.ErrAltered},
		{"the source is altered, its size is not", func(c cabinet) { c.write("a/f", strings.ReplaceAll(content, "1", "9")) }, outputs.ErrAltered},
		{"a file for a folder", func(c cabinet) { c.write("b", "x") }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCabinet(t)
			receipt := c.put("a/f")
			test.do(c)
			source, target, foreign := c.read("a/f"), c.read("b/f"), c.read("b/f/x")
			moved, err := c.Relocate(t.Context(), receipt, "b/f")
			if err == nil || test.want != nil && !errors.Is(err, test.want) || moved.Place != "" {
				t.Errorf("%+v, %v, want %v", moved, err, test.want)
			}
			if c.read("a/f") != source || c.read("b/f") != target || c.read("b/f/x") != foreign {
				t.Errorf("now %q and %q", c.read("a/f"), c.read("b/f"))
			}
		})
	}
}

// A file at the second place already is the end of an earlier try, whatever has
// become of the first place since. Where that leads to the very same, nothing is
// taken away.
func TestRelocateAgain(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(c cabinet)
		gone bool // from the first place, afterwards
	}{
		{"a file of its own", func(c cabinet) { c.put("b/f") }, true},
		{"a file of its own, and the first is gone", func(c cabinet) {
			c.put("b/f")
			c.must(os.Remove(c.path("a/f")))
		}, true},
		{"another name of the file", func(c cabinet) {
			c.must(os.Mkdir(c.path("b"), 0o700))
			c.must(os.Link(c.path("a/f"), c.path("b/f")))
		}, true},
		{"a link to the file", func(c cabinet) { c.link(c.path("a/f"), "b/f") }, false},
		{"in a link to the folder", func(c cabinet) { c.link("a", "b") }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCabinet(t)
			receipt := c.put("a/f")
			test.do(c)
			moved, err := c.Relocate(t.Context(), receipt, "b/f")
			if err != nil || moved.Place != "b/f" || c.read("b/f") != content {
				t.Fatalf("%+v, %v", moved, err)
			}
			c.must(c.Vacate(t.Context(), receipt, "b/f"))
			if c.read("b/f") != content || (c.read("a/f") == "") != test.gone {
				t.Errorf("then %q, at the first place %q", c.read("b/f"), c.read("a/f"))
			}
		})
	}
	c := newCabinet(t)
	receipt := c.put("a/f")
	// Two names in one folder, where the file system tells them apart or does not.
	c.must(os.Rename(c.path("a/f"), c.path("a/F")))
	folds := c.read("a/f") != ""
	if !folds {
		c.must(os.Link(c.path("a/F"), c.path("a/f")))
	}
	if _, err := c.Relocate(t.Context(), receipt, "a/F"); err != nil {
		t.Error(err)
	}
	if err := c.Vacate(t.Context(), receipt, "a/F"); err != nil || c.read("a/F") != content || (c.read("a/f") != "") != folds {
		t.Errorf("the file system folds case: %v; %v, then %q and %q", folds, err, c.read("a/F"), c.read("a/f"))
	}
}

// What was changed since it was relocated stays at its first place.
func TestVacateKeepsWhatWasChanged(t *testing.T) {
	c := newCabinet(t)
	receipt := c.put("a/f")
	if _, err := c.Relocate(t.Context(), receipt, otherPlace); err != nil {
		t.Fatal(err)
	}
	c.must(os.Remove(c.path("a/f"))) // a link would change with it
	c.write("a/f", content+"x")
	if err := c.Vacate(t.Context(), receipt, otherPlace); !errors.Is(err, outputs.ErrAltered) || c.read("a/f") != content+"x" {
		t.Errorf("%v, %q", err, c.read("a/f"))
	}
}

const otherPlace = place.Place("b/f")

func TestSweep(t *testing.T) {
	c := newCabinet(t)
	now := time.Now()
	leftover := func(folder, host string, age time.Duration) string {
		t.Helper()
		p := place.Place(folder + "/" + durable.Prefix + host + "-" + "X" + durable.Suffix)
		c.write(p, "x")
		c.must(os.Chtimes(c.path(p), time.Time{}, now.Add(-age)))
		return c.path(p)
	}
	const foreign = "00000000"
	old := []string{leftover("a", foreign, 2*time.Hour), leftover("b/c", foreign, 2*time.Hour)}
	kept := []string{
		leftover("a", "11111111", time.Minute),  // somebody may still write it
		leftover("b", foreign, 2*time.Hour),     // beside no place
		leftover("a/sub", foreign, 2*time.Hour), // below one
		c.path("a/plain"),
	}
	c.write("a/plain", "x")
	c.must(os.Chtimes(c.path("a/plain"), time.Time{}, now.Add(-2*time.Hour)))
	c.write("file", "x")
	var again string
	removed, err := c.Sweep(func(yield func(place.Place) bool) {
		if !yield("a/f") {
			return
		}
		again = leftover("a", foreign, 2*time.Hour) // each folder is swept once
		_ = yield("a/g") && yield("none/f") && yield("file/f") && yield("b/c/f")
	}, now.Add(-time.Hour))
	slices.Sort(removed)
	if diff := cmp.Diff(old, removed); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, path := range append(kept, again) {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(old[1]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

// What cannot be swept is told, and keeps nothing else from being swept.
func TestSweepGoesOn(t *testing.T) {
	c := newCabinet(t)
	for _, folder := range []string{"closed", "open"} {
		c.write(place.Place(folder+"/"+durable.Prefix+"00000000-X"+durable.Suffix), "x")
	}
	c.restrict("closed", 0)
	removed, err := c.Sweep(slices.Values([]place.Place{"closed/f", "open/f"}), time.Now().Add(time.Hour))
	if len(removed) != 1 || err == nil || !strings.Contains(err.Error(), c.path("closed")) {
		t.Errorf("%v, %v", removed, err)
	}
}

func TestSame(t *testing.T) {
	c := newCabinet(t)
	c.put("a/f")
	c.put("a/equal")
	absolute := place.Place(filepath.ToSlash(c.path("a/f")))
	same := map[place.Place]bool{"a/f": true, absolute: true, "a/x/../f": true, "a/equal": false, "a/none": false, "none": false}
	if os.Symlink("a", c.path("b")) == nil && os.Symlink("f", c.path("a/link")) == nil {
		same["b/f"], same["a/link"], same["b/link"], same["b/equal"] = true, true, true, false
	}
	if os.Link(c.path("a/f"), c.path("hard")) == nil {
		same["hard"] = true
	}
	_, err := os.Stat(c.path("a/EQUAL"))
	same["a/F"] = err == nil // the file system folds case
	for p, want := range same {
		if c.Same("a/f", p) != want || c.Same(p, "a/f") != want {
			t.Errorf("%s is the same: %v", p, !want)
		}
	}
	if c.Same("none", "none") {
		t.Error("what is not there is the same")
	}
}

func TestLocate(t *testing.T) {
	c := newCabinet(t)
	c.put("a/f")
	abs := func(p place.Place) string { return c.path(p) }
	outside := filepath.Join(t.TempDir(), "x")
	for _, test := range []struct {
		path              string
		want              []place.Place
		exists, directory bool
	}{
		{"a/f", []place.Place{"a/f"}, true, false},
		{"./a//x/../f", []place.Place{"a/f"}, true, false},
		{abs("a/f"), []place.Place{"a/f"}, true, false},
		{abs("a/none"), []place.Place{"a/none"}, false, false},
		{"a", []place.Place{"a"}, true, true},
		{outside, []place.Place{place.Place(filepath.ToSlash(outside))}, false, false},
	} {
		got, exists, directory := c.Locate(test.path)
		if got = slices.Compact(got); !cmp.Equal(got[:1], test.want) || exists != test.exists || directory != test.directory {
			t.Errorf("%s: %q, exists %v, directory %v", test.path, got, exists, directory)
		}
	}
}

// A path that links lead to may stand for where they lead, too.
func TestLocateFollowsLinks(t *testing.T) {
	c := newCabinet(t)
	c.put("a/f")
	c.link("a", "b")
	got, exists, _ := c.Locate("b/f")
	if !exists || got[0] != "b/f" || !slices.Contains(got, "a/f") {
		t.Errorf("got %q", got)
	}
	outside := NewFiles(t.TempDir())
	cabinet{outside, t}.put("f")
	c.link(outside.dir, "out")
	real, err := filepath.EvalSymlinks(outside.path("f"))
	c.must(err)
	if got, exists, _ := c.Locate("out/f"); !exists || !cmp.Equal(got, []place.Place{"out/f", place.Place(filepath.ToSlash(real))}) {
		t.Errorf("got %q", got)
	}
	// The directory itself may be a link.
	link := filepath.Join(t.TempDir(), "link")
	c.must(os.Symlink(c.dir, link))
	linked := NewFiles(link)
	if got, exists, _ := linked.Locate(c.path("a/f")); !exists || !slices.Contains(got, "a/f") {
		t.Errorf("got %q", got)
	}
}
