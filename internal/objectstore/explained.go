package objectstore

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
)

// Explained is an error in words for a user: what is wrong and what to do. It
// shows nothing else of the error that it stands for, which may quote signed URLs.
type Explained struct {
	Why string
	Err error
}

func (e *Explained) Error() string { return e.Why }
func (e *Explained) Unwrap() error { return e.Err }

// Explain returns the Explained of an error, Why formatted.
func Explain(err error, why string, args ...any) error {
	return &Explained{fmt.Sprintf(why, args...), err}
}

// Unanswered returns the Explained of an error that came in place of an answer:
// the network's, where it has one, otherwise the library's own. block is a
// Block's Name.
func Unanswered(err error, endpoint, block string) error {
	cause := err
	var request *url.Error
	if errors.As(err, &request) {
		cause = request.Err // the error itself quotes the URL, with its signature
	}
	var network net.Error
	var lookup *net.DNSError
	switch {
	case errors.As(cause, &lookup) && lookup.IsNotFound:
		return Explain(err, "the host of %s does not exist: correct %s, or the network's settings", endpoint, block)
	case request != nil, errors.As(cause, &network), errors.Is(cause, io.ErrUnexpectedEOF), errors.Is(cause, io.EOF):
		return Explain(err, "%s cannot be reached (%v): check the endpoint, the network and its proxy, then try again", endpoint, cause)
	}
	return Explain(err, "%s gave no answer (%v)", endpoint, cause)
}
