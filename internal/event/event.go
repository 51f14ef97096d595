// Package event has the one value that goes from sources to outputs.
package event

import "time"

// Event is one event as the service sent it.
type Event struct {
	// Raw is the JSON object, byte for byte: complete and valid JSON in valid
	// UTF-8. It may be used until the next batch is asked for, and must not be
	// changed.
	Raw []byte
	// OneLine reports that Raw holds no line break, so that it can stand on a
	// line of its own as it is.
	OneLine bool
	// Time is the event's own time, in UTC; zero for one that has none, or none
	// that can be read.
	Time time.Time
}
