package transport

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTokenGoesHomeAlone(t *testing.T) {
	tests := []struct {
		url  string
		want string
	}{
		{"https://graph.example/v1.0/x", "Bearer token-1"},
		{"https://GRAPH.example/v1.0/x", "Bearer token-1"},
		{"https://graph.example:443/v1.0/x", "Bearer token-1"},
		{"http://graph.example/v1.0/x", ""},
		{"http://graph.example:443/v1.0/x", ""},
		{"https://graph.example:8443/v1.0/x", ""},
		{"https://graph.example.evil/v1.0/x", ""},
		{"https://evil/graph.example", ""},
		{"https://graph.example@evil/x", ""},
		{"https://sub.graph.example/x", ""},
	}
	for _, tt := range tests {
		s := &script{outcomes: []outcome{reply(200)}}
		req := newRequest(t, tt.url)
		req.Header.Set("Authorization", "what the caller had")
		if _, err := New(Options{Base: s, Tokens: &tokens{}, Server: "https://graph.example"}).RoundTrip(req); err != nil {
			t.Fatal(err)
		}
		if got := s.requests[0].Header.Get("Authorization"); got != tt.want {
			t.Errorf("%s got the Authorization %q, want %q", tt.url, got, tt.want)
		}
		if req.Header.Get("Authorization") != "what the caller had" {
			t.Error("the caller's request was changed")
		}
	}
}

func TestUnreadableServerGetsNoToken(t *testing.T) {
	for _, o := range []string{"", "://", "graph.example", "https://"} {
		s := &script{outcomes: []outcome{reply(200)}}
		if _, err := get(t, New(Options{Base: s, Tokens: &tokens{}, Server: o}), "https://graph.example/"); err != nil {
			t.Fatal(err)
		}
		if got := s.requests[0].Header.Get("Authorization"); got != "" {
			t.Errorf("server %q: sent %q", o, got)
		}
	}
}

func TestRedirectsToOtherHostsCarryNoToken(t *testing.T) {
	var seen []string
	note := func(name string, r *http.Request) {
		seen = append(seen, name+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
	}
	download := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note("download", r)
		fmt.Fprint(w, "rows")
	}))
	defer download.Close()
	graph := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note("graph", r)
		switch r.URL.Path {
		case "/report":
			http.Redirect(w, r, "/moved", http.StatusFound)
		default:
			http.Redirect(w, r, download.URL+"/file", http.StatusFound)
		}
	}))
	defer graph.Close()

	client := &http.Client{Transport: New(Options{Tokens: &tokens{}, Server: graph.URL})}
	resp, err := client.Get(graph.URL + "/report")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	want := "graph /report Bearer token-1|graph /moved Bearer token-1|download /file "
	if got := strings.Join(seen, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	tests := []struct {
		name     string
		outcomes []outcome
		status   int
		sent     string
		dropped  string
	}{
		{"then accepted", []outcome{reply(401), reply(200)}, 200, "token-1 token-2", "token-1"},
		{"refused again", []outcome{reply(401)}, 401, "token-1 token-2", "token-1"},
		{"accepted", []outcome{reply(200)}, 200, "token-1", ""},
		{"forbidden", []outcome{reply(403)}, 403, "token-1", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source, s := &tokens{}, &script{outcomes: tt.outcomes}
			resp, err := get(t, New(Options{Base: s, Tokens: source, Server: home}), home+"/x")
			if err != nil {
				t.Fatal(err)
			}
			var sent []string
			for _, r := range s.requests {
				sent = append(sent, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			}
			if resp.StatusCode != tt.status || strings.Join(sent, " ") != tt.sent || strings.Join(source.invalidated, " ") != tt.dropped {
				t.Errorf("status %d, sent %v, dropped %v", resp.StatusCode, sent, source.invalidated)
			}
			if body, err := io.ReadAll(resp.Body); err != nil || len(body) == 0 {
				t.Errorf("the answer cannot be read: %q, %v", body, err)
			}
		})
	}
}

// A credential whose tokens were accepted is good: what refuses its tokens passes.
func TestRefusalsAfterTokensWereAccepted(t *testing.T) {
	for _, test := range []struct {
		name     string
		outcomes []outcome
		status   int
		sent     string // tokens of the second request
	}{
		{"twice 401", []outcome{reply(401), reply(401), reply(200)}, 200, "token-1 token-2 token-3"},
		{"three times 401", []outcome{reply(401), reply(401), reply(401), reply(200)}, 200, "token-1 token-2 token-3 token-4"},
		{"401 for good", []outcome{reply(401)}, 401, "token-1 token-2 token-3 token-4"},
		{"403", []outcome{reply(403), reply(200)}, 200, "token-1 token-2"},
		{"403 for good", []outcome{reply(403)}, 403, "token-1 token-2"},
		{"403, then 401", []outcome{reply(403), reply(401), reply(200)}, 200, "token-1 token-2 token-3"},
		{"401, then 403", []outcome{reply(401), reply(403), reply(200)}, 403, "token-1 token-2"},
		{"another refusal", []outcome{reply(400), reply(200)}, 400, "token-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{outcomes: append([]outcome{reply(200)}, test.outcomes...)}
				rt := New(Options{Base: s, Tokens: &tokens{}, Server: home, Retry: Retry{Base: time.Second, Max: time.Minute}})
				mustGet(t, rt, home+"/x")
				resp, err := get(t, rt, home+"/y")
				if err != nil {
					t.Fatal(err)
				}
				var sent []string
				for _, r := range s.requests[1:] {
					sent = append(sent, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
				}
				if resp.StatusCode != test.status || strings.Join(sent, " ") != test.sent {
					t.Errorf("status %d, sent %v", resp.StatusCode, sent)
				}
			})
		})
	}
}

func TestRefusalByAnotherHostKeepsTheToken(t *testing.T) {
	source, s := &tokens{}, &script{outcomes: []outcome{reply(401)}}
	mustGet(t, New(Options{Base: s, Tokens: source, Server: home}), "https://other.example/x")
	if len(s.requests) != 1 || len(source.invalidated) != 0 {
		t.Errorf("%d requests, dropped %v", len(s.requests), source.invalidated)
	}
}

func TestEveryAttemptCarriesAFreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &tokens{}
		s := &script{outcomes: []outcome{reply(503, "Retry-After: 3600"), reply(200)}}
		go func() {
			time.Sleep(time.Minute)
			source.Invalidate("token-1") // it expires while the request waits
		}()
		mustGet(t, New(Options{Base: s, Tokens: source, Server: home, Retry: DefaultRetry()}), home+"/x")
		if got := s.requests[1].Header.Get("Authorization"); got != "Bearer token-2" {
			t.Errorf("the second attempt carried %q", got)
		}
	})
}

func TestTokenErrorsAreFinal(t *testing.T) {
	refused := errors.New("wrong secret")
	s := &script{outcomes: []outcome{reply(200)}}
	_, err := get(t, New(Options{Base: s, Tokens: &tokens{err: refused}, Server: home, Retry: DefaultRetry()}), home+"/x")
	if !errors.Is(err, refused) || len(s.requests) != 0 {
		t.Errorf("got %v after %d requests", err, len(s.requests))
	}
}

func TestTheAnswerDoesNotHoldTheToken(t *testing.T) {
	req := newRequest(t, home+"/x")
	resp, err := New(Options{Base: &script{outcomes: []outcome{reply(200)}}, Tokens: &tokens{}, Server: home}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Request != nil && resp.Request.Header.Get("Authorization") != "" {
		t.Error("the answer's request carries the token")
	}
	if req.Header.Get("Authorization") != "" {
		t.Error("the caller's request carries the token")
	}
}
