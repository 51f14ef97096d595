package outputs

import (
	"errors"
	"sync"
)

// Tee writes the same events to several writers, side by side. A writer that
// fails is discarded, and the others go on: what one output cannot take, the
// others hold all the same. It is used by one goroutine.
type Tee struct {
	sinks []sink
}

// sink is one writer of a Tee. It is out once it has failed.
type sink struct {
	writer  Writer
	receipt Receipt
	err     error
}

// OpenTee opens every writer and returns the Tee that owns them.
func OpenTee(open ...func() (Writer, error)) *Tee {
	t := &Tee{sinks: make([]sink, len(open))}
	for i := range t.sinks {
		t.sinks[i].writer, t.sinks[i].err = open[i]()
	}
	return t
}

// Open reports whether a writer is left that has not failed.
func (t *Tee) Open() bool {
	for i := range t.sinks {
		if t.sinks[i].err == nil {
			return true
		}
	}
	return false
}

// Write gives the events to every writer, in their order. Writers work side by
// side; it returns when all are done with the events, and reports whether a
// writer is left.
func (t *Tee) Write(events []Event) (open bool) {
	last := -1
	for i := range t.sinks {
		if t.sinks[i].err == nil {
			last = i
		}
	}
	if last < 0 {
		return false
	}
	var others sync.WaitGroup
	for i := range t.sinks[:last] {
		if s := &t.sinks[i]; s.err == nil {
			others.Go(func() { s.err = s.writer.Write(events) })
		}
	}
	t.sinks[last].err = t.sinks[last].writer.Write(events)
	others.Wait()
	return t.dropFailed()
}

// Stage stages every writer that is left.
func (t *Tee) Stage() { t.each(Writer.Stage) }

// Publish publishes every writer that is left, all of which must have been
// staged.
func (t *Tee) Publish() { t.each(Writer.Publish) }

func (t *Tee) each(step func(Writer) (Receipt, error)) {
	for i := range t.sinks {
		if s := &t.sinks[i]; s.err == nil {
			s.receipt, s.err = step(s.writer)
		}
	}
	t.dropFailed()
}

// dropFailed discards the writers that have failed, and reports whether another
// one is left.
func (t *Tee) dropFailed() (open bool) {
	for i := range t.sinks {
		s := &t.sinks[i]
		if s.err == nil {
			open = true
		} else if s.writer != nil {
			s.err = errors.Join(s.err, s.writer.Discard())
			s.writer = nil
		}
	}
	return open
}

// Result returns what became of a writer, by its number: the receipt of its last
// step, or why it has failed. The writers' own errors name the output and the
// place.
func (t *Tee) Result(i int) (Receipt, error) {
	if err := t.sinks[i].err; err != nil {
		return Receipt{}, err
	}
	return t.sinks[i].receipt, nil
}

// Discard discards every writer that was not published. It may be called at
// any time and more than once.
func (t *Tee) Discard() error {
	var errs []error
	for i := range t.sinks {
		s := &t.sinks[i]
		if s.writer != nil {
			errs = append(errs, s.writer.Discard())
		}
		if s.err == nil {
			s.err = errors.New("the outputs were discarded")
		}
	}
	return errors.Join(errs...)
}
