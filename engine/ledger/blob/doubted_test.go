package blob

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/ledgertest"
	"github.com/reportform/reportform/internal/objectstore"
	"github.com/reportform/reportform/internal/objectstore/objectstoretest"
	"github.com/reportform/reportform/internal/objectstore/s3"
)

// deaf is a store whose server ignores conditions: that nothing is there, that
// a version is, or those on a deletion. mute says that it has none for that.
type deaf struct {
	objectstore.Store
	trusted                       bool
	toNone, toVersion, toDeletion bool
	mute                          error
}

func (d *deaf) Doubtful() string {
	if d.trusted {
		return ""
	}
	return "http://deaf.example"
}

func (d *deaf) Put(ctx context.Context, name string, data []byte, old objectstore.Version) (objectstore.Version, error) {
	if d.toNone && old == "" || d.toVersion && old != "" {
		old = objectstore.Any
	}
	return d.Store.Put(ctx, name, data, old)
}

func (d *deaf) Delete(ctx context.Context, name string, old objectstore.Version) error {
	if d.mute != nil && old != objectstore.Any {
		return d.mute
	}
	if d.toDeletion {
		old = objectstore.Any
	}
	return d.Store.Delete(ctx, name, old)
}

// stores are one in memory and one in a server.
func stores(t *testing.T) map[string]objectstore.Store {
	t.Helper()
	server, err := s3.Open(t.Context(), s3.Options{
		Bucket: objectstoretest.Bucket, Endpoint: objectstoretest.S3(t).Endpoint, PathStyle: true, Region: "us-east-1",
		Keys: &s3.Keys{ID: objectstoretest.AccessKeyID, Secret: func(context.Context) (string, error) { return objectstoretest.SecretAccessKey, nil }},
	})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]objectstore.Store{"memory": &memory{objects: map[string]object{}}, "server": server}
}

func openStore(store objectstore.Store, prefix string) *Backend {
	return New("memory://bucket", prefix, func(context.Context) (objectstore.Store, error) { return store, nil })
}

// TestUnconditionalDelete has a server that ignores conditions on deletion, and
// one that knows none.
func TestUnconditionalDelete(t *testing.T) {
	for name, store := range stores(t) {
		for prefix, d := range map[string]*deaf{
			"ignored": {Store: store, toDeletion: true},
			"unknown": {Store: store, mute: objectstore.Explain(errors.ErrUnsupported, "the server does not know a header")},
		} {
			t.Run(name+"/"+prefix, func(t *testing.T) {
				ledgertest.Run(t, func(*testing.T) ledger.Backend { return openStore(d, prefix) })
				objects, err := store.List(t.Context(), prefix)
				if err != nil {
					t.Fatal(err)
				}
				deleted := 0
				for _, object := range objects {
					if strings.Contains(object.Name, "probe") {
						t.Errorf("%s is left", object.Name)
					}
					if object.Size == 0 {
						deleted++
					}
				}
				if deleted != 5 {
					t.Errorf("%d objects stand for deleted ones, want the suite's 5", deleted)
				}
			})
		}
	}
}

// A server that obeys keeps no object in the place of a deleted one.
func TestConditionalDelete(t *testing.T) {
	for name, store := range stores(t) {
		t.Run(name, func(t *testing.T) {
			b, key := openStore(&deaf{Store: store}, ""), ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}
			version, err := b.Put(t.Context(), key, []byte("one"), "")
			if err == nil {
				err = b.Delete(t.Context(), key, version)
			}
			if err != nil {
				t.Fatal(err)
			}
			if objects, err := store.List(t.Context(), ""); len(objects) > 0 || err != nil {
				t.Errorf("%v are left, %v", objects, err)
			}
		})
	}
}

// A deletion that fails for another reason is not taken for one without
// conditions.
func TestDeletionFails(t *testing.T) {
	broken := errors.New("connection reset")
	m := &memory{objects: map[string]object{}}
	_, err := openStore(&deaf{Store: m, mute: broken}, "").Put(t.Context(), ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}, []byte("one"), "")
	if !errors.Is(err, broken) || len(m.objects) > 0 {
		t.Errorf("error is %v, and %d objects are stored; want that it is seen", err, len(m.objects))
	}
}

// A server is tried out once, before the first write; one that is known to obey
// is not.
func TestTriedOutOnce(t *testing.T) {
	for trusted, want := range map[bool]int{false: 4, true: 3} {
		m := &memory{objects: map[string]object{}}
		b := openStore(&deaf{Store: m, trusted: trusted}, "")
		for _, tenant := range []string{"tenant.a", "tenant.b", "tenant.c"} {
			if _, err := b.Put(t.Context(), ledger.Key{Tenant: tenant, Report: "report.a.b"}, []byte("one"), ""); err != nil {
				t.Fatal(err)
			}
		}
		if m.count != want {
			t.Errorf("trusted %t: 3 ledgers took %d writes, want %d", trusted, m.count, want)
		}
	}
}

// TestUnconditionalWrite has servers that ignore conditions on writes.
func TestUnconditionalWrite(t *testing.T) {
	for name, store := range stores(t) {
		for condition, d := range map[string]*deaf{"none": {Store: store, toNone: true}, "version": {Store: store, toVersion: true}} {
			t.Run(name+"/"+condition, func(t *testing.T) {
				_, err := openStore(d, "p").Put(t.Context(), ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}, []byte("one"), "")
				if err == nil || !strings.Contains(err.Error(), "the server http://deaf.example ignores conditions") {
					t.Errorf("error is %v, want that the server is refused", err)
				}
				if objects, err := store.List(t.Context(), ""); len(objects) > 0 || err != nil {
					t.Errorf("the refused server holds %v, %v", objects, err)
				}
			})
		}
	}
}
