package auth

import (
	"strings"
	"unicode"
)

// maxMessage bounds texts from outside, in characters.
const maxMessage = 400

// line makes text from outside fit for one line of a terminal: no control or
// invisible characters, single spaces, at most limit characters.
func line(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case r == unicode.ReplacementChar, !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "..."
	}
	return text
}

// telling is how many bytes of a secret in a row give it away.
const telling = 6

// redact replaces every run of text that repeats at least telling bytes of one
// of the values, or the whole of a shorter one, by "(secret)".
func redact(text string, values []string) string {
	hidden := make([]bool, len(text))
	found := false
	for _, value := range values {
		size := min(telling, len(value))
		if size == 0 {
			continue
		}
		for i := 0; i+size <= len(text); i++ {
			if strings.Contains(value, text[i:i+size]) {
				found = true
				for j := range size {
					hidden[i+j] = true
				}
			}
		}
	}
	if !found {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !hidden[i]:
			b.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString("(secret)")
		}
	}
	return strings.ToValidUTF8(b.String(), "")
}
