// Package objectstoretest is the suite that every object store passes, and the
// servers to run it on.
package objectstoretest

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/reportform/reportform/internal/objectstore"
)

// Run tests a store. Names of objects begin with prefix, below which there is
// nothing yet.
func Run(t *testing.T, store objectstore.Store, prefix string) {
	ctx := t.Context()
	put := func(t *testing.T, name, data string, old objectstore.Version) objectstore.Version {
		t.Helper()
		version, err := store.Put(ctx, prefix+name, []byte(data), old)
		if err != nil || version == "" || version == objectstore.Any {
			t.Fatalf("putting %s gave version %q, %v", name, version, err)
		}
		return version
	}
	holds := func(t *testing.T, name, want string, version objectstore.Version) {
		t.Helper()
		data, stored, err := store.Get(ctx, prefix+name)
		if string(data) != want || stored != version || err != nil {
			t.Errorf("%s holds %q in version %q, %v; want %q in %q", name, data, stored, err, want, version)
		}
	}
	refuses := func(t *testing.T, what string, err error) {
		t.Helper()
		if !errors.Is(err, objectstore.ErrConflict) {
			t.Errorf("%s: %v, want ErrConflict", what, err)
		}
	}

	t.Run("absent", func(t *testing.T) {
		data, version, err := store.Get(ctx, prefix+"absent")
		if data != nil || version != "" || err != nil {
			t.Errorf("got %q, %q, %v", data, version, err)
		}
		if err := store.Delete(ctx, prefix+"absent", objectstore.Any); err != nil {
			t.Errorf("deleting what is not there, whatever it is: %v", err)
		}
	})

	t.Run("conditions", func(t *testing.T) {
		const name = "swapped"
		first := put(t, name, "one", "")
		_, err := store.Put(ctx, prefix+name, []byte("x"), "")
		refuses(t, "creating what exists", err)
		holds(t, name, "one", first)
		second := put(t, name, "two", first)
		if second == first {
			t.Errorf("two contents have the version %q", first)
		}
		_, err = store.Put(ctx, prefix+name, []byte("x"), first)
		refuses(t, "replacing by a stale version", err)
		refuses(t, "deleting by a stale version", store.Delete(ctx, prefix+name, first))
		holds(t, name, "two", second)
		if err := store.Delete(ctx, prefix+name, second); err != nil {
			t.Error(err)
		}
		_, err = store.Put(ctx, prefix+name, []byte("x"), second)
		refuses(t, "replacing what was deleted", err)
		holds(t, name, "", "")
	})

	t.Run("any", func(t *testing.T) {
		const name = "any"
		put(t, name, "one", objectstore.Any)
		holds(t, name, "two", put(t, name, "two", objectstore.Any))
		if err := store.Delete(ctx, prefix+name, objectstore.Any); err != nil {
			t.Error(err)
		}
		holds(t, name, "", "")
	})

	t.Run("list", func(t *testing.T) {
		want := []objectstore.Object{
			{Name: prefix + "list/A b/100%&+é.json", Size: 3},
			{Name: prefix + "list/a", Size: 70 << 10},
			{Name: prefix + "list/empty"},
		}
		for _, object := range want {
			name := strings.TrimPrefix(object.Name, prefix)
			content := string(bytes.Repeat([]byte("x"), int(object.Size)))
			holds(t, name, content, put(t, name, content, ""))
		}
		put(t, "listless", "x", "")
		objects, err := store.List(ctx, prefix+"list/")
		slices.SortFunc(objects, func(a, b objectstore.Object) int { return strings.Compare(a.Name, b.Name) })
		if err != nil || !slices.Equal(objects, want) {
			t.Errorf("list is %v, %v; want %v", objects, err, want)
		}
		if objects, err := store.List(ctx, prefix+"nothing/"); len(objects) > 0 || err != nil {
			t.Errorf("a list of nothing is %v, %v", objects, err)
		}
	})
}
