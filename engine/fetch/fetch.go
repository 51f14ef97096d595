// Package fetch is what sources have in common: the spans that they are asked
// for, what they count, and the errors of the service. A source knows nothing of
// configuration, state or outputs; each kind is a folder of its own.
package fetch

import (
	"context"
	"iter"
	"time"

	"github.com/reportform/reportform/internal/event"
)

// Span is a half-open interval of time, From included and To not; both zero
// for a snapshot.
type Span struct{ From, To time.Time }

// String names the span in messages.
func (s Span) String() string {
	if s.To.IsZero() {
		return "the snapshot"
	}
	return moment(s.From) + " to " + moment(s.To)
}

// moment is a time in UTC, with a fraction only where there is one.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.9999999Z") }

// Source is where the events of one report of one tenant come from.
type Source interface {
	// Events yields the events of a span, some at a time, and counts them in
	// stats: that is up to date whenever something is yielded, so that whoever
	// ranges can say how far it is. A batch may be used until the next one is
	// asked for. It may be empty, which says that the source is still at work.
	//
	// An error ends the events: it is yielded once, without events, and what was
	// yielded before is then not all. It is a *ServiceError, wrapped, where the
	// service refused, failed or sent something unusable; one that wraps ctx's
	// error after ctx has ended; or another that says what is wrong.
	//
	// Nothing of it outlives the range. It may be called many times, also at once.
	Events(ctx context.Context, s Span, stats *Stats) iter.Seq2[[]event.Event, error]
}

// Stats counts what a pull read. It is written by the goroutine that ranges
// over the events, between batches. What is read a second time, because a slice
// had to be read again, counts in Requests, Pages, Bytes and Outside, but its
// events count once.
type Stats struct {
	Requests  int64     // pages asked for, retries by the transport not included
	Pages     int64     // pages that came whole
	Events    int64     // events yielded
	Bytes     int64     // bytes of the pages
	Repeated  int64     // events dropped because an earlier page had them, byte for byte
	Revisions int64     // events yielded under an id that came before with other content
	Outside   int64     // events dropped because their time lies outside the slice, by more than a second
	Untimed   int64     // events yielded although their time is absent or unreadable
	First     time.Time // earliest event time, zero where events have none
	Last      time.Time // latest event time
	// FirstRequestID and LastRequestID are the service's request-id of the
	// first and the last page.
	FirstRequestID, LastRequestID string
}
