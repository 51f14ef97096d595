package term

import (
	"fmt"
	"strings"
	"testing"
)

// What a terminal would act on is spelled out, and what is clean stays so.
func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"plain ☁ 雲":            "plain ☁ 雲",
		"a\tb\nc\rd":           `a  b\nc\x0dd`,
		"\x1b[2J\x00\u009b31m": `\x1b[2J\x00\x9b31m`,
		"\u202etxt\u2028":      `\u202etxt\u2028`,
		"\xff":                 "\ufffd",
	} {
		got := Clean(text)
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
		if again := Clean(got); again != got {
			t.Errorf("%q cleaned twice: %q", got, again)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		text               string
		first, rest, width int
		want               string
	}{
		{"one two three", 0, 0, 80, "one two three"},
		{"one two three", 2, 4, 9, "  one two\n    three"},
		{"a-word-longer-than-the-line b", 0, 2, 10, "a-word-longer-than-the-line\n  b"},
		{"word", 8, 2, 10, "        \n  word"}, // no room beside what it follows
		{"雲雲 雲雲", 0, 0, 8, "雲雲\n雲雲"},
		{"", 3, 0, 10, "   "},
	} {
		if got := Wrap(test.text, test.first, test.rest, test.width); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

func TestWidths(t *testing.T) {
	p := Printer{Stream{Color: true}}
	for text, want := range map[Styled]int{
		"plain": 5, "雲": 2, p.Red("雲 red"): 6, "  " + p.Bold("a") + " " + p.Green("b"): 5, p.Cyan(""): 0,
	} {
		if got := text.Width(); got != want {
			t.Errorf("%q: %d columns, want %d", text, got, want)
		}
	}
	for got, want := range map[string]string{
		Cut("abcdefgh", 6): "abc...", Cut("abc", 6): "abc", Skip("abcdef", 2): "cdef",
		Middle("abcdefgh", 5, 2): "ab…gh", Middle("abc", 5, 2): "abc",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A printer cleans what it is given, and nothing that is styled already.
func TestPrintf(t *testing.T) {
	var b strings.Builder
	p := Printer{Stream{Writer: &b, Color: true}}
	p.Printf("%s %v %s %d\n", "a\x07", fmt.Errorf("b\x07"), p.Red("c\x07"), 7)
	if want := "a\\x07 b\\x07 \x1b[1;31mc\\x07\x1b[0m 7\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// Names give way on a narrow terminal, as far as they stay distinct, and never
// in a pipe.
func TestTable(t *testing.T) {
	table := func(width int, names ...string) string {
		var b strings.Builder
		p := Printer{Stream{Writer: &b, Width: width}}
		rows := [][]string{{"NAME", "BYTES"}}
		for i, name := range names {
			rows = append(rows, []string{name, fmt.Sprint(i * 1000)})
		}
		p.Table([]Column{Name, Right}, rows)
		return b.String()
	}
	long := strings.Repeat("n", 40)
	for _, test := range []struct {
		name, got, want string
	}{
		{"wide", table(80, "a", "b\x07"), "  NAME   BYTES\n  a          0\n  b\\x07   1000\n"},
		{"narrow", table(40, long), "  NAME" + strings.Repeat(" ", 27) + "  BYTES\n  " + strings.Repeat("n", 15) + "…" + strings.Repeat("n", 15) + "      0\n"},
		{"pipe", table(0, long+long+long), "  NAME" + strings.Repeat(" ", 116) + "  BYTES\n  " + long + long + long + "      0\n"},
	} {
		if test.got != test.want {
			t.Errorf("%s:\n%q, want\n%q", test.name, test.got, test.want)
		}
	}
}

// Living lines are drawn over those before, and lasting text stays above them.
func TestLive(t *testing.T) {
	var b strings.Builder
	l := NewLive(&Printer{Stream{Writer: &b, Terminal: true, Width: 40}})
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() { l.End() }, ""},
		{func() { l.Draw("", "one", "two") }, "one\ntwo\n"},
		{func() { l.Draw("gone by\n", "three\x07") }, "\x1b[2A\r\x1b[Jgone by\nthree\\x07\n"},
		{func() { l.Draw("", strings.Repeat("w", 50)) }, "\x1b[1A\r\x1b[J" + strings.Repeat("w", 36) + "...\n"},
		{func() { l.End() }, "\x1b[1A\r\x1b[J"},
		{func() { l.End() }, ""},
	} {
		b.Reset()
		step.do()
		if b.String() != step.want {
			t.Errorf("got %q, want %q", b.String(), step.want)
		}
	}
}
