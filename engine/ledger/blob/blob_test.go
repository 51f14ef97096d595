package blob

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/ledgertest"
	"github.com/reportform/reportform/engine/ledger/store"
	"github.com/reportform/reportform/internal/objectstore"
	"github.com/reportform/reportform/internal/place"
)

// memory is a store that keeps objects in memory. after runs when a write was
// carried out, and its error is what the caller sees of it.
type memory struct {
	mu      sync.Mutex
	objects map[string]object
	count   int
	after   func() error
}

type object struct {
	data    []byte
	version objectstore.Version
}

func (m *memory) Get(_ context.Context, name string) ([]byte, objectstore.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.objects[name].data, m.objects[name].version, nil
}

func (m *memory) Put(_ context.Context, name string, data []byte, old objectstore.Version) (objectstore.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old != objectstore.Any && m.objects[name].version != old {
		return "", objectstore.ErrConflict
	}
	m.count++
	version := objectstore.Version(strconv.Itoa(m.count))
	m.objects[name] = object{bytes.Clone(data), version}
	if m.after != nil {
		return version, m.after()
	}
	return version, nil
}

func (m *memory) Delete(_ context.Context, name string, old objectstore.Version) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old != objectstore.Any && m.objects[name].version != old {
		return objectstore.ErrConflict
	}
	delete(m.objects, name)
	return nil
}

func (m *memory) List(_ context.Context, prefix string) ([]objectstore.Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var objects []objectstore.Object
	for name, o := range m.objects {
		if strings.HasPrefix(name, prefix) {
			objects = append(objects, objectstore.Object{Name: name, Size: int64(len(o.data))})
		}
	}
	return objects, nil
}

func open(m *memory, prefix string) *Backend {
	return New("memory://bucket/"+prefix, prefix, func(context.Context) (objectstore.Store, error) { return m, nil })
}

func TestBackend(t *testing.T) {
	m := &memory{objects: map[string]object{"other/report.a.b/tenant.z.json": {}, "p/README": {}, "p/report.a.b/tenant.z.json.probe-1": {}}}
	ledgertest.Run(t, func(*testing.T) ledger.Backend { return open(m, "/p/") })
	for name := range m.objects {
		if !strings.HasPrefix(name, "p/report.") && !strings.HasPrefix(name, "other/") && name != "p/README" {
			t.Errorf("%s is not below the prefix", name)
		}
	}
}

func TestReading(t *testing.T) {
	m := &memory{objects: map[string]object{}}
	for name, open := range map[string]func(*testing.T) ledger.Backend{
		"memory":        func(*testing.T) ledger.Backend { return open(m, "p") },
		"doubted":       func(*testing.T) ledger.Backend { return openStore(&deaf{Store: m}, "d") },
		"conditionless": func(*testing.T) ledger.Backend { return openStore(&deaf{Store: m, toDeletion: true}, "c") },
	} {
		t.Run(name, func(t *testing.T) {
			ledgertest.RunReading(t, open, func(t *testing.T) map[string]string {
				stored := map[string]string{}
				for name, o := range m.objects {
					stored[name] = string(o.data)
				}
				return stored
			})
		})
	}
}

// TestOutcomeUnknown has stores that carry out a write and do not say so.
func TestOutcomeUnknown(t *testing.T) {
	key := ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}
	broken := errors.New("connection reset")
	for name, test := range map[string]struct {
		after func() error
		other string // what another process writes before the answer
		want  error
	}{
		"answered":                 {func() error { return nil }, "", nil},
		"met its own write":        {func() error { return objectstore.ErrConflict }, "", nil},
		"another was quicker":      {func() error { return objectstore.ErrConflict }, "other", ledger.ErrConflict},
		"no answer to any attempt": {func() error { return broken }, "", broken},
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{objects: map[string]object{}}
			stored := "p/report.a.b/tenant.a.json"
			m.after = func() error {
				if test.other != "" {
					m.objects[stored] = object{[]byte(test.other), "another"}
				}
				return test.after()
			}
			version, err := open(m, "p").Put(t.Context(), key, []byte("mine"), "")
			if !errors.Is(err, test.want) {
				t.Errorf("error is %v, want %v", err, test.want)
			}
			if err == nil && objectstore.Version(version) != m.objects[stored].version {
				t.Errorf("version is %q, and %q is stored", version, m.objects[stored].version)
			}
			if errors.Is(err, broken) && (errors.Is(err, ledger.ErrConflict) || !strings.Contains(err.Error(), "memory://bucket/p")) {
				t.Errorf("error is %v, want one that names the place and is no conflict", err)
			}
		})
	}
}

// TestUpdateAfterLostAnswer adds to a ledger through a store that answers every
// other write with the conflict that a repeated request meets.
func TestUpdateAfterLostAnswer(t *testing.T) {
	m := &memory{objects: map[string]object{}}
	writes := 0
	m.after = func() error {
		if writes++; writes%2 == 0 {
			return objectstore.ErrConflict
		}
		return nil
	}
	key := ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}
	want := []string{"a", "b", "c", "d", "e"}
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, path := range want {
		err := store.New(open(m, "")).Update(t.Context(), key, func(l *ledger.Ledger) {
			l.Hold(ledger.Held{Output: "output.json." + path, Place: place.Place(path), From: from, To: from.Add(time.Hour)})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	l, err := store.New(open(m, "")).Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for held := range l.Held() {
		got = append(got, held.Place.Text())
	}
	if !slices.Equal(got, want) || writes != len(want) {
		t.Errorf("%v is held after %d writes, want %v after %d", got, writes, want, len(want))
	}
}

// TestPagesAfterLostAnswer has a store carry out the write of a head that names
// a new page; before it is sent again another process adds to that head.
func TestPagesAfterLostAnswer(t *testing.T) {
	m := &memory{objects: map[string]object{}}
	key := ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	add := func(start, count int) {
		t.Helper()
		err := store.New(open(m, "")).Update(t.Context(), key, func(l *ledger.Ledger) {
			for i := start; i < start+count; i++ {
				at := from.Add(time.Duration(i) * time.Hour)
				l.Hold(ledger.Held{Output: "output.json.a", Place: place.Place(strconv.Itoa(i)), From: at, To: at.Add(time.Hour)})
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	add(0, 510)
	head, lost := m.objects["report.a.b/tenant.a.json"].version, false
	m.after = func() error {
		if now := m.objects["report.a.b/tenant.a.json"].version; lost || now == head {
			return nil // a page
		}
		lost = true
		m.mu.Unlock()
		defer m.mu.Lock()
		add(5000, 1)
		return objectstore.ErrConflict
	}
	add(510, 5)
	l, err := store.New(open(m, "")).Read(t.Context(), key)
	if err != nil || l.Len() != 516 || !lost {
		t.Errorf("%v, lost: %v", err, lost)
	}
	if len(m.objects) != 2 {
		t.Errorf("%d objects are stored, want the head and its page", len(m.objects))
	}
}

func TestOpensOnceAtFirstUse(t *testing.T) {
	opened := 0
	b := New("memory://bucket", "", func(context.Context) (objectstore.Store, error) {
		opened++
		return nil, errors.New("no credentials were found")
	})
	if opened != 0 {
		t.Error("opened before the first use")
	}
	for range 2 {
		if _, err := b.List(t.Context()); err == nil || err.Error() != "memory://bucket: no credentials were found" {
			t.Errorf("error is %v, want one with place and reason", err)
		}
	}
	if opened != 1 {
		t.Errorf("opened %d times", opened)
	}
}

// What looks like a ledger and is none is named, and hides none.
func TestListNamesStrangers(t *testing.T) {
	m := &memory{objects: map[string]object{"p/Report/x.json": {}, "p/r/t.json": {}, "p/r/t (conflicted copy).json": {}}}
	keys, err := open(m, "p").List(t.Context())
	strangers, ok := errors.AsType[*ledger.StrangersError](err)
	if !ok || len(strangers.Names) != 2 || !strings.Contains(err.Error(), "p/Report/x.json") || len(keys) != 1 {
		t.Errorf("%v, %v", keys, err)
	}
}

// Object stores limit names as a whole: what is too long says so before a store
// that would only find it bad.
func TestTooLongName(t *testing.T) {
	b := open(&memory{objects: map[string]object{}}, "p")
	key := ledger.Key{Tenant: "tenant.a", Report: "report." + strings.Repeat("é", 200)}
	_, _, errGet := b.Get(t.Context(), key)
	_, errPut := b.Put(t.Context(), key, []byte("x"), "")
	for _, err := range []error{errGet, errPut, b.Delete(t.Context(), key, "")} {
		if err == nil || !strings.Contains(err.Error(), "shorter key") {
			t.Errorf("error is %v, want one that says what to do", err)
		}
	}
}

func TestDeleteWhatIsNotThere(t *testing.T) {
	m := &memory{objects: map[string]object{}}
	key := ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}
	if err := open(m, "").Delete(t.Context(), key, ""); err != nil {
		t.Error(err)
	}
	if _, err := open(m, "").Put(t.Context(), key, []byte("x"), ""); err != nil {
		t.Fatal(err)
	}
	if err := open(m, "").Delete(t.Context(), key, ""); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("deleting what should not be there: %v, want ErrConflict", err)
	}
}
