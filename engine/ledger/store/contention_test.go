package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/ledger"
)

// A change that loses a hundred races is stored all the same; one that never
// wins gives up, with an error that says whose ledger it is and why.
func TestUpdatePersists(t *testing.T) {
	for _, test := range []struct {
		lost int
		err  error
	}{{100, nil}, {1_000_000_000, ledger.ErrConflict}} {
		t.Run(fmt.Sprint(test.lost), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				hold(t, New(m), 0, 1)
				lost := 0
				m.before = func(key ledger.Key) {
					if lost++; lost > test.lost {
						return
					}
					o := m.objects[key]
					if _, err := m.Put(t.Context(), key, o.data, o.version); err != nil {
						t.Fatal(err)
					}
				}
				s := New(m)
				began := time.Now()
				err := s.Update(t.Context(), testKey, func(l *ledger.Ledger) { l.Hold(hours("output.json.a", 1, 1, "out/1.json", 1)) })
				if !errors.Is(err, test.err) {
					t.Fatal(err)
				}
				if took := time.Since(began); took > patience+time.Second {
					t.Errorf("it took %s", took)
				}
				m.before = nil
				l, err := s.Read(t.Context(), testKey)
				if err != nil {
					t.Fatal(err)
				}
				if want := map[bool]int{true: 2, false: 1}[test.err == nil]; l.Len() != want {
					t.Errorf("the ledger has %d entries, want %d", l.Len(), want)
				}
			})
		})
	}
}

// Changes of one Store do not race with each other, so that none is in vain.
func TestUpdatesTakeTurns(t *testing.T) {
	m := newMemory()
	s := New(m)
	const changes = 64
	calls := 0
	var all sync.WaitGroup
	for i := range changes {
		all.Go(func() {
			err := s.Update(t.Context(), testKey, func(l *ledger.Ledger) {
				calls++ // the race detector would tell if two came at once
				l.Hold(hours("output.json.a", i, 1, fmt.Sprintf("out/%d.json", i), 1))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	l, err := s.Read(t.Context(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	if l.Len() != changes || calls != changes || m.puts != changes {
		t.Errorf("%d entries after %d calls and %d puts, want %d of each", l.Len(), calls, m.puts, changes)
	}
}
