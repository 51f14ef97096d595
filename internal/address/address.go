// Package address is the one owner of addresses, the names of declared things
// in configuration, state and output: tenant.contoso,
// tenant.customer["fabrikam"], report.sign_ins.failed.
package address

import (
	"strings"
	"unicode/utf8"
)

// Address names one declared thing, or a block with for_each as a whole: the
// kind of the block, its labels, and the key of the instance where it has one.
type Address string

// Of is the address of a block.
func Of(kind string, labels ...string) Address {
	return Address(kind + "." + strings.Join(labels, "."))
}

// At is the address of the instance of a block that has the key.
func (a Address) At(key string) Address { return a + Address("["+Quote(key)+"]") }

// Base is the address of the block: without the key of an instance.
func (a Address) Base() Address {
	if i := strings.IndexByte(string(a), '['); i >= 0 {
		return a[:i]
	}
	return a
}

// Key returns the key of an instance; ok is false for an address without one.
func (a Address) Key() (key string, ok bool) {
	quoted, found := strings.CutPrefix(string(a[len(a.Base()):]), "[")
	quoted, closed := strings.CutSuffix(quoted, "]")
	if !found || !closed {
		return "", false
	}
	return unquote(quoted)
}

// Kind is the kind of the block, such as "tenant".
func (a Address) Kind() string {
	kind, _, _ := strings.Cut(string(a), ".")
	return kind
}

// WithoutKind is the address as people know it where the kind is clear.
func (a Address) WithoutKind() string {
	_, rest, _ := strings.Cut(string(a), ".")
	return rest
}

// Name is what people call the thing: its key, or the last label of its block.
func (a Address) Name() string {
	if key, ok := a.Key(); ok {
		return key
	}
	base := string(a.Base())
	return base[strings.LastIndexByte(base, '.')+1:]
}

// Within reports whether a is other, or an instance of the block other.
func (a Address) Within(other Address) bool { return a == other || a.Base() == other }

// Rename returns what the address becomes when from is renamed to to, both
// blocks or both instances: itself if it is neither from nor an instance of it.
// Instances of a renamed block keep their keys.
func (a Address) Rename(from, to Address) Address {
	switch {
	case a == from:
		return to
	case a.Base() == from && to.Base() == to:
		return to + a[len(from):]
	}
	return a
}

// Parts is an address taken apart.
type Parts struct {
	Kind   string
	Labels []string // at least one, none of them empty
	Key    string   // of the instance
	Keyed  bool     // there is a key
}

// Parse takes an address apart; ok is false for a text that is no address.
func Parse(text string) (p Parts, ok bool) {
	a := Address(text)
	p.Key, p.Keyed = a.Key()
	if !p.Keyed && a.Base() != a {
		return Parts{}, false
	}
	words := strings.Split(string(a.Base()), ".")
	for _, word := range words {
		if word == "" || strings.ContainsAny(word, " \t\r\n\"]") {
			return Parts{}, false
		}
	}
	p.Kind, p.Labels = words[0], words[1:]
	return p, len(p.Labels) > 0
}

// Quote writes a string as the language does: in quotes, with the marks of
// templates doubled.
func Quote(key string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range key {
		if r == utf8.RuneError {
			b.WriteString(key[i : i+size(key[i:])])
			continue
		}
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
		case (r == '$' || r == '%') && strings.HasPrefix(key[i+1:], "{"):
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}

// size is how many bytes the first character of a text has, 1 for one that is
// not UTF-8.
func size(text string) int {
	_, n := utf8.DecodeRuneInString(text)
	return n
}

// unquote reads what Quote writes.
func unquote(quoted string) (key string, ok bool) {
	if len(quoted) < 2 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' {
		return "", false
	}
	content := quoted[1 : len(quoted)-1]
	var b strings.Builder
	for i := 0; i < len(content); i++ {
		c := content[i]
		switch {
		case c == '"':
			return "", false
		case c == '\\':
			if i++; i == len(content) || content[i] != '"' && content[i] != '\\' {
				return "", false
			}
			c = content[i]
		case (c == '$' || c == '%') && strings.HasPrefix(content[i+1:], string(c)+"{"):
			i++
		}
		b.WriteByte(c)
	}
	return b.String(), true
}
