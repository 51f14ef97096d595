package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reportform/reportform/internal/bom"
	"github.com/reportform/reportform/internal/rawjson"
)

// NewerError says that a newer version of Reportform wrote what was read.
type NewerError struct{ Format, Known int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("it was written by a newer version of Reportform (format %d, this one reads up to %d): upgrade Reportform", e.Format, e.Known)
}

// Remedy is what to do about a ledger that cannot be read.
const Remedy = "restore it from a backup (state push -force FILE), or remove it (state rm REPORT TENANT) to fetch its slices again"

// UnreadableError says that what is stored is not the ledger, or the page, that
// it should be: it is damaged, another's, or encrypted with an unknown key.
// Err says what to do.
type UnreadableError struct {
	Err error
	// Version is that of what is stored, where a backend returns the error.
	Version Version
}

func (e *UnreadableError) Error() string { return e.Err.Error() }

func (e *UnreadableError) Unwrap() error { return e.Err }

// KeyError says that what is stored does not go with the encryption that the
// configuration declares. It is in an *UnreadableError.
type KeyError struct{ Err error }

func (e *KeyError) Error() string { return e.Err.Error() }

func (e *KeyError) Unwrap() error { return e.Err }

func damaged(err error) error {
	if newer, ok := errors.AsType[*NewerError](err); ok {
		return newer
	}
	return &UnreadableError{Err: fmt.Errorf("it is damaged (%w): %s", err, Remedy)}
}

// Reference names a page in a head.
type Reference struct {
	Name    string `json:"name"`
	Entries int    `json:"entries"`
	SHA256  string `json:"sha256"`
}

// dropping is a slot in a head.
type dropping struct {
	Output string    `json:"output"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
}

// head is a ledger's stored object, less what stands in it by columns.
type head struct {
	Version  int          `json:"version"`
	Tenant   string       `json:"tenant"`
	Report   string       `json:"report"`
	Keeper   string       `json:"keeper,omitempty"`
	Pages    []Reference  `json:"pages,omitempty"`
	Dropped  []dropping   `json:"dropped,omitempty"`
	Failed   []Failed     `json:"failed,omitempty"`
	Left     []Left       `json:"left,omitempty"`
	Reach    *Reach       `json:"reach,omitempty"`
	Skew     *Skew        `json:"skew,omitempty"`
	Lateness *Lateness    `json:"lateness,omitempty"`
	Accepted []Acceptance `json:"accepted,omitempty"`
	Deleted  []Deletion   `json:"deleted,omitempty"`

	Expiry    string `json:"expiry,omitempty"`
	Protected bool   `json:"protected,omitempty"`
}

// Encode returns the ledger's head, whose bytes are equal for ledgers that hold
// equal things in equal pages. Entries that go into new pages are given to store
// before, which returns the name of each.
func (l *Ledger) Encode(store func(page []byte) (name string, err error)) ([]byte, error) {
	if err := l.ordered(); err != nil {
		return nil, err
	}
	l.fold()
	for i, p := range l.pages {
		if p.name != "" {
			continue
		}
		data, err := appendColumns(nil, p.held)
		if err != nil {
			return nil, err
		}
		data = append(data, '\n')
		name, err := store(data)
		if err != nil {
			return nil, err
		}
		if l.pages[i], err = readPage(name, data, digest(data)); err != nil {
			return nil, err
		}
	}
	return l.appendHead(nil)
}

// appendHead appends the ledger's head: equal for ledgers that hold equal
// things in equal pages. Every page has a name.
func (l *Ledger) appendHead(dst []byte) ([]byte, error) {
	h := head{
		Version: FormatVersion, Tenant: l.Tenant, Report: l.Report, Keeper: l.Keeper, Failed: l.Failed, Left: l.Left,
		Reach: l.Reach, Skew: l.Skew, Lateness: l.Lateness, Accepted: l.Accepted, Deleted: l.Deleted, Expiry: l.Expiry, Protected: l.Protected,
	}
	for _, p := range l.pages {
		h.Pages = append(h.Pages, Reference{p.name, len(p.held), p.sum})
	}
	for _, s := range l.dropped {
		h.Dropped = append(h.Dropped, dropping{s.output, s.from, s.to})
	}
	data, err := json.Marshal(h)
	if err != nil {
		return dst, err
	}
	dst = append(dst, data[:len(data)-1]...)
	dst = append(dst, ",\n\"held\":"...)
	dst, err = appendColumns(dst, l.recent)
	return append(dst, "}\n"...), err
}

// ReadHead reads a ledger's head, of this version or an older one. The ledger has
// no pages yet: refs names them, and Join adds them.
func ReadHead(data []byte) (l *Ledger, refs []Reference, err error) {
	data = bom.Trim(data)
	if Encrypted(data) {
		return nil, nil, errors.New("it is encrypted with age: declare the key in the state block, with encryption { identity = ... }")
	}
	if err := rawjson.Valid(data); err != nil {
		return nil, nil, damaged(err)
	}
	version := storedVersion(data)
	switch {
	case version > FormatVersion:
		return nil, nil, &NewerError{int(version), FormatVersion}
	case version == 1:
		l, err = readFirstVersion(data)
	case version >= 2:
		l, refs, err = readColumnsHead(data)
	default:
		err = errors.New("the version is missing")
	}
	if err != nil {
		return nil, nil, damaged(err)
	}
	return l, refs, nil
}

// storedVersion returns the version that valid JSON says it has, 0 for none. It
// is the first member of what this package writes.
func storedVersion(data []byte) int64 {
	c := rawjson.NewCursor(data)
	if c.Kind() == rawjson.Object {
		c.Enter()
		if key, ok := c.NextKey(); ok && string(key) == "version" {
			version, _ := c.Int()
			return version
		}
	}
	version, _ := parseNumber(rawjson.Lookup(data, "version"))
	return version
}

// readFirstVersion reads version 1, which stored Documents.
func readFirstVersion(data []byte) (*Ledger, error) {
	d, err := ReadDocument(data)
	if err != nil {
		return nil, err
	}
	return d.Ledger()
}

// readColumnsHead reads a version from 2 on: version 3 has members and columns
// that version 2 lacks. Members that are mostly absent are left to
// the standard library.
func readColumnsHead(data []byte) (*Ledger, []Reference, error) {
	l, refs := &Ledger{}, []Reference(nil)
	var dropped []dropping
	found := false
	c := rawjson.NewCursor(data)
	if c.Kind() != rawjson.Object {
		return nil, nil, errors.New("it is no object")
	}
	c.Enter()
	for key, ok := c.NextKey(); ok; key, ok = c.NextKey() {
		var err error
		switch string(key) {
		case "version":
			c.Value()
		case "tenant":
			l.Tenant = string(rawjson.AppendString(nil, c.Value()))
		case "report":
			l.Report = string(rawjson.AppendString(nil, c.Value()))
		case "keeper":
			l.Keeper = string(rawjson.AppendString(nil, c.Value()))
		case "pages":
			refs, err = readReferences(c.Value())
		case "dropped":
			err = json.Unmarshal(c.Value(), &dropped)
		case "failed":
			err = json.Unmarshal(c.Value(), &l.Failed)
		case "left":
			err = json.Unmarshal(c.Value(), &l.Left)
		case "reach":
			err = json.Unmarshal(c.Value(), &l.Reach)
		case "skew":
			err = json.Unmarshal(c.Value(), &l.Skew)
		case "lateness":
			err = json.Unmarshal(c.Value(), &l.Lateness)
		case "accepted":
			err = json.Unmarshal(c.Value(), &l.Accepted)
		case "deleted":
			err = json.Unmarshal(c.Value(), &l.Deleted)
		case "expiry":
			l.Expiry = string(rawjson.AppendString(nil, c.Value()))
		case "protected":
			err = json.Unmarshal(c.Value(), &l.Protected)
		case "held":
			p := &Page{}
			err = p.read(&c)
			l.recent, l.shared, found = p.held, true, true
		default:
			err = fmt.Errorf("it has an unknown member %q", key)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if l.Tenant == "" || l.Report == "" || !found {
		return nil, nil, errors.New("tenant, report or held is missing")
	}
	for _, d := range dropped {
		l.dropped = append(l.dropped, slot{d.Output, d.From, d.To})
	}
	return l, refs, nil
}

// readReferences reads the names of pages. Other names than pageName makes could
// lead elsewhere.
func readReferences(data []byte) (refs []Reference, err error) {
	if err := json.Unmarshal(data, &refs); err != nil {
		return nil, err
	}
	for _, ref := range refs {
		if ref.Name == "" || strings.Trim(ref.Name, "0123456789abcdefghijklmnopqrstuvwxyz-") != "" {
			return nil, fmt.Errorf("%q is no name of a page", ref.Name)
		}
	}
	return refs, nil
}

// Check reports whether everything that the head was read from makes sense, the
// proofs included, which are otherwise read when they are asked for.
func (l *Ledger) Check() error {
	var last *Page
	for i := range l.recent {
		if p := l.recent[i].page; p != nil && p != last {
			last = p
			if err := p.check(); err != nil {
				return damaged(err)
			}
		}
	}
	return nil
}

// Encrypted reports whether stored bytes are an age file.
func Encrypted(data []byte) bool { return bytes.HasPrefix(data, []byte("age-encryption.org/")) }
