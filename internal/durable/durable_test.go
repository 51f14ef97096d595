package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, entry := range entries {
		list = append(list, entry.Name())
	}
	return list
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestPublish(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a", "b", "file")
	for _, content := range []string{"first", "second, longer", "3"} {
		f, err := Create(path, Shared)
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range strings.SplitAfter(content, "e") {
			if _, err := f.Write([]byte(piece)); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
		if now, _ := os.ReadFile(path); string(now) == content {
			t.Error("the content is visible before Publish")
		}
		for _, name := range names(t, filepath.Dir(path)) {
			if name != "file" && !IsTemp(name) {
				t.Errorf("a file %s that nobody would recognise", name)
			}
		}
		if err := f.Publish(); err != nil {
			t.Fatal(err)
		}
		if err := f.Discard(); err != nil {
			t.Error(err)
		}
		if got := read(t, path); got != content {
			t.Errorf("got %q, want %q", got, content)
		}
		if got := names(t, filepath.Dir(path)); !cmp.Equal(got, []string{"file"}) {
			t.Errorf("files: %v", got)
		}
	}
}

func TestDiscard(t *testing.T) {
	for _, sync := range []bool{false, true} {
		dir := t.TempDir()
		path := filepath.Join(dir, "file")
		if err := WriteFile(path, []byte("old"), Shared); err != nil {
			t.Fatal(err)
		}
		f, err := Create(path, Shared)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("new")); err != nil {
			t.Fatal(err)
		}
		if sync {
			if err := f.Sync(); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := f.Discard(); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Publish(); err == nil {
			t.Error("a discarded file can be published")
		}
		if got := names(t, dir); !cmp.Equal(got, []string{"file"}) || read(t, path) != "old" {
			t.Errorf("files: %v, content %q", got, read(t, path))
		}
	}
}

func TestPublishWithoutSync(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "file"), Shared)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Publish(); err == nil {
		t.Error("a file that was not synced can be published")
	}
	if err := f.Discard(); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("files: %v", got)
	}
}

func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such permissions")
	}
	for _, perm := range []fs.FileMode{Shared, Private} {
		path := filepath.Join(t.TempDir(), "file")
		if err := WriteFile(path, nil, perm); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got&^perm != 0 || got&0o600 != 0o600 {
			t.Errorf("asked for %o, got %o", perm, got)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	for _, test := range []struct {
		name, path string
		prepare    func(t *testing.T, dir string)
		want       string
	}{
		{"a directory", "sub", func(t *testing.T, dir string) { check(t, os.Mkdir(filepath.Join(dir, "sub"), 0o700)) }, "is a directory"},
		{"below a file", "file/x", func(t *testing.T, dir string) { check(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600)) }, "not a directory"},
		{"deeper below a file", "file/x/y", func(t *testing.T, dir string) { check(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600)) }, "not a directory"},
		{"a device", "null", func(t *testing.T, dir string) {
			if err := os.Symlink(os.DevNull, filepath.Join(dir, "null")); err != nil || runtime.GOOS == "windows" {
				t.Skip("no devices here")
			}
		}, "not a regular file"},
		{"a read-only directory", "locked/x", func(t *testing.T, dir string) {
			if os.Getuid() <= 0 {
				t.Skip("this user may write anywhere, or the system has no such permission")
			}
			check(t, os.Mkdir(filepath.Join(dir, "locked"), 0o500))
		}, "permission denied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			test.prepare(t, dir)
			path := filepath.Join(dir, filepath.FromSlash(test.path))
			_, err := Create(path, Shared)
			if err == nil {
				t.Fatal("Create succeeds")
			}
			if got := err.Error(); !strings.Contains(got, "create "+path) || !strings.Contains(got, test.want) || strings.Contains(got, Prefix) {
				t.Errorf("the error is %q", got)
			}
		})
	}
}

func TestRenameFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	f, err := Create(path, Shared)
	check(t, err)
	check(t, f.Sync())
	check(t, os.MkdirAll(filepath.Join(path, "in the way"), 0o700))
	if err := f.Publish(); err == nil || !strings.Contains(err.Error(), "publish "+path) {
		t.Errorf("the error is %v", err)
	}
	check(t, f.Discard())
	if got := names(t, dir); !cmp.Equal(got, []string{"file"}) {
		t.Errorf("files: %v", got)
	}
}

func TestReplacesLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	check(t, os.WriteFile(target, []byte("target"), 0o600))
	err := os.Symlink(target, link)
	if err != nil && runtime.GOOS == "windows" {
		t.Skipf("symbolic links are for administrators on Windows: %s", err)
	}
	check(t, err)
	check(t, WriteFile(link, []byte("new"), Shared))
	if read(t, target) != "target" || read(t, link) != "new" {
		t.Errorf("target %q, link %q", read(t, target), read(t, link))
	}
}

func TestRemoveLeftovers(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 11, 9, 12, 0, 0, 0, time.UTC)
	at := func(name string, age time.Duration) {
		t.Helper()
		path := filepath.Join(dir, name)
		check(t, os.WriteFile(path, nil, 0o600))
		check(t, os.Chtimes(path, now.Add(-age), now.Add(-age)))
	}
	// Of another host, or of a version that named no host, only the age tells.
	crashed, old, live := Prefix+"00c0ffee-CRASHED"+Suffix, Prefix+"CRASHED"+Suffix, Prefix+"00c0ffee-LIVE"+Suffix
	at(crashed, 2*time.Hour)
	at(old, 2*time.Hour)
	at(live, time.Minute)
	at("report.json", 2*time.Hour)
	at(Prefix+"notes.txt", 2*time.Hour)
	at(Prefix+Suffix, 2*time.Hour)
	check(t, os.Mkdir(filepath.Join(dir, Prefix+"dir"+Suffix), 0o700))

	removed, err := RemoveLeftovers(dir, now.Add(-time.Hour))
	check(t, err)
	if !cmp.Equal(removed, []string{crashed, old}) {
		t.Errorf("removed %v", removed)
	}
	if got := names(t, dir); len(got) != 5 {
		t.Errorf("files: %v", got)
	}
	if removed, err := RemoveLeftovers(filepath.Join(dir, "none"), now); err != nil || len(removed) != 0 {
		t.Errorf("%v, %v", removed, err)
	}
	if _, err := RemoveLeftovers(filepath.Join(dir, "report.json"), now); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file is no directory: %v", err)
	}
}

// named starts a file that has a temporary name, as on systems where none can be
// without.
func named(t *testing.T, path string) *File {
	t.Helper()
	temp, err := createNamed(filepath.Dir(path), Shared)
	check(t, err)
	return &File{path: path, temp: temp, sync: (*os.File).Sync, named: true, open: true}
}

// needsLocks skips a test on Windows, where hold takes no lock and the age of
// files decides.
func needsLocks(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no locks that leave a file readable: there the age of files decides")
	}
}

// A temporary file of this host is a leftover as soon as nobody holds it, and
// none as long as somebody does.
func TestRemoveLeftoversOfThisHost(t *testing.T) {
	needsLocks(t)
	dir := t.TempDir()
	long, never := time.Now().Add(time.Hour), time.Unix(0, 0)
	f := named(t, filepath.Join(dir, "report.json"))
	_, err := f.Write([]byte("content"))
	check(t, err)
	sweep := func(when string, olderThan time.Time, want int) {
		t.Helper()
		removed, err := RemoveLeftovers(dir, olderThan)
		if err != nil || len(removed) != want {
			t.Errorf("%s: removed %v, %v", when, removed, err)
		}
	}
	sweep("while it is written", long, 0)
	check(t, f.Sync())
	sweep("when it is synced", long, 0)
	check(t, f.Publish())
	sweep("when it is published", long, 0)
	if got := names(t, dir); !cmp.Equal(got, []string{"report.json"}) {
		t.Errorf("files: %v", got)
	}

	// What a dead process leaves.
	f = named(t, filepath.Join(dir, "report.json"))
	f.temp.Close()
	sweep("when nobody holds it", never, 1)
}

// Whatever sweeps beside them, files come out whole.
func TestSweepWhileWriting(t *testing.T) {
	dir := t.TempDir()
	done := make(chan struct{})
	var sweepers sync.WaitGroup
	for range 2 {
		sweepers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := RemoveLeftovers(dir, time.Unix(0, 0)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 150 {
		path := filepath.Join(dir, strconv.Itoa(i%7))
		content := "content " + strconv.Itoa(i)
		f := named(t, path)
		_, err := f.Write([]byte(content))
		check(t, err)
		check(t, f.Sync())
		check(t, f.Publish())
		check(t, WriteFile(path+"-replaced", []byte(content), Private))
		if read(t, path) != content || read(t, path+"-replaced") != content {
			t.Fatalf("%s: %q and %q", content, read(t, path), read(t, path+"-replaced"))
		}
	}
	close(done)
	sweepers.Wait()
	if got := names(t, dir); len(got) != 14 {
		t.Errorf("files: %v", got)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Where a file without a name cannot get one, its content goes into one that has.
func TestCopy(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "file"), Private)
	if err != nil {
		t.Fatal(err)
	}
	content := strings.Repeat("content ", 100_000)
	if _, err := f.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	to, err := f.copy()
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if info, err := to.Stat(); read(t, to.Name()) != content || err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the copy differs, %v", err)
	}
	if filepath.Dir(to.Name()) != dir || !IsTemp(filepath.Base(to.Name())) {
		t.Errorf("the copy is %s", to.Name())
	}
	if err := f.Discard(); err != nil {
		t.Error(err)
	}
}

// What is copied is there whole, as another name of the same file or as a file of
// its own, and what lies in its way stays.
func TestCopyFile(t *testing.T) {
	unsupported := func(string, string) error { return &os.LinkError{Op: "link", Err: errors.ErrUnsupported} }
	content := strings.Repeat("content ", 100_000)
	for name, link := range map[string]func(from, to string) error{"links": os.Link, "no links": unsupported} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
			check(t, os.WriteFile(path("file"), []byte(content), 0o600))
			check(t, copyFile(link, path("file"), path("a/b/copy"), Private))
			if got := names(t, path("a/b")); read(t, path("a/b/copy")) != content || !cmp.Equal(got, []string{"copy"}) {
				t.Errorf("the copy differs; files: %v", got)
			}
			one, err := os.Stat(path("file"))
			check(t, err)
			other, err := os.Stat(path("a/b/copy"))
			check(t, err)
			if os.SameFile(one, other) != (name == "links") {
				t.Errorf("one file: %v", os.SameFile(one, other))
			}
			check(t, os.Remove(path("file")))
			if read(t, path("a/b/copy")) != content {
				t.Error("the copy goes with the file")
			}

			check(t, os.WriteFile(path("other"), []byte("other"), 0o600))
			check(t, os.WriteFile(path("plain"), nil, 0o600))
			for to, want := range map[string]error{"other": fs.ErrExist, "a": fs.ErrExist, "plain/x": nil} {
				err := copyFile(link, path("a/b/copy"), path(to), Private)
				if err == nil || want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), path(to)) {
					t.Errorf("to %s: %v", to, err)
				}
			}
			if err := copyFile(link, path("gone"), path("new/x"), Private); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path("gone")) {
				t.Errorf("of what is gone: %v", err)
			}
			if got := names(t, dir); read(t, path("other")) != "other" || !cmp.Equal(got, []string{"a", "other", "plain"}) {
				t.Errorf("the other file holds %q; files: %v", read(t, path("other")), got)
			}
		})
	}
}

// The copy of a symbolic link is what it leads to.
func TestCopyFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "file"), []byte("content"), 0o600))
	err := os.Symlink("file", filepath.Join(dir, "link"))
	if err != nil && runtime.GOOS == "windows" {
		t.Skipf("symbolic links are for administrators on Windows: %s", err)
	}
	check(t, err)
	to := filepath.Join(dir, "sub", "copy")
	check(t, Copy(filepath.Join(dir, "link"), to, Private))
	if info, err := os.Lstat(to); err != nil || !info.Mode().IsRegular() || read(t, to) != "content" {
		t.Errorf("got %v, %v", info, err)
	}
}

// nameless starts a file that has no name in the directory of its final one, on
// every system: here it has one elsewhere.
func nameless(t *testing.T, path string) *File {
	t.Helper()
	temp, err := createNamed(t.TempDir(), Shared)
	check(t, err)
	return &File{path: path, temp: temp, sync: (*os.File).Sync, open: true}
}

// Whatever a file system says to a link, the file gets its name.
func TestLinkFails(t *testing.T) {
	for name, answers := range map[string][]error{
		"no open files are shown":          {fs.ErrNotExist},
		"not permitted":                    {fs.ErrPermission},
		"no links":                         {errors.ErrUnsupported},
		"taken, and no open files":         {fs.ErrExist, fs.ErrNotExist},
		"taken, and not permitted":         {fs.ErrExist, fs.ErrPermission},
		"taken, and no links":              {fs.ErrExist, errors.ErrUnsupported},
		"taken, and the disk has no space": {fs.ErrExist, errors.New("no space")},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "file")
			check(t, os.WriteFile(path, []byte("old"), 0o600))
			f := nameless(t, path)
			links := 0
			f.link = func(*os.File, string) error {
				links++
				return answers[links-1]
			}
			_, err := f.Write([]byte("new"))
			check(t, err)
			check(t, f.Sync())
			err = f.Publish()
			check(t, f.Discard())
			want := "new"
			if strings.Contains(name, "space") {
				if want = "old"; err == nil || !strings.Contains(err.Error(), "no space") {
					t.Errorf("the error is %v", err)
				}
			} else {
				check(t, err)
			}
			if got := read(t, path); got != want || links != len(answers) {
				t.Errorf("the file holds %q after %d links, want %q after %d", got, links, want, len(answers))
			}
			if got := names(t, dir); !cmp.Equal(got, []string{"file"}) {
				t.Errorf("files: %v", got)
			}
		})
	}
}

// Where the content goes into another file, that one is durable before it takes
// the place of the old one.
func TestCopyIsSynced(t *testing.T) {
	for name, broken := range map[string]error{"good": nil, "broken": errors.New("the disk is broken")} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "file")
			check(t, os.WriteFile(path, []byte("old"), 0o600))
			f := nameless(t, path)
			f.link = func(*os.File, string) error { return errors.ErrUnsupported }
			_, err := f.Write([]byte("new"))
			check(t, err)
			synced := 0
			f.sync = func(file *os.File) error {
				synced++
				if got, held := read(t, file.Name()), read(t, path); got != "new" || held != "old" {
					t.Errorf("%s is synced with %q in it while %q is in place", file.Name(), got, held)
				}
				if synced == 1 {
					return nil // what has no name
				}
				if filepath.Dir(file.Name()) != dir {
					t.Errorf("%s is synced, want the copy", file.Name())
				}
				return broken
			}
			check(t, f.Sync())
			err = f.Publish()
			want := "new"
			if broken != nil {
				want = "old"
			}
			if got := read(t, path); !errors.Is(err, broken) || synced != 2 || got != want {
				t.Errorf("%v after %d syncs, and the file holds %q; want %v, 2 and %q", err, synced, got, broken, want)
			}
			check(t, f.Discard())
			if got := names(t, dir); !cmp.Equal(got, []string{"file"}) {
				t.Errorf("files: %v", got)
			}
		})
	}
}

// What cannot be synced is not durable: the system is asked.
func TestSyncAsksTheSystem(t *testing.T) {
	f, err := Create(filepath.Join(t.TempDir(), "file"), Shared)
	check(t, err)
	check(t, f.temp.Close())
	if err := f.Sync(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("syncing what is closed gives %v", err)
	}
	_ = f.Discard()
}

// A file system may count no links: what has its name is there.
func TestHoldWithoutLinkCount(t *testing.T) {
	needsLocks(t)
	f, err := createNamed(t.TempDir(), Shared)
	check(t, err)
	defer f.Close()
	check(t, os.Remove(f.Name()))
	if hold(f) {
		t.Error("a file that is gone is held")
	}
	check(t, os.WriteFile(f.Name(), nil, 0o600)) // the open file still has no link
	if !hold(f) {
		t.Error("a file whose name is there is not held")
	}
}
