package rawjson

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func BenchmarkSplit(b *testing.B) {
	compact := signInPage(1000)
	var indented bytes.Buffer
	if err := json.Indent(&indented, compact, "", "  "); err != nil {
		b.Fatal(err)
	}
	japanese := []byte(`{"value":[{"id":"` + strings.Repeat("\u6771\u4eac\u90fd", 100_000) + `"}]}`)
	for _, page := range []struct {
		name string
		data []byte
	}{{"compact", compact}, {"indented", indented.Bytes()}, {"japanese", japanese}} {
		b.Run(page.name, func(b *testing.B) {
			var p Page
			b.SetBytes(int64(len(page.data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Split(page.data, signInKeys); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkValid(b *testing.B) {
	page := signInPage(1000)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Valid(page); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodingJSONValid(b *testing.B) {
	page := signInPage(1000)
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		if !json.Valid(page) {
			b.Fatal("invalid")
		}
	}
}

// BenchmarkCursor visits every member and element of every event.
func BenchmarkCursor(b *testing.B) {
	page := signInPage(1000)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		c := NewCursor(page)
		if visit(&c) == 0 {
			b.Fatal("nothing visited")
		}
	}
}

// visit steps through the next value and counts the scalars in it.
func visit(c *Cursor) int {
	n := 0
	switch c.Kind() {
	case Object:
		c.Enter()
		for _, ok := c.NextKey(); ok; _, ok = c.NextKey() {
			n += visit(c)
		}
	case Array:
		c.Enter()
		for c.NextElement() {
			n += visit(c)
		}
	default:
		c.Value()
		n++
	}
	return n
}

func BenchmarkLookup(b *testing.B) {
	event := signInEvent(7)
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	for b.Loop() {
		if Lookup(event, "status", "errorCode") == nil {
			b.Fatal("not found")
		}
	}
}

func BenchmarkAppendCompact(b *testing.B) {
	page := signInPage(1000)
	var dst []byte
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendCompact(dst[:0], page)
	}
}
