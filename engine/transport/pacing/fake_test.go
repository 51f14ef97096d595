package pacing

import (
	"testing"
	"time"
)

func mustWait(t *testing.T, l *Limiter) {
	t.Helper()
	turn, err := l.Wait(t.Context(), nil, nil)
	if err != nil {
		t.Error(err)
		return
	}
	turn.Useful()
}

// pause is what an answer with Retry-After does, that names a scope.
func pause(l *Limiter, scope string, d time.Duration) {
	(&Turn{limiter: l, at: time.Now()}).Refused(&Refusal{Scope: scope, Wait: d}, nil)
}
