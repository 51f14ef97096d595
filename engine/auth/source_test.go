package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/reportform/reportform/internal/secret"
)

// fake gives token-1, token-2 and so on. It is used by pointer.
type fake struct {
	mu    sync.Mutex
	asked int
	ended int // requests whose context ended first
	takes time.Duration
	life  time.Duration
	err   error
}

func (f *fake) App() string { return app }

func (f *fake) Token(ctx context.Context, _ *http.Client, audience Audience) (*oauth2.Token, error) {
	f.mu.Lock()
	f.asked++
	token := fmt.Sprintf("token-%d", f.asked)
	takes, life, err := f.takes, f.life, f.err
	f.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		f.mu.Lock()
		f.ended++
		f.mu.Unlock()
		e := newError(app, audience).because("given up", "")
		e.cause = ctx.Err()
		return nil, e
	}
	if err != nil {
		return nil, err
	}
	t := &oauth2.Token{AccessToken: token, TokenType: "Bearer"}
	if life != 0 {
		t.Expiry = time.Now().Add(life)
	}
	return t, nil
}

func (f *fake) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func sourceOf(f *fake) *Source {
	return NewSource(f, Audience{Login: "https://login.example", Directory: "t"}, http.DefaultClient, time.Now)
}

func TestTokenIsRenewedInTime(t *testing.T) {
	tests := []struct{ life, until time.Duration }{
		{time.Hour, 55 * time.Minute},
		{25 * time.Minute, 20 * time.Minute},
		{10 * time.Minute, 8 * time.Minute},
		{time.Minute, 48 * time.Second},
		{0, 4 * time.Minute}, // does not say
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{life: tt.life}
			s := sourceOf(f)
			check := func(want string) {
				t.Helper()
				if got, err := s.Token(t.Context()); got != want || err != nil {
					t.Errorf("life %s: got %q, %v, want %q", tt.life, got, err, want)
				}
			}
			check("token-1")
			time.Sleep(tt.until - time.Second)
			check("token-1")
			time.Sleep(time.Second)
			check("token-2")
			check("token-2")
		})
	}
}

func TestManyCallersShareOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{life: time.Hour, takes: time.Second}
		s := sourceOf(f)
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				if got, err := s.Token(t.Context()); got != "token-1" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
			})
		}
		wg.Wait()
		if f.asked != 1 {
			t.Errorf("asked %d times", f.asked)
		}
	})
}

func TestEachCallerObeysItsOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{life: time.Hour, takes: 10 * time.Second}
		s := sourceOf(f)
		// The one that began the request leaves first.
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			start := time.Now()
			if _, err := s.Token(short); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
				t.Errorf("got %v after %s", err, time.Since(start))
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if got, err := s.Token(t.Context()); got != "token-1" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
		wg.Wait()
		if f.asked != 1 || f.ended != 0 {
			t.Errorf("asked %d times, %d ended", f.asked, f.ended)
		}
	})
}

func TestRequestEndsWhenNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{life: time.Hour, takes: time.Hour}
		s := sourceOf(f)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, _ = s.Token(ctx) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if f.ended != 1 {
			t.Error("the request goes on")
		}
		// What was given up is no refusal.
		f.takes = time.Second
		if got, err := s.Token(t.Context()); got != "token-2" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		if _, err := sourceOf(f).Token(ctx); !errors.Is(err, context.Canceled) || f.asked != 2 {
			t.Errorf("a dead context got %v, asked %d", err, f.asked)
		}
	})
}

func TestInvalidateForgetsThatTokenAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		s := sourceOf(f)
		s.Invalidate("token-0")
		for _, step := range []struct{ invalid, want string }{
			{"", "token-1"}, {"token-0", "token-1"}, {"token-1", "token-2"}, {"token-1", "token-2"}, {"token-2", "token-3"},
		} {
			s.Invalidate(step.invalid)
			if got, _ := s.Token(t.Context()); got != step.want {
				t.Errorf("after %q: got %q, want %q", step.invalid, got, step.want)
			}
		}
	})
}

func TestFailedRenewalUsesTheOldToken(t *testing.T) {
	for _, failure := range []error{&Error{Code: "invalid_client", Status: 401}, &Error{Status: 503}, nil} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{life: time.Hour}
			s := sourceOf(f)
			if _, err := s.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(56 * time.Minute)
			if f.err = failure; failure == nil {
				f.takes = time.Hour // it hangs
			}
			start := time.Now()
			for range 3 {
				if got, err := s.Token(t.Context()); got != "token-1" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
			}
			if f.asked != 2 || time.Since(start) > renewTimeout {
				t.Errorf("asked %d times in %s", f.asked, time.Since(start))
			}
			time.Sleep(renewTimeout)
			_, _ = s.Token(t.Context())
			if f.asked != 3 {
				t.Error("the renewal was not tried again")
			}
			if failure != nil {
				time.Sleep(4 * time.Minute) // past its end
				if got, err := s.Token(t.Context()); !errors.Is(err, failure) {
					t.Errorf("got %q, %v", got, err)
				}
			}
			f.fail(nil)
			f.takes = 0
			time.Sleep(renewTimeout)
			s.forget()
			if got, err := s.Token(t.Context()); err != nil || got == "token-1" {
				t.Errorf("after recovery got %q, %v", got, err)
			}
		})
	}
}

// A renewal that is cut short because the old token is good is made again, without
// haste, if that has lost its worth meanwhile.
func TestSlowRenewalIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		slow := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			if asked++; asked == 1 {
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
			time.Sleep(10 * renewTimeout)
			return nil, errors.New("the network is down")
		})}
		s := sourceOf(&fake{life: time.Hour})
		if _, err := s.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(56 * time.Minute)
		s.credential, s.client = withSecret(value), slow
		go func() {
			time.Sleep(time.Second)
			s.Invalidate("token-1")
		}()
		start := time.Now()
		_, err := s.Token(t.Context())
		var refusal *Error
		if !errors.As(err, &refusal) || !refusal.Retryable() || errors.Is(err, context.DeadlineExceeded) || asked != 2 {
			t.Errorf("got %v after %d requests", err, asked)
		}
		if took := time.Since(start); took != 11*renewTimeout {
			t.Errorf("it took %s", took)
		}
	})
}

// A refusal stands for the run, however long that is; who waits hears of it.
func TestRefusalsStandForTheRun(t *testing.T) {
	tests := []struct {
		name       string
		err        error
		remembered bool
	}{
		{"wrong secret", &Error{Status: 401, Code: "invalid_client"}, true},
		{"no secret", &Error{Message: "the secret is empty"}, true},
		{"throttled", &Error{Status: 429}, false},
		{"broken", &Error{Status: 500}, false},
		{"busy", &Error{Status: 400, Code: "temporarily_unavailable"}, false},
		{"network", &Error{temporary: true}, false},
		{"given up", &Error{cause: context.Canceled}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{life: time.Hour, err: tt.err}
				s := sourceOf(f)
				for range 100 {
					if got, err := s.Token(t.Context()); !errors.Is(err, tt.err) || got != "" {
						t.Fatalf("got %q, %v", got, err)
					}
				}
				if (f.asked == 1) != tt.remembered {
					t.Errorf("asked %d times", f.asked)
				}
				if heard := s.Refused().Err() != nil; heard != tt.remembered {
					t.Errorf("those who wait hear of it: %t", heard)
				}
				f.fail(nil)
				time.Sleep(10 * time.Hour)
				if _, err := s.Token(t.Context()); (err != nil) != tt.remembered {
					t.Errorf("ten hours later: %v", err)
				}
				s.forget()
				if _, err := s.Token(t.Context()); err != nil || s.Refused().Err() != nil {
					t.Errorf("in another run: %v", err)
				}
			})
		})
	}
}

// A token is asked for anew where it is older than what may have changed.
func TestRenew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{life: time.Hour, takes: time.Second}
		s := sourceOf(f)
		var refusedAt time.Time
		for n, want := range []string{"token-1", "token-2", "token-2"} {
			if got, err := s.Token(t.Context()); got != want || err != nil {
				t.Errorf("%d: got %q, %v", n, got, err)
			}
			if n == 0 {
				time.Sleep(time.Second)
				refusedAt = time.Now()
				time.Sleep(time.Second)
			}
			s.Renew(refusedAt) // as all do that were refused at once
		}
	})
}

// A secret that cannot be read is looked for once in a run, however many
// directories need it, and again in the next.
func TestFailedSecretIsReadOnce(t *testing.T) {
	asked := 0
	credential := &clientSecret{app: app, proof: proof{place: secret.Reference{Env: "TEST_SECRET"}, getenv: func(string) string {
		asked++
		return ""
	}}}
	b := NewBroker(func(string, Audience) *http.Client { return http.DefaultClient })
	run := func() {
		var wg sync.WaitGroup
		for n := range 100 {
			wg.Go(func() {
				s := b.Source(credential, Audience{Login: "https://login.example", Directory: fmt.Sprintf("t%d.example", n)})
				_, err := s.Token(t.Context())
				if refused, ok := errors.AsType[*Error](err); !ok || !refused.Unread || !refused.Final() || refused.Directory != fmt.Sprintf("t%d.example", n) {
					t.Errorf("got %v", err)
				}
			})
		}
		wg.Wait()
	}
	run()
	if asked != 1 {
		t.Errorf("looked %d times", asked)
	}
	b.Begin()
	run()
	if asked != 2 {
		t.Errorf("looked %d times in two runs", asked)
	}
}

// A command that fails runs once a run; who stops waiting does not end it for
// the others.
func TestFailingCommandRunsOnce(t *testing.T) {
	log := filepath.Join(t.TempDir(), "runs")
	p := &proof{place: secret.Reference{Exec: []string{"sh", "-c", "echo run >> " + log + "; sleep 0.2; exit 1"}}}
	given, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for n := range 10 {
		wg.Go(func() {
			ctx := t.Context()
			if n == 0 {
				ctx = given
			}
			if _, err := p.read(ctx); err == nil {
				t.Error("there is a secret")
			}
		})
	}
	cancel()
	wg.Wait()
	if _, err := p.read(t.Context()); err == nil {
		t.Error("there is a secret")
	}
	// The one that was given up may have run alone.
	if runs, err := os.ReadFile(log); err != nil || len(runs) > 2*len("run\n") {
		t.Errorf("it ran: %s, %v", runs, err)
	}
}

func TestBrokerSharesSources(t *testing.T) {
	b := NewBroker(func(string, Audience) *http.Client { return http.DefaultClient })
	one, other := &fake{}, &fake{}
	graph, legacy := Audience{Directory: "t", Resource: "g"}, Audience{Directory: "t", Resource: "g", V1: true}
	if first, second := b.Source(one, graph), b.Source(one, graph); first != second {
		t.Error("equal arguments, two sources")
	}
	if b.Source(one, graph) == b.Source(other, graph) || b.Source(one, graph) == b.Source(one, legacy) {
		t.Error("one source for different arguments")
	}
}
