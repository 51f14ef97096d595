package store

import (
	"context"
	"strconv"
	"sync"

	"github.com/reportform/reportform/engine/ledger"
)

// memory is a backend that forgets. It counts what is asked of it.
type memory struct {
	mu      sync.Mutex
	objects map[ledger.Key]object
	next    int
	written int // bytes
	puts    int
	// before, if set, runs before each put, as another process might.
	before func(ledger.Key)
}

type object struct {
	data    []byte
	version ledger.Version
}

func newMemory() *memory { return &memory{objects: map[ledger.Key]object{}} }

func (m *memory) Get(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.objects[key]
	return o.data, o.version, ctx.Err()
}

func (m *memory) Put(_ context.Context, key ledger.Key, data []byte, old ledger.Version) (ledger.Version, error) {
	if before := m.before; before != nil {
		m.before = nil
		before(key)
		m.before = before
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.objects[key].version != old {
		return "", ledger.ErrConflict
	}
	m.next++
	m.puts++
	m.written += len(data)
	o := object{append([]byte{}, data...), ledger.Version(strconv.Itoa(m.next))}
	m.objects[key] = o
	return o.version, nil
}

func (m *memory) Delete(_ context.Context, key ledger.Key, old ledger.Version) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.objects[key].version != old {
		return ledger.ErrConflict
	}
	delete(m.objects, key)
	return nil
}

func (m *memory) List(context.Context) ([]ledger.Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []ledger.Key
	for key := range m.objects {
		keys = append(keys, key)
	}
	return keys, nil
}

// staleOnce answers the first Get with an object that has been replaced since,
// as a reader meets it that is slower than a writer.
type staleOnce struct {
	*memory
	stale object
	told  bool
}

func (s *staleOnce) Get(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	if !s.told {
		s.told = true
		return s.stale.data, s.stale.version, nil
	}
	return s.memory.Get(ctx, key)
}

// lostAnswer carries out the first Put of a head, lets another process work
// meanwhile, and then answers as to one that came too late.
type lostAnswer struct {
	*memory
	meanwhile func()
}

func (l *lostAnswer) Put(ctx context.Context, key ledger.Key, data []byte, old ledger.Version) (ledger.Version, error) {
	version, err := l.memory.Put(ctx, key, data, old)
	if err == nil && key.Page == "" && l.meanwhile != nil {
		meanwhile := l.meanwhile
		l.meanwhile = nil
		meanwhile()
		return "", ledger.ErrConflict
	}
	return version, err
}
