package transport

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/transport/pacing"
	"github.com/reportform/reportform/internal/limits"
)

// onePerTenSeconds is the turn of requests of which one goes in ten seconds.
func onePerTenSeconds() *pacing.Limiter {
	return pacing.NewLimiters(pacing.Local{}).For("a", "t", limits.Class{Name: "c", AppTenant: limits.Rate{Requests: 1, Per: 10 * time.Second}})
}

func TestRequestWithoutTokenTakesNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("the secret is empty")
		source, s := &tokens{err: refused}, &script{outcomes: []outcome{reply(200)}}
		rt := New(Options{Base: s, Tokens: source, Server: home, Limiter: onePerTenSeconds(), Retry: DefaultRetry()})
		start := time.Now()
		var wg sync.WaitGroup
		for range 24 {
			wg.Go(func() {
				if _, err := get(t, rt, home+"/x"); !errors.Is(err, refused) {
					t.Errorf("got %v", err)
				}
			})
		}
		wg.Wait()
		source.err = nil
		mustGet(t, rt, home+"/x")
		if took := time.Since(start); took > 0 || len(s.requests) != 1 {
			t.Errorf("it took %s, and %d requests were sent", took, len(s.requests))
		}
	})
}

func TestRefusedTokenWithoutAnotherTakesNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("the secret has expired")
		source := &tokens{}
		s := &script{outcomes: []outcome{reply(401), reply(200)}}
		base := roundTripper(func(req *http.Request) (*http.Response, error) {
			source.err = refused // from the first answer on
			return s.RoundTrip(req)
		})
		start := time.Now()
		_, err := get(t, New(Options{Base: base, Tokens: source, Server: home, Limiter: onePerTenSeconds()}), home+"/x")
		if took := time.Since(start); !errors.Is(err, refused) || took > 0 || len(s.requests) != 1 {
			t.Errorf("got %v after %s and %d requests", err, took, len(s.requests))
		}
	})
}

// refusableTokens are refused while requests wait.
type refusableTokens struct {
	tokens
	refused context.Context
}

func (t *refusableTokens) Refused() context.Context { return t.refused }

// Whoever waits for a turn while the credential is refused fails at once.
func TestRefusalEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		expired := errors.New("the secret has expired")
		refused, refuse := context.WithCancel(t.Context())
		source, s := &refusableTokens{refused: refused}, &script{outcomes: []outcome{reply(200)}}
		rt := New(Options{Base: s, Tokens: source, Server: home, Limiter: onePerTenSeconds()})
		mustGet(t, rt, home+"/x")
		start := time.Now()
		var wg sync.WaitGroup
		for range 24 {
			wg.Go(func() {
				if _, err := get(t, rt, home+"/x"); !errors.Is(err, expired) {
					t.Errorf("got %v", err)
				}
			})
		}
		time.Sleep(time.Second)
		source.mu.Lock()
		source.err = expired
		source.mu.Unlock()
		refuse()
		wg.Wait()
		if took := time.Since(start); took > time.Second || len(s.requests) != 1 {
			t.Errorf("it took %s, and %d requests were sent", took, len(s.requests))
		}
	})
}

func TestTokenThatExpiresInTheQueueIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, s := &tokens{}, &script{outcomes: []outcome{reply(200)}}
		rt := New(Options{Base: s, Tokens: source, Server: home, Limiter: onePerTenSeconds()})
		mustGet(t, rt, home+"/x")
		go func() {
			time.Sleep(5 * time.Second)
			source.Invalidate("token-1")
		}()
		mustGet(t, rt, home+"/x")
		if got := s.requests[1].Header.Get("Authorization"); got != "Bearer token-2" {
			t.Errorf("after the wait it carried %q", got)
		}
	})
}

// Every request of a pull that waits leaves the pull's seat: the first, one
// that is retried, and the second one after a refused token.
func TestSeatIsThePulls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := onePerTenSeconds()
		var told []string
		start := time.Now()
		client := func(name string, outcomes ...outcome) http.RoundTripper {
			return New(Options{
				Base: &script{outcomes: outcomes}, Tokens: &tokens{}, Server: home, Limiter: limiter, Retry: Retry{Patience: time.Hour},
				Seat: tellingSeat(func(what string) {
					told = append(told, name+" "+what+" at "+time.Since(start).Truncate(time.Second).String())
				}),
			})
		}
		mustGet(t, client("no wait", reply(200)), home+"/x")
		mustGet(t, client("waits", reply(200)), home+"/x")
		mustGet(t, client("refused", reply(401), reply(500), reply(200)), home+"/x")
		mustGet(t, client("elsewhere", reply(200)), "https://other.example/x")
		want := []string{
			"waits left at 0s", "waits back at 10s",
			"refused left at 10s", "refused back at 20s", "refused left at 20s", "refused back at 30s", "refused left at 30s", "refused back at 40s",
		}
		if !slices.Equal(told, want) {
			t.Errorf("told %q\nwant %q", told, want)
		}
	})
}
