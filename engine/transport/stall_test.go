package transport

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/transport/pacing"
	"github.com/reportform/reportform/internal/limits"
)

// pipe dials connections in memory; serve has the other end of each.
func pipe(serve func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go serve(server)
		return client, nil
	}
}

// testContext is that of request i: of the first three it ends soon.
func testContext(t *testing.T, i int) (context.Context, context.CancelFunc) {
	if i < 3 {
		return context.WithTimeout(t.Context(), time.Duration(25+i*7)*time.Second)
	}
	return context.WithCancel(t.Context())
}

const (
	wholeAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
	halfAnswer  = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234"
	headAnswer  = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
)

// A body that brings nothing for a minute breaks off, at its beginning or later;
// its seat is free long before.
func TestBodiesThatStall(t *testing.T) {
	for name, text := range map[string]string{"half": halfAnswer, "nothing but the head": headAnswer} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				base, _ := stalling(t, func(int) string { return text })
				var mu sync.Mutex
				var told []string
				var said []Waiting
				start := time.Now()
				rt := New(Options{
					Base: base, Retry: DefaultRetry(),
					Say: func(w Waiting) {
						mu.Lock()
						defer mu.Unlock()
						said = append(said, w)
					},
					Seat: tellingSeat(func(what string) {
						mu.Lock()
						defer mu.Unlock()
						told = append(told, what+" at "+time.Since(start).String())
					}),
				})
				resp, err := get(t, rt, "http://graph.example/x")
				if err != nil {
					t.Fatal(err)
				}
				content, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if !errors.Is(err, ErrStalled) || errors.Is(err, context.Canceled) || time.Since(start) != bodySilence || !strings.HasSuffix(text, string(content)) {
					t.Errorf("%q, %v after %s", content, err, time.Since(start))
				}
				mu.Lock()
				defer mu.Unlock()
				if strings.Join(told, ", ") != "left at 5s, back at 1m0s" || len(said) != 2 || said[0].Why != WaitSilent || said[1].Why != WaitSilent { // after 10 s and 40 s
					t.Errorf("%q, said %+v", told, said)
				}
			})
		})
	}
}

// A body that trickles is not silent; but it has to end.
func TestBodiesThatTrickle(t *testing.T) {
	for _, tt := range []struct {
		bytes int
		whole bool
	}{{10, true}, {100, false}} {
		synctest.Test(t, func(t *testing.T) {
			base := NewBase()
			base.Proxy, base.DisableKeepAlives = nil, true
			base.DialContext = pipe(func(server net.Conn) {
				if _, err := http.ReadRequest(bufio.NewReader(server)); err != nil {
					return
				}
				if _, err := io.WriteString(server, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"); err != nil {
					return
				}
				for range tt.bytes {
					time.Sleep(50 * time.Second)
					if _, err := server.Write([]byte("x")); err != nil {
						return
					}
				}
				server.Close()
			})
			start := time.Now()
			resp, err := get(t, New(Options{Base: base, Retry: DefaultRetry()}), "http://graph.example/x")
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if tt.whole && (err != nil || len(content) != tt.bytes) {
				t.Errorf("%d bytes, %v", len(content), err)
			}
			if took := time.Since(start); !tt.whole && (!errors.Is(err, ErrStalled) || took > 61*time.Minute) {
				t.Errorf("%v after %s", err, took)
			}
			time.Sleep(time.Minute) // the server notices
		})
	}
}

// A small answer that stalls, or does not begin, is asked for again, with its
// body; if it never comes, patience ends it.
func TestSmallAnswersThatStall(t *testing.T) {
	for name, text := range map[string]string{"half": halfAnswer, "the head": headAnswer, "nothing": ""} {
		for _, passes := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					base, asked := stalling(t, func(n int) string {
						if n > 2 && passes {
							return wholeAnswer
						}
						return text
					})
					rt := New(Options{Base: base, Small: true, Retry: DefaultRetry(), Hosts: NewHosts(DefaultRetry(), nil)})
					start := time.Now()
					resp, err := get(t, rt, "http://login.example/x")
					took := time.Since(start)
					if !passes {
						if !errors.As(err, new(*PatienceError)) || took < time.Hour || took > 62*time.Minute {
							t.Errorf("%v after %s", err, took)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					content, err := io.ReadAll(resp.Body)
					if err != nil || string(content) != "0123456789" || asked() != 3 || took > 3*time.Minute {
						t.Errorf("%q, %v after %d requests and %s", content, err, asked(), took)
					}
				})
			})
		}
	}
}

// Who waits for a token leaves the seat.
func TestWaitForATokenLeavesTheSeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []string
		start := time.Now()
		rt := New(Options{
			Base: &script{outcomes: []outcome{reply(200)}}, Server: home, Tokens: slowTokens{time.Minute}, Retry: DefaultRetry(),
			Seat: tellingSeat(func(what string) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, what+" at "+time.Since(start).String())
			}),
		})
		mustGet(t, rt, home+"/x")
		mu.Lock()
		defer mu.Unlock()
		if !strings.HasPrefix(strings.Join(told, ", "), "left at 5s, back at 1m0s") {
			t.Errorf("%q", told)
		}
	})
}

type slowTokens struct{ time.Duration }

func (s slowTokens) Token(ctx context.Context) (string, error) {
	select {
	case <-time.After(s.Duration):
		return "token", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (slowTokens) Invalidate(string) {}

// plainHome is home to connections in memory.
const plainHome = "http://graph.example"

// askUntilOver asks for a page again and again, and reads it, until patience is
// over, and returns that error and what came before it.
func askUntilOver(t *testing.T, rt http.RoundTripper) (over *PatienceError, last, before error) {
	t.Helper()
	for {
		err := read(t, rt, plainHome+"/x")
		if errors.As(err, &over) {
			return over, err, before
		}
		if err != nil {
			before = err
		}
		time.Sleep(time.Second)
	}
}

// Only what comes to its end is useful: heads of answers whose bodies stall or
// break off use patience up, with those who ask and with the host, and whoever
// waits for the same ends with it.
func TestBodiesThatDoNotComeUsePatienceUp(t *testing.T) {
	for _, tt := range []struct{ name, text, says string }{
		{"stalls", halfAnswer, "no useful answer for 1h0m"},
		{"nothing but the head", headAnswer, "the service stopped sending: no byte for 60 s"},
		{"breaks off", halfAnswer, "unexpected EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				base, asked := stalling(t, func(int) string { return tt.text })
				if tt.name == "breaks off" {
					base.DialContext = pipe(func(server net.Conn) {
						if _, err := http.ReadRequest(bufio.NewReader(server)); err == nil {
							_, _ = io.WriteString(server, tt.text)
						}
						server.Close()
					})
				}
				patiences, hosts := NewPatiences(time.Hour), NewHosts(DefaultRetry(), nil)
				client := func(tenant string, base http.RoundTripper) http.RoundTripper {
					return New(Options{Base: base, Server: plainHome, Patience: patiences.For("app", tenant, "graph"), Hosts: hosts, Retry: DefaultRetry()})
				}
				start := time.Now()
				var wg sync.WaitGroup
				wg.Go(func() { // who waits for its turn
					limiter := pacing.NewLimiters(pacing.Local{}).For("app", "a", limits.Class{AppTenant: limits.Rate{Requests: 1, Per: 3 * time.Hour}})
					limiter.Spend()
					err := read(t, New(Options{
						Base: base, Server: plainHome, Limiter: limiter, Patience: patiences.For("app", "a", "graph"), Retry: DefaultRetry(),
					}), plainHome+"/x")
					if took := time.Since(start); !errors.As(err, new(*PatienceError)) || took < time.Hour || took > 62*time.Minute {
						t.Errorf("another ended after %s with %v", took, err)
					}
				})
				over, last, before := askUntilOver(t, client("a", base))
				wg.Wait()
				if took := time.Since(start); took < time.Hour || took > 62*time.Minute {
					t.Errorf("it ended after %s", took)
				}
				// Who breaks off at once may come before or after the other.
				said := strings.Contains(last.Error(), tt.says) || tt.name == "breaks off" && strings.Contains(last.Error(), "503")
				if !said || !strings.Contains(last.Error(), "client-request-id") || over.Limit != time.Hour {
					t.Errorf("%v", last)
				}
				if tt.name != "breaks off" && (!errors.Is(last, ErrStalled) || !errors.Is(before, ErrStalled) || asked() > 61) {
					t.Errorf("%v, and before %v, after %d requests", last, before, asked())
				}
				// The host has nothing for a late tenant either, who asks once.
				begun := time.Now()
				_, _, _ = askUntilOver(t, client("b", base))
				if took := time.Since(begun); took > 2*time.Minute {
					t.Errorf("a late tenant waited %s", took)
				}
				// A whole body begins all of it anew.
				time.Sleep(tryAgainAfter)
				mustGet(t, client("a", &script{outcomes: []outcome{reply(200)}}), plainHome+"/x")
				begun = time.Now()
				_, _, _ = askUntilOver(t, client("a", base))
				if took := time.Since(begun); took < time.Hour {
					t.Errorf("after a useful answer patience lasted %s", took)
				}
			})
		})
	}
}

// Neither an answer that is closed before its end is useful nor one whose reader
// is interrupted; of none is patience used up.
func TestBodiesThatAreNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		patience := NewPatience(time.Hour)
		base, _ := stalling(t, func(int) string { return halfAnswer })
		rt := New(Options{Base: base, Server: plainHome, Patience: patience, Retry: DefaultRetry()})
		resp, err := get(t, rt, plainHome+"/x")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if resp, err = rt.RoundTrip(newRequest(t, plainHome+"/x").WithContext(ctx)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); err == nil || errors.Is(err, ErrStalled) {
			t.Errorf("%v", err)
		}
		resp.Body.Close()
		if patience.amiss() {
			t.Error("patience is used up")
		}
		_ = read(t, rt, plainHome+"/x")
		if !patience.amiss() {
			t.Error("patience is not used up")
		}
		if resp, err = get(t, rt, plainHome+"/x"); err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close(); !patience.amiss() {
			t.Error("the head of an answer was useful")
		}
	})
}
