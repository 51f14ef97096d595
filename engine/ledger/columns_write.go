package ledger

import (
	"fmt"
	"strconv"
	"time"

	"github.com/reportform/reportform/internal/rawjson"
)

// appendColumns appends a run of entries, which are in order, by columns. A
// time that 64 bits of nanoseconds cannot hold is an error.
func appendColumns(dst []byte, held []Held) ([]byte, error) {
	w := columnWriter{dst: dst, held: held, proofs: make([]Proof, len(held))}
	for i := range held {
		w.proofs[i] = held[i].Proof()
		if h, p := &held[i], &w.proofs[i]; !storable(h.From) || !storable(h.To) ||
			!storableOrNone(h.Modified, p.First, p.Last, p.FetchedAt, p.DerivedAt) {
			return dst, fmt.Errorf("the entry of %s from %s has a time that cannot be stored", h.Output, h.From.Format(time.RFC3339))
		}
	}
	w.dst = append(w.dst, `{"entries":`...)
	w.dst = strconv.AppendInt(w.dst, int64(len(held)), 10)
	if len(held) > 0 {
		w.entries()
		w.proof()
	}
	return append(w.dst, '}'), nil
}

// storable reports whether a time lies in years that are near enough to each
// other for 64 bits of nanoseconds to say how far.
func storable(t time.Time) bool { return t.Year() >= 1900 && t.Year() < 2180 }

// storableOrNone reports whether times are storable or zero.
func storableOrNone(times ...time.Time) bool {
	for _, t := range times {
		if !t.IsZero() && !storable(t) {
			return false
		}
	}
	return true
}

type columnWriter struct {
	dst    []byte
	held   []Held
	proofs []Proof
}

// null stands for the zero time in a column of numbers.
const null = -1 << 63

func (w *columnWriter) entries() {
	var outputs, digests dictionary
	which, kind := make([]int64, len(w.held)), make([]int64, len(w.held))
	for i := range w.held {
		which[i], kind[i] = outputs.index(w.held[i].Output), digests.index(w.held[i].Definition)
	}
	w.list(addresses, outputs.words)
	w.list(definitions, digests.words)
	w.numbers(output, func(i int) int64 { return which[i] })
	w.numbers(gap, func(i int) int64 {
		if i == 0 {
			return w.held[0].From.UnixNano()
		}
		return int64(w.held[i].From.Sub(w.held[i-1].To))
	})
	w.numbers(length, func(i int) int64 { return int64(w.held[i].To.Sub(w.held[i].From)) })
	w.numbers(definition, func(i int) int64 { return kind[i] })
	lead, tail := common(w.held)
	w.text(prefix, lead)
	w.text(suffix, tail)
	w.texts(path, func(i int) string { p := w.held[i].Path; return p[len(lead) : len(p)-len(tail)] })
	w.numbers(size, func(i int) int64 { return w.held[i].Bytes })
	w.numbers(modified, func(i int) int64 { return since(w.held[i].To, w.held[i].Modified) })
	w.numbers(final, func(i int) int64 { return flag(w.held[i].Final) })
	w.numbers(revisited, func(i int) int64 { return flag(w.held[i].Revisited) })
}

func (w *columnWriter) proof() {
	w.numbers(rows, func(i int) int64 { return w.proofs[i].Rows })
	w.texts(sha256sum, func(i int) string { return w.proofs[i].SHA256 })
	w.numbers(first, func(i int) int64 { return since(w.held[i].From, w.proofs[i].First) })
	w.numbers(last, func(i int) int64 { return since(w.held[i].From, w.proofs[i].Last) })
	w.numbers(pageCount, func(i int) int64 { return w.proofs[i].Pages })
	w.numbers(requests, func(i int) int64 { return w.proofs[i].Requests })
	w.numbers(repeated, func(i int) int64 { return w.proofs[i].Repeated })
	w.numbers(revisions, func(i int) int64 { return w.proofs[i].Revisions })
	w.numbers(outside, func(i int) int64 { return w.proofs[i].Outside })
	w.texts(firstID, func(i int) string { return w.proofs[i].FirstID })
	w.texts(lastID, func(i int) string { return w.proofs[i].LastID })
	w.numbers(fetched, func(i int) int64 { return since(w.held[i].To, w.proofs[i].FetchedAt) })
	w.numbers(took, func(i int) int64 { return int64(w.proofs[i].Took) })
	w.numbers(waited, func(i int) int64 { return int64(w.proofs[i].Waited) })
	w.texts(derived, func(i int) string { return w.proofs[i].Derived })
	w.numbers(derivedAt, func(i int) int64 {
		if w.proofs[i].Derived == "" {
			return 0
		}
		return since(w.held[i].To, w.proofs[i].DerivedAt)
	})
}

// member begins a column, each on a line of its own.
func (w *columnWriter) member(which column) {
	w.dst = append(w.dst, ',', '\n')
	w.dst = rawjson.AppendQuoted(w.dst, columnNames()[which])
	w.dst = append(w.dst, ':')
}

func (w *columnWriter) numbers(which column, value func(i int) int64) {
	write := func(n int64) {
		if n == null {
			w.dst = append(w.dst, "null"...)
		} else {
			w.dst = strconv.AppendInt(w.dst, n, 10)
		}
	}
	one := value(0)
	shared := true
	for i := 1; i < len(w.held) && shared; i++ {
		shared = value(i) == one
	}
	if shared {
		if one != 0 {
			w.member(which)
			write(one)
		}
		return
	}
	w.member(which)
	for i := range w.held {
		w.dst = append(w.dst, separator(i))
		write(value(i))
	}
	w.dst = append(w.dst, ']')
}

func (w *columnWriter) texts(which column, value func(i int) string) {
	one := value(0)
	shared := true
	for i := 1; i < len(w.held) && shared; i++ {
		shared = value(i) == one
	}
	if shared {
		w.text(which, one)
		return
	}
	w.member(which)
	for i := range w.held {
		w.dst = append(w.dst, separator(i))
		w.dst = rawjson.AppendQuoted(w.dst, value(i))
	}
	w.dst = append(w.dst, ']')
}

func (w *columnWriter) text(which column, value string) {
	if value == "" {
		return
	}
	w.member(which)
	w.dst = rawjson.AppendQuoted(w.dst, value)
}

func (w *columnWriter) list(which column, words []string) {
	w.member(which)
	for i, word := range words {
		w.dst = append(w.dst, separator(i))
		w.dst = rawjson.AppendQuoted(w.dst, word)
	}
	w.dst = append(w.dst, ']')
}

func separator(i int) byte {
	if i == 0 {
		return '['
	}
	return ','
}

// since is the time from base to t, null for the zero time.
func since(base, t time.Time) int64 {
	if t.IsZero() {
		return null
	}
	return int64(t.Sub(base))
}

func flag(set bool) int64 {
	if set {
		return 1
	}
	return 0
}

// dictionary numbers words in the order in which they come.
type dictionary struct {
	words []string
	known map[string]int64
}

func (d *dictionary) index(word string) int64 {
	if n := len(d.words); n > 0 && d.words[n-1] == word {
		return int64(n - 1)
	}
	if i, ok := d.known[word]; ok {
		return i
	}
	if d.known == nil {
		d.known = map[string]int64{}
	}
	i := int64(len(d.words))
	d.known[word] = i
	d.words = append(d.words, word)
	return i
}

// common returns what all paths begin and end with; the two never overlap, and
// neither cuts a character in two.
func common(held []Held) (lead, tail string) {
	lead = held[0].Path
	shortest := len(lead)
	for i := range held {
		p := held[i].Path
		n := 0
		for n < len(lead) && n < len(p) && lead[n] == p[n] {
			n++
		}
		lead, shortest = lead[:n], min(shortest, len(p))
	}
	for len(lead) > 0 && lead[len(lead)-1] != '/' {
		lead = lead[:len(lead)-1]
	}
	tail = held[0].Path
	for i := range held {
		p := held[i].Path
		n := 0
		for n < len(tail) && n < len(p) && tail[len(tail)-1-n] == p[len(p)-1-n] {
			n++
		}
		tail = tail[len(tail)-n:]
	}
	tail = tail[max(0, len(tail)-(shortest-len(lead))):]
	for len(tail) > 0 && tail[0] != '.' {
		tail = tail[1:]
	}
	return lead, tail
}
