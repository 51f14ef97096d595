package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

func heldDay(output string, n int, path string) Held {
	return Held{
		Output: output, From: day(n), To: day(n + 1), Path: path, Definition: "d",
		Rows: 3, Bytes: 10, SHA256: "ab", FetchedAt: day(n + 1), Took: time.Second, Final: true,
	}
}

func TestHold(t *testing.T) {
	var l Ledger
	l.Hold(heldDay("b", 2, "b2"))
	l.Hold(heldDay("a", 3, "a3"))
	l.Hold(heldDay("a", 1, "a1"))
	l.Fail(Failed{Output: "a", From: day(2), To: day(3), Error: "first"})
	l.Fail(Failed{Output: "a", From: day(2), To: day(3), Error: "second"})
	if len(l.Failed) != 1 || l.Failed[0].Error != "second" {
		t.Errorf("failures are %v, want the last alone", l.Failed)
	}
	l.Hold(heldDay("a", 2, "a2"))
	var order []string
	for _, h := range l.Held {
		order = append(order, h.Path)
	}
	if diff := cmp.Diff([]string{"a1", "a2", "a3", "b2"}, order); diff != "" {
		t.Error(diff)
	}
	if len(l.Failed) != 0 {
		t.Errorf("%v is still failed though it is held", l.Failed)
	}

	l.Hold(heldDay("a", 2, "elsewhere"))
	if len(l.Left) != 1 || l.Left[0].Path != "a2" || l.Left[0].SHA256 != "ab" {
		t.Errorf("left are %v, want the file at the old path", l.Left)
	}
	l.Hold(heldDay("a", 2, "a2"))
	if len(l.Left) != 1 || l.Left[0].Path != "elsewhere" {
		t.Errorf("left are %v: a path that holds again is not left", l.Left)
	}

	// A file can hold one thing: the entry that it was overwritten for is gone.
	l.Hold(heldDay("renamed", 1, "a1"))
	if _, ok := l.Find("a", day(1), day(2)); ok {
		t.Error("an overwritten file still counts as held")
	}
	// The console holds many slices under one path.
	l.Hold(heldDay("c", 1, Console))
	l.Hold(heldDay("c", 2, Console))
	if _, ok := l.Find("c", day(1), day(2)); !ok {
		t.Error("the console forgot a slice")
	}
	l.Supersede("c", Console)
	if _, ok := l.Find("c", day(2), day(3)); ok {
		t.Error("a superseded slice is still held")
	}
	l.Forget("a", day(3), day(4), "a3")
	l.Forget("a", day(2), day(3), "elsewhere")
	if _, ok := l.Find("a", day(3), day(4)); ok || len(l.Left) != 0 {
		t.Error("forgotten entries are still there")
	}
}

func TestEncodeDecode(t *testing.T) {
	l := &Ledger{Version: FormatVersion, Tenant: `tenant.customer["a"]`, Report: "report.a.b"}
	l.Hold(heldDay("a", 1, "a1"))
	l.Hold(heldDay("a", 2, "a2"))
	l.Hold(heldDay("a", 2, "moved"))
	l.Fail(Failed{Output: "a", From: day(5), To: day(6), At: day(7), Error: "x"})
	data, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if diff := cmp.Diff(l, back); diff != "" {
		t.Error(diff)
	}
	if lines := strings.Count(string(data), "\n"); lines < 6 {
		t.Errorf("%d lines, want one for each entry:\n%s", lines, data)
	}
	for cut := range len(data) - 2 {
		if _, err := Decode(data[:cut]); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Fatalf("a ledger cut at byte %d is read: %v", cut, err)
		}
	}
	for name, edit := range map[string][2]string{
		"newer version": {`"version":1`, `"version":2`},
		"no tenant":     {`"tenant":"tenant.customer[\"a\"]"`, `"tenant":""`},
		"empty slice":   {`"to":"2026-11-02T00:00:00Z"`, `"to":"2026-11-01T00:00:00Z"`},
		"no path":       {`"path":"a1"`, `"path":""`},
	} {
		edited := strings.Replace(string(data), edit[0], edit[1], 1)
		if edited == string(data) {
			t.Fatalf("%s: nothing was edited", name)
		}
		if _, err := Decode([]byte(edited)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestDecodeSorts(t *testing.T) {
	l := &Ledger{Tenant: "t", Report: "r", Held: []Held{heldDay("a", 2, "a2"), heldDay("a", 1, "a1")}}
	data, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := back.Find("a", day(1), day(2)); !ok {
		t.Error("an entry out of order is not found")
	}
}
