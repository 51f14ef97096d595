package outputstest

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/event"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// Memory is a toy output that is no file: a map in memory, which acknowledges
// what it is given and answers for it. It is its own format and its own output.
type Memory struct {
	// Refuse, if set, says what publishing fails with.
	Refuse func(p place.Place) error

	mu      sync.Mutex
	slices  map[place.Place][]string
	numbers int
}

// Decode implements outputs.Format. A block has no attributes.
func (m *Memory) Decode(b *outputs.Block) (outputs.Output, hcl.Diagnostics) {
	_, diags := b.Body.Content(&hcl.BodySchema{})
	return m, diags
}

// Resolve implements outputs.Output: all slices share the text memory:TENANT.
func (m *Memory) Resolve(p *outputs.Pull) (outputs.Target, hcl.Diagnostics) {
	at := place.New(m.Kind(), "memory:"+p.Tenant.Name, p.Report.Name+" "+p.Window.Label)
	return outputs.Target{Place: at, Definition: "memory", Verbatim: true, Pull: p}, nil
}

// Open implements outputs.Output.
func (m *Memory) Open(_ context.Context, t outputs.Target) (outputs.Writer, error) {
	return &memoryWriter{memory: m, at: t.Place}, nil
}

type memoryWriter struct {
	memory *Memory
	at     place.Place
	events []string
}

func (w *memoryWriter) Write(events []outputs.Event) error {
	for _, e := range events {
		w.events = append(w.events, string(e.Raw))
	}
	return nil
}

func (w *memoryWriter) Stage() (outputs.Receipt, error) {
	return outputs.Receipt{Place: w.at, Rows: int64(len(w.events))}, nil
}

func (w *memoryWriter) Publish() (outputs.Receipt, error) {
	m := w.memory
	if m.Refuse != nil {
		if err := m.Refuse(w.at); err != nil {
			return outputs.Receipt{}, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.slices == nil {
		m.slices = map[place.Place][]string{}
	}
	m.slices[w.at] = w.events
	m.numbers++
	return outputs.Receipt{Place: w.at, Rows: int64(len(w.events)), Promise: outputs.Stored, Ack: fmt.Sprint(m.numbers)}, nil
}

func (w *memoryWriter) Discard() error { return nil }

// Kind is the kind of the places that it answers for.
func (m *Memory) Kind() place.Kind { return "memory" }

// Look begins a look.
func (m *Memory) Look(context.Context) outputs.Look { return memoryLook{m} }

type memoryLook struct{ memory *Memory }

func (l memoryLook) At(r *outputs.Receipt) (place.Condition, error) {
	found, err := l.memory.Verify(context.Background(), r, func(int64) {})
	return found.Condition, err
}

func (memoryLook) Close() {}

// Verify compares the number of rows.
func (m *Memory) Verify(_ context.Context, r *outputs.Receipt, _ func(int64)) (place.Finding, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows, ok := m.slices[r.Place]
	switch {
	case !ok:
		return place.Finding{Condition: place.Missing}, nil
	case int64(len(rows)) != r.Rows:
		return place.Finding{Condition: place.Altered, Err: fmt.Errorf("it has %d rows, recorded are %d", len(rows), r.Rows)}, nil
	}
	return place.Finding{Condition: place.Intact}, nil
}

// Remove forgets a slice.
func (m *Memory) Remove(_ context.Context, r *outputs.Receipt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.slices, r.Place)
	return nil
}

// Reread gives the events of a slice.
func (m *Memory) Reread(_ context.Context, r *outputs.Receipt) iter.Seq2[[]event.Event, error] {
	return func(yield func([]event.Event, error) bool) {
		m.mu.Lock()
		rows := slices.Clone(m.slices[r.Place])
		m.mu.Unlock()
		for _, row := range rows {
			if !yield([]event.Event{*Event(row)}, nil) {
				return
			}
		}
	}
}

// Slices are what is held, by place.
func (m *Memory) Slices() map[place.Place][]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.slices)
}

// Drop loses a slice, as a destination may whose disk is full.
func (m *Memory) Drop(p place.Place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.slices, p)
}

// Stream is a toy output that cannot look at what it wrote: it is held by the
// word of its destination alone.
type Stream struct {
	mu   sync.Mutex
	sent []string
}

// Decode implements outputs.Format. A block has no attributes.
func (s *Stream) Decode(b *outputs.Block) (outputs.Output, hcl.Diagnostics) {
	_, diags := b.Body.Content(&hcl.BodySchema{})
	return s, diags
}

// Resolve implements outputs.Output.
func (s *Stream) Resolve(p *outputs.Pull) (outputs.Target, hcl.Diagnostics) {
	at := place.New("stream", "stream://collector/"+p.Tenant.Name, p.Report.Name+" "+p.Window.Label)
	return outputs.Target{Place: at, Definition: "stream", Pull: p}, nil
}

// Open implements outputs.Output.
func (s *Stream) Open(_ context.Context, t outputs.Target) (outputs.Writer, error) {
	return &streamWriter{stream: s, at: t.Place}, nil
}

type streamWriter struct {
	stream *Stream
	at     place.Place
	events []string
}

func (w *streamWriter) Write(events []outputs.Event) error {
	for _, e := range events {
		w.events = append(w.events, string(e.Raw))
	}
	return nil
}

func (w *streamWriter) Stage() (outputs.Receipt, error) {
	return outputs.Receipt{Place: w.at, Rows: int64(len(w.events))}, nil
}

func (w *streamWriter) Publish() (outputs.Receipt, error) {
	w.stream.mu.Lock()
	defer w.stream.mu.Unlock()
	w.stream.sent = append(w.stream.sent, w.events...)
	return outputs.Receipt{Place: w.at, Rows: int64(len(w.events)), Promise: outputs.Accepted, Ack: fmt.Sprint("batch-", len(w.stream.sent))}, nil
}

func (w *streamWriter) Discard() error { return nil }

// Sent is what went out so far.
func (s *Stream) Sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}
