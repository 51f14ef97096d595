package ledgertest

import (
	"errors"
	"net/http"
	"testing"

	"github.com/reportform/reportform/engine/ledger"
)

// Loser stands between a backend and its server, and can lose an answer.
type Loser interface {
	// LoseAnswer lets the server carry out the next request of a method, and
	// breaks the connection in place of its answer.
	LoseAnswer(method string)
	// Lost reports whether the answer was asked for and lost.
	Lost() bool
}

// RunLostAnswer tests that a backend whose requests go through the proxy knows
// its own write again when the answer to it was lost. method is that of the
// requests that write.
func RunLostAnswer(t *testing.T, backend ledger.Backend, key ledger.Key, proxy Loser, method string) {
	t.Helper()
	old := ledger.Version("")
	for _, content := range []string{"one", "two"} { // created, replaced
		proxy.LoseAnswer(method)
		version, err := backend.Put(t.Context(), key, []byte(content), old)
		if !proxy.Lost() {
			t.Fatal("no answer was lost")
		}
		if err != nil || version == "" || version == old {
			t.Fatalf("putting %q gave %q, %v; want success, because it is stored", content, version, err)
		}
		stored, current, err := backend.Get(t.Context(), key)
		if string(stored) != content || current != version || err != nil {
			t.Errorf("%q in version %q is stored, %v; want %q in %q", stored, current, err, content, version)
		}
		old = version
	}
	if _, err := backend.Put(t.Context(), key, []byte("three"), "\"stale\""); err == nil {
		t.Error("a put of other bytes by a stale version succeeded")
	}
	proxy.LoseAnswer(http.MethodDelete)
	err := backend.Delete(t.Context(), key, old)
	if !proxy.Lost() {
		t.Fatal("no answer was lost")
	}
	if err != nil && !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("deleting gave %v, want success or ErrConflict", err)
	}
	if stored, version, err := backend.Get(t.Context(), key); stored != nil || version != "" || err != nil {
		t.Errorf("%q, %q, %v is left of what was deleted", stored, version, err)
	}
}
