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
	w := columnWriter{run: run{held, make([]Proof, len(held))}, dst: append(dst, '{')}
	for i := range held {
		w.proofs[i] = held[i].Proof()
		if h, p := &held[i], &w.proofs[i]; !storable(h.From) || !storable(h.To) ||
			!storableOrNone(h.Modified, p.First, p.Last, p.WalkFrom, p.WalkTo, p.FetchedAt, p.DerivedAt) || p.WalkFrom.IsZero() != p.WalkTo.IsZero() {
			return dst, fmt.Errorf("the entry of %s from %s has a time that cannot be stored", h.Output, h.From.Format(time.RFC3339))
		}
	}
	w.write(entries)
	if len(held) > 0 {
		w.lead, w.tail = common(held)
		for which := entries + 1; which < columnCount; which++ {
			w.write(which)
		}
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
	run
	lead, tail string // of all paths
	dst        []byte
}

// write appends a column.
func (w *columnWriter) write(which int) {
	switch table[which].form {
	case count:
		w.dst = append(w.dst, `"entries":`...)
		w.dst = strconv.AppendInt(w.dst, int64(len(w.held)), 10)
	case words:
		w.words(which)
	case word:
		w.counted(which)
	case affix:
		if which == prefix {
			w.text(which, w.lead)
		} else {
			w.text(which, w.tail)
		}
	case affixed:
		w.texts(which, func(i int) string { p := w.get(which, i).s; return p[len(w.lead) : len(p)-len(w.tail)] })
	case text:
		w.texts(which, func(i int) string { return w.get(which, i).s })
	case number:
		w.numbers(which, func(i int) int64 { return w.get(which, i).n })
	}
}

func (w *columnWriter) get(which, i int) value { return table[which].get(w.run, i) }

// member begins a column, each on a line of its own.
func (w *columnWriter) member(which int) {
	w.dst = append(w.dst, ',', '\n')
	w.dst = rawjson.AppendQuoted(w.dst, table[which].name)
	w.dst = append(w.dst, ':')
}

func (w *columnWriter) numbers(which int, value func(i int) int64) {
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

func (w *columnWriter) texts(which int, value func(i int) string) {
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

func (w *columnWriter) text(which int, value string) {
	if value == "" {
		return
	}
	w.member(which)
	w.dst = rawjson.AppendQuoted(w.dst, value)
}

// words appends the list of a column of words.
func (w *columnWriter) words(list int) {
	var d dictionary
	for i := range w.held {
		d.index(w.get(columnOf(list), i).s)
	}
	w.member(list)
	for i, word := range d.words {
		w.dst = append(w.dst, separator(i))
		w.dst = rawjson.AppendQuoted(w.dst, word)
	}
	w.dst = append(w.dst, ']')
}

// counted appends a column of words, as their numbers in its list.
func (w *columnWriter) counted(which int) {
	var d dictionary
	numbers := make([]int64, len(w.held))
	for i := range w.held {
		numbers[i] = d.index(w.get(which, i).s)
	}
	w.numbers(which, func(i int) int64 { return numbers[i] })
}

// columnOf is the column of words that counts into a list.
func columnOf(list int) int {
	if list == outputs {
		return output
	}
	return definition
}

func separator(i int) byte {
	if i == 0 {
		return '['
	}
	return ','
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
	lead = held[0].Place.Text()
	shortest := len(lead)
	for i := range held {
		p := held[i].Place.Text()
		n := 0
		for n < len(lead) && n < len(p) && lead[n] == p[n] {
			n++
		}
		lead, shortest = lead[:n], min(shortest, len(p))
	}
	for len(lead) > 0 && lead[len(lead)-1] != '/' {
		lead = lead[:len(lead)-1]
	}
	tail = held[0].Place.Text()
	for i := range held {
		p := held[i].Place.Text()
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
