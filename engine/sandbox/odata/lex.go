package odata

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenLiteral
	tokenPunct // one of ( ) , / :
)

type token struct {
	kind    tokenKind
	text    string
	literal Literal
}

// lex splits a filter into tokens. A word followed at once by a quoted string
// is a qualified enum literal, such as microsoft.graph.riskLevel'high'.
func lex(s string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ' ' || c == '\t':
			i++
		case strings.IndexByte("(),/:", c) >= 0:
			tokens = append(tokens, token{kind: tokenPunct, text: string(c)})
			i++
		case c == '\'':
			text, n, err := quoted(s[i:])
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, token{kind: tokenLiteral, literal: Literal{Kind: String, Text: text}})
			i += n
		case isWord(c) || c == '-' || c == '+':
			n := span(s[i:])
			text := s[i : i+n]
			i += n
			if i < len(s) && s[i] == '\'' {
				value, n, err := quoted(s[i:])
				if err != nil {
					return nil, err
				}
				if !strings.Contains(text, ".") {
					return nil, fmt.Errorf("%s'...' is not a literal", text)
				}
				tokens = append(tokens, token{kind: tokenLiteral, literal: Literal{Kind: String, Text: value}})
				i += n
				continue
			}
			t, err := word(text)
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, t)
		default:
			return nil, fmt.Errorf("character %q at position %d", c, i)
		}
	}
	return append(tokens, token{kind: tokenEnd}), nil
}

func isWord(c byte) bool {
	return c == '_' || c == '@' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// span returns the length of the word or bare literal at the start of s. A
// colon belongs to what begins with a digit: a time, not a lambda's variable.
func span(s string) int {
	bare := !(s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z' || s[0] == '_' || s[0] == '@')
	n := 1
	for n < len(s) && (isWord(s[n]) || s[n] == '.' || s[n] == '-' || bare && (s[n] == ':' || s[n] == '+')) {
		n++
	}
	return n
}

// quoted reads a string in single quotes, where two stand for one, and
// returns its value and how many bytes it took.
func quoted(s string) (string, int, error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, nil
	}
	return "", 0, errors.New("a string is not closed")
}

var (
	numberPattern = regexp.MustCompile(`^[+-]?[0-9]{1,18}(\.[0-9]{1,18})?$`)
	guidPattern   = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	datePattern   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	timePattern   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,7})?)?(Z|[+-][0-9]{2}:[0-9]{2})?$`)
)

// word classifies a run of unquoted characters.
func word(s string) (token, error) {
	switch strings.ToLower(s) {
	case "true", "false":
		return literal(Literal{Kind: Bool, Bool: strings.EqualFold(s, "true")}), nil
	case "null":
		return literal(Literal{Kind: Null}), nil
	}
	switch {
	case guidPattern.MatchString(s):
		return literal(Literal{Kind: String, Text: s}), nil
	case numberPattern.MatchString(s):
		n, err := strconv.ParseFloat(s, 64)
		return literal(Literal{Kind: Number, Number: n}), err
	case datePattern.MatchString(s), timePattern.MatchString(s):
		t, err := parseTime(s)
		return literal(Literal{Kind: Time, Time: t}), err
	case s[0] == '-' || s[0] == '+' || s[0] >= '0' && s[0] <= '9':
		return token{}, fmt.Errorf("%s is neither a number, a time nor an id", s)
	}
	return token{kind: tokenWord, text: s}, nil
}

func literal(l Literal) token { return token{kind: tokenLiteral, literal: l} }

// parseTime reads a bare date or a time with up to seven fractional digits; one
// without a zone is UTC.
func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%s is not a time", s)
}
