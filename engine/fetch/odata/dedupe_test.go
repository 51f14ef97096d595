package odata

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/reportform/reportform/internal/rawjson"
)

func stamp(id, content int) fingerprint {
	spread := func(n int) uint64 { return (uint64(n) + 1) * 0x9e3779b97f4a7c15 }
	return fingerprint{spread(id), spread(content)}
}

// The memory against a map that forgets nothing, within what is promised.
func TestMemoryAgainstModel(t *testing.T) {
	const size = 600
	m := newMemory(size)
	random := rand.New(rand.NewPCG(1, 2))
	type event struct{ id, content int }
	known, ids := map[event]int{}, map[int]bool{} // known has the step of storing
	stored := 0
	for range 200_000 {
		e := event{random.IntN(5000), random.IntN(3)}
		got := m.add(stamp(e.id, e.content))
		at, has := known[e]
		switch {
		case has && stored-at < size && got != repeated:
			t.Fatalf("an event of %d events ago was forgotten", stored-at)
		case !has && got == repeated, !ids[e.id] && got != unknown:
			t.Fatalf("a new event got the verdict %d", got)
		}
		if got != repeated {
			stored++
			known[e], ids[e.id] = stored, true
		}
		if m.young.n+m.old.n > 2*size {
			t.Fatalf("%d events remembered", m.young.n+m.old.n)
		}
	}
	if m.last != int64(stored) {
		t.Errorf("last is %d, want %d", m.last, stored)
	}
}

func TestMemoryVerdicts(t *testing.T) {
	m := newMemory(10)
	for i, step := range []struct {
		id, content int
		want        verdict
	}{
		{1, 1, unknown},
		{1, 1, repeated},
		{2, 1, unknown},
		{1, 2, revision},
		{1, 1, repeated}, // both versions are known
		{1, 2, repeated},
		{1, 3, revision},
	} {
		if got := m.add(stamp(step.id, step.content)); got != step.want {
			t.Errorf("step %d: %d, want %d", i, got, step.want)
		}
	}
}

func TestMemoryRemembersSince(t *testing.T) {
	m := newMemory(100)
	for i := range 150 {
		m.add(stamp(i, 0))
	}
	if !m.remembersSince(0) || !m.remembersSince(150) {
		t.Error("150 events in 2 generations of 100 are not all remembered")
	}
	for i := 150; i < 250; i++ {
		m.add(stamp(i, 0))
	}
	if m.remembersSince(0) || m.remembersSince(99) || !m.remembersSince(100) {
		t.Error("wrong about the first generation, which is forgotten")
	}
	mark := m.last
	m.miss()
	if m.remembersSince(mark) || !m.remembersSince(mark+1) {
		t.Error("wrong about an event that was missed")
	}

	m.held = true
	mark = m.last
	for i := 1000; i < 1100; i++ {
		m.add(stamp(i, 0))
	}
	if !m.remembersSince(mark) {
		t.Error("a held memory forgot")
	}
	for i := 2000; i < 2100; i++ {
		m.add(stamp(i, 0))
	}
	if m.remembersSince(mark) {
		t.Error("a full memory claims to remember what it did not take")
	}
	for i := 100; i < 250; i++ {
		if m.add(stamp(i, 0)) != repeated {
			t.Fatalf("a held memory forgot %d", i)
		}
	}
	m.held = false
	for i := 3000; i < 3300; i++ {
		m.add(stamp(i, 0))
	}
	if !m.remembersSince(m.last - 100) {
		t.Error("a memory that was held does not work on")
	}
}

// One id with very many contents must not make the table slow.
func TestMemoryOneIDWithManyContents(t *testing.T) {
	m := newMemory(generationSize)
	const n = 200_000
	for i := range n {
		if v := m.add(stamp(7, i)); (v == unknown) != (i == 0) {
			t.Fatalf("content %d got the verdict %d", i, v)
		}
	}
	for i := range n {
		if v := m.add(stamp(7, i)); v != repeated {
			t.Fatalf("content %d is forgotten: %d", i, v)
		}
	}
}

func TestFingerprint(t *testing.T) {
	m := newMemory(10)
	item := func(raw string, ids ...string) *rawjson.Item {
		it := &rawjson.Item{Raw: []byte(raw)}
		for i, id := range ids {
			if id != "" {
				it.ID[i] = []byte(id)
			}
		}
		return it
	}
	same := func(a, b *rawjson.Item, n int) (id, content bool) {
		x, okX := m.fingerprint(a, n)
		y, okY := m.fingerprint(b, n)
		if !okX || !okY {
			t.Fatal("no fingerprint")
		}
		return x.id == y.id, x.content == y.content
	}
	if id, content := same(item("a", `"1"`), item("b", `"1"`), 1); !id || content {
		t.Error("one id with two contents")
	}
	if id, _ := same(item("a", `"1"`, `"2"`), item("a", `"2"`, `"1"`), 2); id {
		t.Error("the order of the id's parts does not count")
	}
	if id, _ := same(item("a", `"12"`, `"3"`), item("a", `"1"`, `"23"`), 2); id {
		t.Error("the border of the id's parts does not count")
	}
	for _, test := range []struct {
		item *rawjson.Item
		n    int
	}{
		{item("a"), 0},
		{item("a"), 1},
		{item("a", "null"), 1},
		{item("a", `"1"`), 2},
		{item("a", `"1"`, "null"), 2},
	} {
		if _, ok := m.fingerprint(test.item, test.n); ok {
			t.Errorf("%q has a fingerprint by %d properties", test.item.ID, test.n)
		}
	}
}

func TestMemoryDoesNotAllocateOnceGrown(t *testing.T) {
	m := newMemory(1000)
	n := 0
	add := func() { m.add(stamp(n, n)); n++ }
	for range 3000 {
		add()
	}
	if allocs := testing.AllocsPerRun(5000, add); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkMemory(b *testing.B) {
	for _, size := range []int{1 << 10, generationSize} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			m := newMemory(size)
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				m.add(stamp(n, n))
				n++
			}
		})
	}
}
