package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Encode returns the ledger as JSON, one entry a line, equal for equal ledgers.
func (l *Ledger) Encode() ([]byte, error) {
	var buf bytes.Buffer
	head, err := json.Marshal(struct {
		Version int    `json:"version"`
		Tenant  string `json:"tenant"`
		Report  string `json:"report"`
	}{FormatVersion, l.Tenant, l.Report})
	if err != nil {
		return nil, err
	}
	buf.Write(head[:len(head)-1])
	err = errors.Join(
		encodeList(&buf, "held", l.Held),
		encodeList(&buf, "failed", l.Failed),
		encodeList(&buf, "left", l.Left))
	buf.WriteString("\n}\n")
	return buf.Bytes(), err
}

func encodeList[T any](buf *bytes.Buffer, name string, list []T) error {
	if len(list) == 0 && name != "held" {
		return nil
	}
	fmt.Fprintf(buf, ",\n%q: [", name)
	for i, entry := range list {
		if i > 0 {
			buf.WriteByte(',')
		}
		buf.WriteByte('\n')
		data, err := json.Marshal(entry)
		if err != nil {
			return err
		}
		buf.Write(data)
	}
	buf.WriteByte(']')
	return nil
}

// Decode reads what Encode wrote. A ledger that is cut off, was written by a
// newer version, or does not make sense is an error that says what to do.
func Decode(data []byte) (*Ledger, error) {
	const remedy = "restore it from a backup, or remove it to fetch its slices again"
	if Encrypted(data) {
		return nil, errors.New("it is encrypted with age: declare the key in the state block, with encryption { identity = ... }")
	}
	var l Ledger
	if err := json.Unmarshal(data, &l); err != nil {
		return nil, fmt.Errorf("it is damaged (%w): %s", err, remedy)
	}
	if l.Version > FormatVersion {
		return nil, fmt.Errorf("it was written by a newer version of Reportform (format %d, this one reads up to %d): upgrade Reportform", l.Version, FormatVersion)
	}
	if l.Version < 1 || l.Tenant == "" || l.Report == "" {
		return nil, fmt.Errorf("it is damaged (version, tenant or report is missing): %s", remedy)
	}
	for _, h := range l.Held {
		if h.Output == "" || h.Path == "" || !h.From.Before(h.To) {
			return nil, fmt.Errorf("it is damaged (an entry of output %q has no path or an empty slice): %s", h.Output, remedy)
		}
	}
	// An edited file may be out of order; everything else relies on it.
	slices.SortFunc(l.Held, func(a, b Held) int { return compareSlice(a.Output, a.From, a.To, b.Output, b.From, b.To) })
	slices.SortFunc(l.Failed, func(a, b Failed) int { return compareSlice(a.Output, a.From, a.To, b.Output, b.From, b.To) })
	return &l, nil
}

// Encrypted reports whether stored bytes are an age file.
func Encrypted(data []byte) bool { return bytes.HasPrefix(data, []byte("age-encryption.org/")) }
