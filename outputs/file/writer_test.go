package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// slow is a place for bytes that can fail after some.
type slow struct {
	bytes.Buffer
	failAfter int
}

func (s *slow) Write(p []byte) (int, error) {
	if s.failAfter > 0 && s.Len()+len(p) > s.failAfter {
		return 0, errors.New("disk full")
	}
	return s.Buffer.Write(p)
}

func TestStream(t *testing.T) {
	for _, sizes := range [][]int{
		{},
		{0},
		{1},
		{smallBuffer},
		{smallBuffer - 1, 1, 1},
		{smallBuffer + 1},
		{5*smallBuffer + 3},
		{100, 3 * smallBuffer, 7},
		{smallBuffer, smallBuffer, smallBuffer},
		{grown - 1, 3*largeBuffer + 1, 5, largeBuffer},
	} {
		// In a bubble the test fails if a goroutine outlives it.
		synctest.Test(t, func(t *testing.T) {
			var below slow
			var want []byte
			s := newStream(&below, &bufferPool{})
			random := rand.New(rand.NewPCG(1, 2))
			for _, size := range sizes {
				p := make([]byte, size)
				for i := range p {
					p[i] = byte(random.Uint32())
				}
				want = append(want, p...)
				if n, err := s.Write(p); n != size || err != nil {
					t.Fatalf("Write gives %d, %v", n, err)
				}
				clear(p)
			}
			size, digest, err := s.flush()
			sum := sha256.Sum256(want)
			if err != nil || size != int64(len(want)) || digest != hex.EncodeToString(sum[:]) || !bytes.Equal(below.Bytes(), want) {
				t.Errorf("%v: %d bytes of %d, %v", sizes, size, len(want), err)
			}
		})
	}
}

func TestStreamFails(t *testing.T) {
	for _, failAfter := range []int{1, smallBuffer, 3 * smallBuffer} {
		synctest.Test(t, func(t *testing.T) {
			s := newStream(&slow{failAfter: failAfter}, &bufferPool{})
			var err error
			writes := 0
			for ; err == nil && writes < 10_000; writes++ {
				_, err = s.Write(make([]byte, 1000))
			}
			if err == nil || writes == 10_000 {
				t.Error("the error does not come up at a later Write")
			}
			if _, _, err := s.flush(); err == nil {
				t.Error("the error is lost")
			}
		})
	}
}

func TestDiscardEndsTheGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(&slow{}, &bufferPool{})
		if _, err := s.Write(make([]byte, 10*smallBuffer)); err != nil {
			t.Fatal(err)
		}
		s.end()
		s.end()
	})
}

func open(t *testing.T, body string) (outputs.Writer, string, error) {
	t.Helper()
	o, diags := decode(t, "require = \"\"\npath = \"x\"\n"+body)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	path := filepath.Join(t.TempDir(), "x")
	w, err := o.Open(t.Context(), outputs.Target{Place: place.Place(path), Pull: testPull()})
	if err == nil {
		t.Cleanup(func() { _ = w.Discard() })
	}
	return w, path, err
}

func TestEncoderFailsToStart(t *testing.T) {
	_, path, err := open(t, `suffix = "fail"`)
	if err == nil || !strings.Contains(err.Error(), "output.plain.x") {
		t.Errorf("the error is %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 0 {
		t.Errorf("files: %v", entries)
	}
}

func TestFirstErrorStays(t *testing.T) {
	w, path, err := open(t, "")
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	w.(*writer).stream.failed.Store(&full)
	events := []outputs.Event{{Raw: []byte("{}"), OneLine: true}}
	for range 2 {
		if err := w.Write(events); !errors.Is(err, full) || !strings.Contains(err.Error(), "output.plain.x") {
			t.Errorf("Write: %v", err)
		}
	}
	if _, err := w.Stage(); !errors.Is(err, full) {
		t.Errorf("Stage: %v", err)
	}
	if _, err := w.Publish(); !errors.Is(err, full) {
		t.Errorf("Publish: %v", err)
	}
	if err := w.Discard(); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 0 {
		t.Errorf("files: %v", entries)
	}
}

func TestOpenAfterCancel(t *testing.T) {
	o, diags := decode(t, "require = \"\"\npath = \"x\"")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if _, err := o.Open(ctx, outputs.Target{Place: place.Place(filepath.Join(dir, "x")), Pull: testPull()}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("files: %v", entries)
	}
}

func BenchmarkWriter(b *testing.B) {
	o, diags := decode(b, "require = \"\"\npath = \"x\"")
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	path := filepath.Join(b.TempDir(), "x")
	events := []outputs.Event{{Raw: fmt.Appendf(nil, `{"a":"%s"}`, strings.Repeat("x", 2000)), OneLine: true}}
	b.SetBytes(int64(len(events[0].Raw)))
	w, err := o.Open(b.Context(), outputs.Target{Place: place.Place(path), Pull: testPull()})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = w.Discard() }()
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(events); err != nil {
			b.Fatal(err)
		}
	}
}
