package ledger

import (
	"bytes"
	"testing"
)

// What somebody opened and saved on Windows has a byte order mark.
func TestByteOrderMark(t *testing.T) {
	l := New(Key{Tenant: "tenant.t", Report: "report.r.r"}, Held{Output: "output.csv.a", From: day(1), To: day(2), Place: "a.csv"})
	head, err := l.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := ReadHead(append([]byte("\ufeff"), head...))
	if err != nil || got.Len() != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := ReadDocument([]byte("\ufeff{\"version\": 1}")); err != nil {
		t.Error(err)
	}
	if _, err := ReadDocument(bytes.Repeat([]byte("\ufeff"), 2)); err == nil {
		t.Error("a mark is no document")
	}
}
