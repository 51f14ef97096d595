package parallel

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

func TestDo(t *testing.T) {
	var done [100]atomic.Int32
	if err := Do(t.Context(), len(done), func(i int) error { done[i].Add(1); return nil }); err != nil {
		t.Fatal(err)
	}
	for i := range done {
		if n := done[i].Load(); n != 1 {
			t.Errorf("%d was done %d times", i, n)
		}
	}
}

func TestDoEndsWithTheFirstError(t *testing.T) {
	failure := errors.New("no")
	var calls atomic.Int32
	err := Do(t.Context(), 1_000_000, func(i int) error {
		calls.Add(1)
		if i == 3 {
			return failure
		}
		return nil
	})
	if !errors.Is(err, failure) || calls.Load() == 1_000_000 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Do(ctx, 5, func(int) error { t.Error("called after the end"); return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
