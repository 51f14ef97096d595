package sealed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/ledgertest"
	"github.com/reportform/reportform/engine/ledger/local"
	"github.com/reportform/reportform/engine/ledger/store"
)

// identity makes a key and returns what age-keygen writes of it.
func identity(t testing.TB) string {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return "# created: 2026-11-01T00:00:00Z\n# public key: " + key.Recipient().String() + "\n" + key.String() + "\n"
}

func sources(texts ...string) []Identity {
	var list []Identity
	for i, text := range texts {
		list = append(list, Identity{fmt.Sprintf("place %d", i), func(context.Context) (string, error) { return text, nil }})
	}
	return list
}

func put(t *testing.T, backend ledger.Backend, key ledger.Key, data string, old ledger.Version) ledger.Version {
	t.Helper()
	version, err := backend.Put(t.Context(), key, []byte(data), old)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func stored(t *testing.T, backend ledger.Backend, key ledger.Key) string {
	t.Helper()
	data, _, err := backend.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestBackend(t *testing.T) {
	dir, key := filepath.Join(t.TempDir(), "state"), identity(t)
	ledgertest.Run(t, func(*testing.T) ledger.Backend { return New(local.New(dir), Options{Identities: sources(key)}) })
}

func TestMigratingBackend(t *testing.T) {
	dir, key := filepath.Join(t.TempDir(), "state"), identity(t)
	ledgertest.Run(t, func(*testing.T) ledger.Backend {
		return New(local.New(dir), Options{Identities: sources(key), Migrate: true})
	})
}

func TestReading(t *testing.T) {
	key := identity(t)
	for _, migrate := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "state")
		ledgertest.RunReading(t, func(*testing.T) ledger.Backend {
			return New(local.New(dir), Options{Identities: sources(key), Migrate: migrate})
		}, func(t *testing.T) map[string]string { return ledgertest.Files(t, dir) })
	}
}

// plainly stores in plain text what it reads as a Backend does.
type plainly struct{ *Backend }

func (p plainly) Put(ctx context.Context, key ledger.Key, data []byte, old ledger.Version) (ledger.Version, error) {
	return p.inner.Put(ctx, key, data, old)
}

// A state that is to be encrypted is read, and stays as it is until it is
// migrated.
func TestReadingBeforeMigration(t *testing.T) {
	key, dir := identity(t), filepath.Join(t.TempDir(), "state")
	ledgertest.RunReading(t, func(*testing.T) ledger.Backend {
		return plainly{New(local.New(dir), Options{Identities: sources(key), Migrate: true})}
	}, func(t *testing.T) map[string]string { return ledgertest.Files(t, dir) })
}

// TestStored looks at what is stored as age's users would.
func TestStored(t *testing.T) {
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	for kind, text := range map[string]string{"X25519": identity(t), "hybrid": hybrid.String()} {
		inner := local.New(t.TempDir())
		key := ledger.Key{Tenant: `tenant.customer["a b"]`, Report: "report.a.b", Page: "p"}
		put(t, New(inner, Options{Identities: sources(text)}), key, "the ledger", "")
		file := stored(t, inner, key)
		if !ledger.Encrypted([]byte(file)) || strings.Contains(file, "ledger") || strings.Contains(file, "tenant") {
			t.Errorf("%s: stored is %q", kind, file)
		}
		identities, err := age.ParseIdentities(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		r, err := age.Decrypt(strings.NewReader(file), identities...)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(r)
		want := `reportform state "report.a.b" "tenant.customer[\"a b\"]" "p"` + "\nthe ledger"
		if string(plain) != want || err != nil {
			t.Errorf("%s: age reads %q, %v; want %q", kind, plain, err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	mine, other := identity(t), identity(t)
	here := ledger.Key{Tenant: `tenant.customer["a"]`, Report: "report.a.b"}
	page := ledger.Key{Tenant: here.Tenant, Report: here.Report, Page: "p1"}
	sealAs := func(key ledger.Key, identity, data string) []byte {
		inner := local.New(t.TempDir())
		put(t, New(inner, Options{Identities: sources(identity)}), key, data, "")
		return []byte(stored(t, inner, key))
	}
	whole := sealAs(here, mine, strings.Repeat("ledger ", 20_000))
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	var unbound bytes.Buffer
	identities, err := age.ParseIdentities(strings.NewReader(mine))
	if err != nil {
		t.Fatal(err)
	}
	w, err := age.Encrypt(&unbound, identities[0].(*age.X25519Identity).Recipient())
	if err != nil {
		t.Fatal(err)
	}
	_, errW := io.WriteString(w, `{"version":1}`)
	if err := errors.Join(errW, w.Close()); err != nil {
		t.Fatal(err)
	}

	tests := []struct {
		name   string
		stored []byte
		says   string
	}{
		{"plain text", []byte(`{"version":1}`), "migrate = true"},
		{"nothing", []byte{}, "migrate = true"},
		{"another key", sealAs(here, other, "x"), "old_identities of the encryption block; if that is lost, restore it"},
		{"another page's", sealAs(page, mine, "x"), `is page p1 of the ledger of report.a.b for tenant.customer["a"]`},
		{"another tenant's", sealAs(ledger.Key{Tenant: "tenant.b", Report: here.Report}, mine, "x"), "is the ledger of report.a.b for tenant.b"},
		{"not bound", unbound.Bytes(), "is no ledger"},
		{"cut in the header", whole[:40], "it is damaged"},
		{"cut in the nonce", whole[:210], "it is damaged"},
		{"cut between chunks", whole[:len(whole)-(len(whole)%(64<<10))], "it is damaged"},
		{"cut by a byte", whole[:len(whole)-1], "it is damaged"},
		{"a changed bit", flipped, "it is damaged"},
		{"with more at its end", append(bytes.Clone(whole), 'x'), "it is damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inner := local.New(t.TempDir())
			put(t, inner, here, string(tt.stored), "")
			put(t, inner, ledger.Key{Tenant: here.Tenant, Report: here.Report, Page: "20260101t000000z-abc"}, string(tt.stored), "")
			backend := New(inner, Options{Identities: sources(mine)})
			data, version, err := backend.Get(t.Context(), here)
			if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, %v; want an error of one line that says %q", data, err, tt.says)
			}
			if data != nil || version != "" {
				t.Errorf("data %q and version %q come with the error", data, version)
			}
			// An update must not overwrite what it cannot read.
			err = store.New(backend).Update(t.Context(), here, func(*ledger.Ledger) { t.Error("an unreadable ledger is changed") })
			if err == nil || stored(t, inner, here) != string(tt.stored) {
				t.Errorf("an update gave %v, and left another content", err)
			}
			// It can be replaced and removed, and hides no other from a sweep.
			ledgers := store.New(backend)
			if _, err := ledgers.Unnamed(t.Context(), time.Now()); err != nil {
				t.Error(err)
			}
			if err := ledgers.Overwrite(t.Context(), here, func(*ledger.Ledger) {}); err != nil {
				t.Error(err)
			}
			if _, err := ledgers.Read(t.Context(), here); err != nil {
				t.Errorf("after it was replaced: %v", err)
			}
			_, version, _ = inner.Get(t.Context(), here)
			put(t, inner, here, string(tt.stored), version)
			if err := ledgers.Remove(t.Context(), here); err != nil || stored(t, inner, here) != "" {
				t.Errorf("removing gave %v", err)
			}
			if n, err := ledgers.Sweep(t.Context(), time.Now()); n != 1 || err != nil {
				t.Errorf("%d pages are swept, %v", n, err)
			}
		})
	}

	t.Run("no encryption declared", func(t *testing.T) {
		inner := local.New(t.TempDir())
		put(t, inner, here, string(whole), "")
		_, err := store.New(inner).Read(t.Context(), here)
		if err == nil || !strings.Contains(err.Error(), "encryption { identity") {
			t.Errorf("error is %v, want one that says what to declare", err)
		}
	})
}

// misspelt returns a key with another last letter.
func misspelt(key string) string {
	last := "Q"
	if strings.HasSuffix(key, last) {
		last = "P"
	}
	return key[:len(key)-1] + last
}

func TestKeys(t *testing.T) {
	valid := identity(t)
	lines := strings.Split(strings.TrimSpace(valid), "\n")
	public, private := strings.TrimPrefix(lines[1], "# public key: "), lines[2]
	tests := []struct {
		name string
		keys []Identity
		says string
	}{
		{"recipient", sources(public), "place 0 holds no age identity"},
		{"misspelt", sources(misspelt(private)), "place 0 holds no age identity"},
		{"cut", sources(private[:40]), "place 0 holds no age identity"},
		{"passphrase", sources("correct horse battery"), "place 0 holds no age identity"},
		{"comments alone", sources("# nothing"), "place 0 holds no age identity"},
		{"second", sources(valid, public), "place 1 holds no age identity"},
		{"unreadable", []Identity{{"x", func(context.Context) (string, error) { return "", errors.New("no file") }}}, "not available: no file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			backend := New(local.New(t.TempDir()), Options{Identities: tt.keys})
			_, err := backend.Put(t.Context(), ledger.Key{Tenant: "t", Report: "r"}, []byte("x"), "")
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error is %v, want %q", err, tt.says)
			}
			if err != nil && (strings.Contains(err.Error(), private[20:30]) || strings.Contains(err.Error(), "correct")) {
				t.Errorf("tells the key: %v", err)
			}
			if errCheck := backend.Check(t.Context()); errCheck == nil || err == nil || errCheck.Error() != err.Error() {
				t.Errorf("a check says %v", errCheck)
			}
			if keys, err := backend.List(t.Context()); len(keys) > 0 || err != nil {
				t.Errorf("something is stored: %v, %v", keys, err)
			}
		})
	}

	t.Run("tried again", func(t *testing.T) {
		missing := true
		backend := New(local.New(t.TempDir()), Options{Identities: []Identity{{"x", func(context.Context) (string, error) {
			if missing {
				return "", errors.New("no file")
			}
			return valid, nil
		}}}})
		key := ledger.Key{Tenant: "t", Report: "r"}
		if _, err := backend.Put(t.Context(), key, []byte("x"), ""); err == nil {
			t.Error("no error without a key")
		}
		missing = false
		put(t, backend, key, "x", "")
	})
}

// A check asks the other backend too.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		inner ledger.Backend
		good  bool
	}{{local.New(dir), true}, {local.New(file), false}} {
		if err := New(test.inner, Options{Identities: sources(identity(t))}).Check(t.Context()); (err == nil) != test.good {
			t.Errorf("%v, want good: %t", err, test.good)
		}
	}
}

func TestRotation(t *testing.T) {
	inner := local.New(t.TempDir())
	old, fresh := identity(t), identity(t)
	before := New(inner, Options{Identities: sources(old)})
	both := New(inner, Options{Identities: sources(fresh, old)})
	joined := New(inner, Options{Identities: sources(fresh + old)}) // one file with both
	after := New(inner, Options{Identities: sources(fresh)})
	key := ledger.Key{Tenant: "t", Report: "r"}

	version := put(t, before, key, "one", "")
	for _, backend := range []*Backend{both, joined} {
		if got := stored(t, backend, key); got != "one" {
			t.Errorf("got %q with the old key among others", got)
		}
	}
	if _, _, err := after.Get(t.Context(), key); err == nil {
		t.Error("the new key alone opens what the old one closed")
	}
	put(t, both, key, "two", version)
	if got := stored(t, after, key); got != "two" {
		t.Errorf("got %q with the new key alone after a write", got)
	}
	if _, _, err := before.Get(t.Context(), key); err == nil {
		t.Error("the old key opens what was written with the new one")
	}
}

func TestMigration(t *testing.T) {
	inner := local.New(t.TempDir())
	old, fresh := identity(t), identity(t)
	var keys []ledger.Key
	for i := range 30 {
		key := ledger.Key{Tenant: fmt.Sprint("tenant.", i), Report: "report.a.b", Page: []string{"", "p"}[i%2]}
		keys = append(keys, key)
		var backend ledger.Backend = inner
		if i%3 == 0 {
			backend = New(inner, Options{Identities: sources(old)})
		}
		put(t, backend, key, key.Tenant, "")
	}
	fresher := New(inner, Options{Identities: sources(fresh)})
	put(t, fresher, ledger.Key{Tenant: "t", Report: "r"}, "already", "")
	already := stored(t, inner, ledger.Key{Tenant: "t", Report: "r"})

	migrating := New(inner, Options{Identities: sources(fresh, old), Migrate: true})
	for _, key := range keys {
		if got := stored(t, migrating, key); got != key.Tenant {
			t.Fatalf("%v is %q before it is encrypted", key, got)
		}
	}
	// Two processes migrate at once.
	other := New(inner, Options{Identities: sources(fresh, old), Migrate: true})
	done, theirs := make(chan error), 0
	go func() {
		var err error
		theirs, err = other.Migrate(context.Background())
		done <- err
	}()
	mine, err := migrating.Migrate(t.Context())
	if err := errors.Join(err, <-done); err != nil || mine+theirs < len(keys) { // a page may be stored by both, with one content
		t.Fatalf("%d and %d ledgers are encrypted, %v; want all %d", mine, theirs, err, len(keys))
	}
	if again, err := migrating.Migrate(t.Context()); again != 0 || err != nil {
		t.Errorf("%d ledgers are encrypted again, %v", again, err)
	}
	for _, key := range keys {
		if got := stored(t, fresher, key); got != key.Tenant {
			t.Errorf("%v is %q with the new key alone", key, got)
		}
	}
	if stored(t, inner, ledger.Key{Tenant: "t", Report: "r"}) != already {
		t.Error("what the first key had encrypted was written again")
	}

	// What cannot be read is named, and kept.
	put(t, New(inner, Options{Identities: sources(identity(t))}), ledger.Key{Tenant: "tenant.lost", Report: "report.a.b"}, "x", "")
	if _, err := migrating.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "the ledger of report.a.b for tenant.lost") {
		t.Errorf("error is %v, want one that names the ledger", err)
	}
}

// A ledger counts once, with all its pages; and nothing is encrypted, nor
// another backend left out, where no migration is declared.
func TestMigrationCounts(t *testing.T) {
	inner, text := local.New(t.TempDir()), identity(t)
	head := ledger.Key{Tenant: "t", Report: "r"}
	for _, name := range []string{"", "p1", "p2"} {
		put(t, inner, ledger.Key{Tenant: head.Tenant, Report: head.Report, Page: name}, "x", "")
	}
	for _, test := range []struct {
		migrate bool
		want    int
	}{{false, 0}, {true, 1}} {
		made := &migrator{Backend: inner}
		n, err := New(made, Options{Identities: sources(text), Migrate: test.migrate}).Migrate(t.Context())
		if n != test.want || err != nil || made.migrated != 1 {
			t.Errorf("%d ledgers are encrypted, %v, want %d; the other backend migrated %d times", n, err, test.want, made.migrated)
		}
		if encrypted := ledger.Encrypted([]byte(stored(t, inner, head))); encrypted != test.migrate {
			t.Errorf("with migrate %t it is encrypted: %t", test.migrate, encrypted)
		}
	}
}

// migrator counts.
type migrator struct {
	ledger.Backend
	migrated int
}

func (m *migrator) Migrate(context.Context) (int, error) {
	m.migrated++
	return 0, nil
}

func BenchmarkSeal(b *testing.B) {
	for _, size := range []int{0, 100 << 10} {
		text := identity(b)
		k, err := (&keyring{places: sources(text)}).load(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		key, data := ledger.Key{Tenant: "t", Report: "r"}, bytes.Repeat([]byte("x"), size)
		sealed, err := seal(k, key, data)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("seal/%dKiB", size>>10), func(b *testing.B) {
			for b.Loop() {
				if _, err := seal(k, key, data); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("open/%dKiB", size>>10), func(b *testing.B) {
			for b.Loop() {
				if _, err := open(k, key, sealed); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
