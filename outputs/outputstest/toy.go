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
// what it is given and answers for it. It is its own format and its own output,
// and a block has no attributes.
type Memory struct {
	// Refuse, if set, says what publishing fails with.
	Refuse func(p place.Place) error

	mu     sync.Mutex
	slices map[place.Place][]string
	acks   int
}

// Decode implements outputs.Format.
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
	return &toyWriter{receipt: outputs.Receipt{Place: t.Place}, publish: m.publish}, nil
}

func (m *Memory) publish(r *outputs.Receipt, events []string) error {
	if m.Refuse != nil {
		if err := m.Refuse(r.Place); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.slices == nil {
		m.slices = map[place.Place][]string{}
	}
	m.slices[r.Place] = events
	m.acks++
	r.Promise, r.Ack = outputs.Stored, fmt.Sprint(m.acks)
	return nil
}

// Kind is the kind of the places that it answers for.
func (m *Memory) Kind() place.Kind { return "memory" }

// Look begins a look.
func (m *Memory) Look(context.Context) outputs.Look { return memoryLook{m} }

type memoryLook struct{ *Memory }

func (l memoryLook) At(r *outputs.Receipt) (place.Condition, error) {
	rows, ok := l.Slices()[r.Place]
	switch {
	case !ok:
		return place.Missing, nil
	case int64(len(rows)) != r.Rows:
		return place.Altered, nil
	}
	return place.Intact, nil
}

func (memoryLook) Close() {}

// Verify compares the number of rows.
func (m *Memory) Verify(_ context.Context, r *outputs.Receipt, _ func(int64)) (place.Finding, error) {
	found, err := memoryLook{m}.At(r)
	return place.Finding{Condition: found}, err
}

// Remove forgets a slice.
func (m *Memory) Remove(_ context.Context, r *outputs.Receipt) error {
	if found, _ := (memoryLook{m}).At(r); found == place.Altered {
		return outputs.ErrAltered
	}
	m.Drop(r.Place)
	return nil
}

// Reread gives the events of a slice.
func (m *Memory) Reread(_ context.Context, r *outputs.Receipt) iter.Seq2[[]event.Event, error] {
	return func(yield func([]event.Event, error) bool) {
		for _, row := range m.Slices()[r.Place] {
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
// word of its destination alone. A block has no attributes.
type Stream struct {
	mu   sync.Mutex
	sent []string
}

// Decode implements outputs.Format.
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
	return &toyWriter{receipt: outputs.Receipt{Place: t.Place}, publish: s.publish}, nil
}

func (s *Stream) publish(r *outputs.Receipt, events []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, events...)
	r.Promise, r.Ack = outputs.Accepted, fmt.Sprint("batch-", len(s.sent))
	return nil
}

// Sent is what went out so far.
func (s *Stream) Sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// toyWriter keeps events in memory until they are published.
type toyWriter struct {
	receipt outputs.Receipt
	events  []string
	publish func(r *outputs.Receipt, events []string) error
}

func (w *toyWriter) Write(events []outputs.Event) error {
	for _, e := range events {
		w.events = append(w.events, string(e.Raw))
	}
	w.receipt.Rows = int64(len(w.events))
	return nil
}

func (w *toyWriter) Stage() (outputs.Receipt, error) { return w.receipt, nil }

func (w *toyWriter) Publish() (outputs.Receipt, error) {
	err := w.publish(&w.receipt, w.events)
	return w.receipt, err
}

func (w *toyWriter) Discard() error { return nil }
