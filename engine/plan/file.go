package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/reportform/reportform/internal/bom"
)

// Write saves a plan as versioned JSON. Its last member is the digest of
// everything before it, which blanks and ends of lines are no part of. Pulls and
// what is deleted are encoded one at a time: a plan may have millions.
func Write(w io.Writer, p *Plan) error {
	f := newFile(w)
	f.plan(p)
	f.print(",\n  \"digest\": \"" + f.sum() + "\"\n}\n")
	return f.err
}

// Digest returns the digest that a plan has when it is saved.
func Digest(p *Plan) string {
	f := newFile(nil)
	f.plan(p)
	return f.sum()
}

// file writes a plan: indented to w, nil for nobody, and compact into a hash.
type file struct {
	w       io.Writer
	hash    hash.Hash
	encoder *json.Encoder // to compact
	compact bytes.Buffer
	pretty  bytes.Buffer
	err     error
}

func newFile(w io.Writer) *file {
	f := &file{w: w, hash: sha256.New()}
	f.encoder = json.NewEncoder(&f.compact)
	f.encoder.SetEscapeHTML(false)
	return f
}

// plan writes everything before the digest.
func (f *file) plan(p *Plan) {
	type none struct{}
	rest := struct { // all but what is written an element at a time
		*Plan

		Pulls     *none `json:"pulls,omitempty"`
		Deletions *none `json:"deletions,omitempty"`
		Orphans   *none `json:"orphans,omitempty"`
		Digest    *none `json:"digest,omitempty"`
	}{Plan: p}
	f.encode(rest, "")
	if f.err != nil {
		return
	}
	f.mark(bytes.TrimSuffix(f.compact.Bytes(), []byte("}")))
	f.write(bytes.TrimSuffix(f.pretty.Bytes(), []byte("\n}")))
	writeList(f, "pulls", p.Pulls)
	if len(p.Deletions) > 0 {
		writeList(f, "deletions", p.Deletions)
	}
	if len(p.Orphans) > 0 {
		writeList(f, "orphans", p.Orphans)
	}
}

// writeList writes a list as a member.
func writeList[T any](f *file, name string, elements []T) {
	both := func(pretty, compact string) {
		f.print(pretty)
		f.mark([]byte(compact))
	}
	both(",\n  \""+name+"\": [", ",\""+name+"\":[")
	for i := range elements {
		if i > 0 {
			both(",", ",")
		}
		f.encode(&elements[i], "    ")
		f.mark(f.compact.Bytes())
		f.print("\n    ")
		f.write(f.pretty.Bytes())
	}
	if len(elements) > 0 {
		f.print("\n  ")
	}
	both("]", "]")
}

// encode encodes a value into both buffers.
func (f *file) encode(v any, indent string) {
	f.compact.Reset()
	f.pretty.Reset()
	err := f.encoder.Encode(v)
	if err == nil {
		f.compact.Truncate(f.compact.Len() - len("\n"))
	}
	if err == nil && f.w != nil {
		err = json.Indent(&f.pretty, f.compact.Bytes(), indent, "  ")
	}
	if f.err == nil {
		f.err = err
	}
}

func (f *file) print(text string) { f.write([]byte(text)) }

func (f *file) write(text []byte) {
	if f.err == nil && f.w != nil {
		_, f.err = f.w.Write(text)
	}
}

func (f *file) mark(text []byte) { _, _ = f.hash.Write(text) } // a hash takes everything

func (f *file) sum() string { return hex.EncodeToString(f.hash.Sum(nil)) }

// Read loads a saved plan. One of a newer format is refused, and so is one that is
// not what Write wrote. One of version 1 has no Digest, and nobody carries it out.
func Read(r io.Reader) (*Plan, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	data = bom.Text(data)
	var p Plan
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("this is not a saved plan, or it is damaged (%w): make it again with plan -out", err)
	}
	switch {
	case p.Version > FormatVersion:
		return nil, fmt.Errorf("the plan was saved by a newer version of Reportform, %s (format %d, this one reads up to %d): upgrade Reportform, or make the plan again",
			p.Tool, p.Version, FormatVersion)
	case p.Version < 1 || p.Configuration == "":
		return nil, errors.New("this is not a saved plan: make one with plan -out")
	case p.Version == 1:
		p.Digest = ""
	case p.Digest == "" || p.Digest != digestOf(data):
		return nil, errors.New("the plan was edited or damaged since it was saved: it is not what its digest says; make it again with plan -out")
	}
	return &p, nil
}

// Carried returns an error for a plan of a format that is not carried out.
func (h *Header) Carried() error {
	if h.Version == FormatVersion {
		return nil
	}
	return fmt.Errorf("the plan was saved in format %d, by version %s, without a digest that would show whether it was edited since: make it again with plan -out",
		h.Version, h.Tool)
}

// digestOf is the digest of what stands before the digest of a saved plan; empty
// where that is not its last member.
func digestOf(data []byte) string {
	at := max(0, bytes.LastIndex(data, []byte(`"digest"`)))
	before, ok := bytes.CutSuffix(bytes.TrimRight(data[:at], " \t\r\n"), []byte(","))
	last := struct {
		Digest string `json:"digest"`
	}{}
	if err := json.Unmarshal(append([]byte("{"), data[at:]...), &last); !ok || err != nil || bytes.Count(data[at:], []byte(":")) != 1 {
		return ""
	}
	h := sha256.New()
	hashCompact(h, before)
	return hex.EncodeToString(h.Sum(nil))
}

// hashCompact hashes JSON without the blanks between its tokens.
func hashCompact(h hash.Hash, data []byte) {
	start, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			_, _ = h.Write(data[start:i]) // a hash takes everything
			start = i + 1
		}
	}
	_, _ = h.Write(data[start:])
}

// Empty reports whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Pulls)+len(p.Deletions)+len(p.Protections) == 0 }

// Add joins the shares of some Wants to the plan, and takes their pulls away
// from them. It makes room for those of the Wants to come, which are more times
// as many as all up to now.
func (p *Plan) Add(parts []Part, more float64) {
	pulls := len(p.Pulls)
	for i := range parts {
		pulls += len(parts[i].Pulls)
	}
	if pulls > cap(p.Pulls) {
		p.Pulls = slices.Grow(p.Pulls, int(float64(pulls)*(1+more))-len(p.Pulls))
	}
	for i := range parts {
		part := &parts[i]
		p.Pulls = append(p.Pulls, part.Pulls...)
		p.Deletions = append(p.Deletions, part.Deletions...)
		p.Orphans = append(p.Orphans, part.Orphans...)
		p.Protections = append(p.Protections, part.Protections...)
		p.Lost = append(p.Lost, part.Lost...)
		p.Waiting = append(p.Waiting, part.Waiting...)
		p.Held += part.Held
		part.Pulls = nil
	}
}
