// Package place has the words for where an output keeps a slice, and for what
// is found there. Outputs give them their meaning; ledgers and plans compare
// and record them.
package place

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// Place is where an output keeps one slice: a file, an object, rows of a table,
// a part of a stream. It means something to the output alone; what everybody
// may do is to compare two with ==, to record one, and to show its Text.
//
// Equal Places are one place: what is written to it later takes the place of
// what was there. The Console is the exception: everything may go there, and
// nothing stays. Different Places may be one as well, such as two names that a
// file system takes for one: then their output has a key for them.
//
// As JSON a file is its path, and any other Place an object of kind, text and
// part.
type Place string // a path, or what New makes

// Console is standard output.
const Console Place = "-"

// Kind is a sort of place, as a stable word. Outputs may have kinds of their
// own.
type Kind string

// The kinds that are known without the block of an output.
const (
	// File is a file of this machine. Its text is the path: relative to the
	// configuration's directory, with slashes, where the file lies below it;
	// otherwise absolute.
	File Kind = "file"
	// Standard is standard output.
	Standard Kind = "console"
)

// separator begins a Place that is no path, and divides it.
const separator = "\x00"

// New returns the Place of a kind with a text that names it to people, such as a
// path, a URL or a table. part tells the slices apart that share a text, as rows
// of one table do; it is empty where the text is the slice's own. None of them
// may hold a NUL.
func New(kind Kind, text, part string) Place {
	switch {
	case kind == File && part == "":
		return Place(text)
	case kind == Standard:
		return Console
	}
	return Place(separator + string(kind) + separator + text + separator + part)
}

// Kind is the sort of the place.
func (p Place) Kind() Kind {
	if p == Console {
		return Standard
	}
	kind, _, _ := p.parts()
	return kind
}

// Text names the place to people.
func (p Place) Text() string {
	_, text, _ := p.parts()
	return text
}

// Part tells the slice apart from others with this Text; mostly empty.
func (p Place) Part() string {
	_, _, part := p.parts()
	return part
}

func (p Place) parts() (kind Kind, text, part string) {
	if !strings.HasPrefix(string(p), separator) {
		return File, string(p), ""
	}
	first, rest, _ := strings.Cut(string(p[len(separator):]), separator)
	text, part, _ = strings.Cut(rest, separator)
	return Kind(first), text, part
}

// IsFile reports whether the place is a file of this machine.
func (p Place) IsFile() bool { return p != Console && !strings.HasPrefix(string(p), separator) }

// Stays reports whether anything is there after it was written.
func (p Place) Stays() bool { return p != Console }

// String names the place to people, with its Part.
func (p Place) String() string {
	if part := p.Part(); part != "" {
		return p.Text() + " " + part
	}
	return p.Text()
}

// object is a Place that is no path, as JSON.
type object struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text"`
	Part string `json:"part,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (p Place) MarshalJSON() ([]byte, error) {
	kind, text, part := p.parts()
	if kind == File && part == "" {
		return json.Marshal(text)
	}
	return json.Marshal(object{kind, text, part})
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Place) UnmarshalJSON(data []byte) error {
	var o object
	var err error
	if bytes.HasPrefix(data, []byte(`{`)) {
		err = json.Unmarshal(data, &o)
	} else {
		o.Kind = File
		err = json.Unmarshal(data, &o.Text)
	}
	if err != nil {
		return err
	}
	if o.Kind == "" || strings.Contains(string(o.Kind)+o.Text+o.Part, separator) {
		return errors.New("a place lacks its kind, or has a NUL")
	}
	*p = New(o.Kind, o.Text, o.Part)
	return nil
}
