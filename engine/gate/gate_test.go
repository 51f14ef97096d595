package gate

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// seat counts how often it is left and returned to.
type seat struct{ left, returned atomic.Int32 }

func (s *seat) Leave()  { s.left.Add(1) }
func (s *seat) Return() { s.returned.Add(1) }

var errRefused = errors.New("refused")

// The first goes alone; the others wait, away from their seats, for what comes
// of it.
func TestOthersWaitForTheFirst(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(*Pass)
		want error
	}{
		"answered": {(*Pass).Answered, nil},
		"refused":  {func(p *Pass) { p.Refused(errRefused) }, errRefused},
		"failed":   {(*Pass).Leave, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := New().Of(Key{"tenant.a", "report.r.r"})
				var s seat
				first, err := g.Enter(t.Context(), &s)
				if err != nil || s.left.Load() != 0 {
					t.Fatalf("the first waits: %v", err)
				}
				var entered atomic.Int32
				for range 5 {
					go func() {
						p, err := g.Enter(t.Context(), &s)
						if !errors.Is(err, test.want) {
							t.Errorf("the gate gives %v, want %v", err, test.want)
						}
						p.Leave()
						entered.Add(1)
					}()
				}
				time.Sleep(time.Hour)
				if entered.Load() != 0 || s.left.Load() != 5 || s.returned.Load() != 0 {
					t.Errorf("%d entered, %d left and %d returned while the first is at work", entered.Load(), s.left.Load(), s.returned.Load())
				}
				test.end(first)
				synctest.Wait()
				if entered.Load() != 5 || s.returned.Load() != 5 {
					t.Errorf("%d entered and %d returned", entered.Load(), s.returned.Load())
				}
				// Who comes later does not wait.
				if _, err := g.Enter(t.Context(), &s); !errors.Is(err, test.want) || s.left.Load() != 5 {
					t.Errorf("later: %v", err)
				}
			})
		})
	}
}

// An interrupt ends the wait, and leaves the gate to the others.
func TestInterruptAtTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New().Of(Key{})
		first, _ := g.Enter(t.Context(), &seat{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var s seat
		if _, err := g.Enter(ctx, &s); !errors.Is(err, context.DeadlineExceeded) || s.returned.Load() != 1 {
			t.Errorf("%v", err)
		}
		first.Answered()
		if _, err := g.Enter(t.Context(), &s); err != nil {
			t.Error(err)
		}
	})
}

// A refusal reaches those who are within and have no answer yet, though the gate
// was open.
func TestRefusalAfterAnAnswer(t *testing.T) {
	g := New().Of(Key{})
	first, _ := g.Enter(t.Context(), &seat{})
	first.Answered()
	second, err := g.Enter(t.Context(), &seat{})
	if err != nil || !second.Open() {
		t.Fatal(err)
	}
	ctx, _, release := second.Until(t.Context())
	defer release()
	kept, keep, release := second.Until(t.Context())
	keep()
	first.Refused(errRefused)
	first.Refused(errors.New("another"))
	<-ctx.Done()
	if kept.Err() != nil {
		t.Error("who has an answer is stopped")
	}
	if release(); kept.Err() == nil {
		t.Error("a context is left")
	}
	if _, err := g.Enter(t.Context(), &seat{}); !errors.Is(err, errRefused) || !errors.Is(g.Refusal(), errRefused) {
		t.Errorf("the gate gives %v", err)
	}
}

// Gates of other reports, tenants and runs are others.
func TestGatesStandAlone(t *testing.T) {
	g := New()
	p, _ := g.Of(Key{"a", "r"}).Enter(t.Context(), &seat{})
	p.Refused(errRefused)
	for _, other := range []*Gate{g.Of(Key{"b", "r"}), g.Of(Key{"a", "s"}), New().Of(Key{"a", "r"})} {
		if _, err := other.Enter(t.Context(), &seat{}); err != nil {
			t.Error(err)
		}
	}
	if _, err := g.Of(Key{"a", "r"}).Enter(t.Context(), &seat{}); !errors.Is(err, errRefused) {
		t.Error("the gate is another one")
	}
}

// A gate that one failed pull has opened is shut by what ends all of them.
func TestShutAfterAFailure(t *testing.T) {
	g := New().Of(Key{})
	first, _ := g.Enter(t.Context(), &seat{})
	first.Leave()
	second, err := g.Enter(t.Context(), &seat{})
	if err != nil || second.Open() {
		t.Fatal(err)
	}
	third, _ := g.Enter(t.Context(), &seat{})
	within, _, release := third.Until(t.Context())
	defer release()
	second.Refused(errRefused)
	<-within.Done()
	if _, err := g.Enter(t.Context(), &seat{}); !errors.Is(err, errRefused) {
		t.Errorf("the gate gives %v", err)
	}
}
