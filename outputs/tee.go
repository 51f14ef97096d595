package outputs

import (
	"errors"
	"sync"
)

// Tee writes the same events to several writers, side by side. The first error discards all
// of them, and every later call returns that error; the writers' own errors
// name the output and the path. It is used by one goroutine.
type Tee struct {
	writers []Writer
	err     error
}

// NewTee returns a Tee that owns the writers.
func NewTee(writers ...Writer) *Tee { return &Tee{writers: writers} }

// Write gives the events to every writer, in their order. Writers work side by
// side; it returns when all are done with the events.
func (t *Tee) Write(events []Event) error {
	if t.err != nil {
		return t.err
	}
	errs := make([]error, len(t.writers))
	var others sync.WaitGroup
	for i := range t.writers {
		if i == len(t.writers)-1 {
			errs[i] = t.writers[i].Write(events)
			break
		}
		others.Go(func() { errs[i] = t.writers[i].Write(events) })
	}
	others.Wait()
	for _, err := range errs {
		if err != nil {
			return t.fail(err)
		}
	}
	return nil
}

// Stage stages every writer and returns their receipts, in the order of the
// writers.
func (t *Tee) Stage() ([]Receipt, error) { return t.each(Writer.Stage) }

// Publish publishes every writer and returns their receipts, in the order of
// the writers. Every writer must have been staged. If it fails, the writers
// before the one that failed are published and stay so.
func (t *Tee) Publish() ([]Receipt, error) { return t.each(Writer.Publish) }

func (t *Tee) each(step func(Writer) (Receipt, error)) ([]Receipt, error) {
	if t.err != nil {
		return nil, t.err
	}
	receipts := make([]Receipt, 0, len(t.writers))
	for _, w := range t.writers {
		receipt, err := step(w)
		if err != nil {
			return nil, t.fail(err)
		}
		receipts = append(receipts, receipt)
	}
	return receipts, nil
}

// Discard discards every writer that was not published. It may be called at
// any time and more than once.
func (t *Tee) Discard() error {
	if t.err == nil {
		t.err = errors.New("the outputs were discarded")
	}
	var errs []error
	for _, w := range t.writers {
		errs = append(errs, w.Discard())
	}
	return errors.Join(errs...)
}

func (t *Tee) fail(err error) error {
	t.err = err
	return errors.Join(err, t.Discard())
}
