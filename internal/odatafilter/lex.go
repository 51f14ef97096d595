package odatafilter

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
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
	at, end int // where it stands
}

func (t token) String() string {
	switch t.kind {
	case tokenEnd:
		return "the end"
	case tokenLiteral:
		return "a value"
	}
	return fmt.Sprintf("%q", t.text)
}

// lex splits a filter into tokens. A word followed at once by a quoted string
// is a qualified enum literal, such as microsoft.graph.riskLevel'high'.
func lex(s string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(s); {
		t := token{at: i}
		switch c := s[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case strings.IndexByte("(),/:", c) >= 0:
			t.kind, t.text = tokenPunct, string(c)
			i++
		case c == '\'':
			text, n, err := quoted(s, i)
			if err != nil {
				return nil, err
			}
			t.kind, t.literal = tokenLiteral, Literal{Kind: String, Text: text}
			i += n
		case isWord(c) || c == '-' || c == '+' || c == '$' && afterSlash(tokens):
			n := span(s[i:])
			text := s[i : i+n]
			i += n
			if i < len(s) && s[i] == '\'' {
				value, n, err := quoted(s, i)
				if err != nil {
					return nil, err
				}
				if !strings.Contains(text, ".") {
					return nil, typed(text, t.at, i+n)
				}
				t.kind, t.literal = tokenLiteral, Literal{Kind: String, Text: value}
				i += n
				break
			}
			var err error
			if t.kind, t.literal, err = word(text, t.at); err != nil {
				return nil, err
			}
			if t.kind == tokenWord {
				t.text = text
			}
		default:
			if isArgument(tokens) && c == '=' {
				return nil, &Unsupported{"a function with named arguments"}
			}
			return nil, stray(s, i)
		}
		t.end = i
		tokens = append(tokens, t)
	}
	return append(tokens, token{kind: tokenEnd, at: len(s), end: len(s)}), nil
}

// afterSlash reports whether a path goes on, in which $count and its like may
// stand.
func afterSlash(tokens []token) bool {
	return len(tokens) > 0 && tokens[len(tokens)-1].text == "/"
}

// isArgument reports whether the last token may be the name of an argument: of a
// function, whose name stands before the parenthesis.
func isArgument(tokens []token) bool {
	n := len(tokens)
	if n < 3 || tokens[n-1].kind != tokenWord {
		return false
	}
	before := strings.ToLower(tokens[n-3].text)
	return tokens[n-2].text == "," || tokens[n-2].text == "(" && tokens[n-3].kind == tokenWord && before != "and" && before != "or" && before != "not"
}

// typed is the error of a word that stands before a quoted string: the types of
// literals of OData, and everything else.
func typed(word string, at, end int) error {
	switch strings.ToLower(word) {
	case "datetime", "datetimeoffset", "time", "guid", "duration", "binary", "geography", "geometry":
		return &Unsupported{word + "'...'"}
	}
	return &Error{At: at, End: end, Message: fmt.Sprintf("there is no literal %s'...'", word)}
}

// stray is the error of a character that begins nothing.
func stray(s string, at int) error {
	for _, of := range []struct{ wrong, instead string }{
		{"!=", "ne"},
		{"<>", "ne"},
		{"==", "eq"},
		{">=", "ge"},
		{"<=", "le"},
		{"=", "eq"},
		{">", "gt"},
		{"<", "lt"},
		{"&&", "and"},
		{"||", "or"},
		{"!", "not"},
	} {
		if strings.HasPrefix(s[at:], of.wrong) {
			return &Error{At: at, End: at + len(of.wrong), Message: "there is no operator " + of.wrong, Instead: of.instead}
		}
	}
	switch c := s[at]; {
	case c == '"':
		end := at + 1
		if i := strings.IndexByte(s[end:], '"'); i >= 0 {
			end += i + 1
		}
		text := strings.Trim(s[at:end], `"`)
		return &Error{At: at, End: end, Message: "text belongs in single quotes", Instead: "'" + strings.ReplaceAll(text, "'", "''") + "'"}
	case strings.HasPrefix(s[at:], "$filter="):
		return &Error{At: at, End: at + len("$filter="), Message: "Reportform adds $filter= itself: leave it out"}
	}
	r, size := utf8.DecodeRuneInString(s[at:])
	return &Error{At: at, End: at + size, Message: fmt.Sprintf("%q can only be in text, in single quotes", r)}
}

func isWord(c byte) bool {
	return c == '_' || c == '@' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// span returns the length of the word or bare literal at the start of s. A
// colon belongs to what begins with a digit: a time, not a lambda's variable.
func span(s string) int {
	if s[0] == '$' {
		n := 1
		for n < len(s) && isWord(s[n]) {
			n++
		}
		return n
	}
	bare := !(s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z' || s[0] == '_' || s[0] == '@')
	n := 1
	for n < len(s) && (isWord(s[n]) || s[n] == '.' || s[n] == '-' || bare && (s[n] == ':' || s[n] == '+')) {
		n++
	}
	return n
}

// quoted reads the string in single quotes that begins at a place, where two
// quotes stand for one, and returns its value and how many bytes it took.
func quoted(s string, at int) (string, int, error) {
	var b strings.Builder
	for i := at + 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1 - at, nil
	}
	return "", 0, &Error{At: at, End: len(s), Message: "a string is not closed"}
}

var (
	numberPattern = regexp.MustCompile(`^[+-]?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?$`)
	guidPattern   = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	datePattern   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	timePattern   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,7})?)?(Z|[+-][0-9]{2}:[0-9]{2})?$`)
)

// word classifies a run of unquoted characters at a place.
func word(s string, at int) (tokenKind, Literal, error) {
	switch strings.ToLower(s) {
	case "true", "false":
		return tokenLiteral, Literal{Kind: Bool, Bool: strings.EqualFold(s, "true")}, nil
	case "null":
		return tokenLiteral, Literal{Kind: Null}, nil
	}
	wrong := func(message string) (tokenKind, Literal, error) {
		return 0, Literal{}, &Error{At: at, End: at + len(s), Message: message}
	}
	switch {
	case guidPattern.MatchString(s):
		return tokenLiteral, Literal{Kind: String, Text: s}, nil
	case numberPattern.MatchString(s):
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return wrong(s + " is not a number")
		}
		return tokenLiteral, Literal{Kind: Number, Number: n}, nil
	case datePattern.MatchString(s), timePattern.MatchString(s):
		t, err := parseTime(s)
		if err != nil {
			return wrong(s + " is not a time")
		}
		return tokenLiteral, Literal{Kind: Time, Time: t}, nil
	case s[0] == '-' || s[0] == '+' || s[0] >= '0' && s[0] <= '9':
		return wrong(s + " is not a number, a time or an id, and text belongs in single quotes")
	}
	return tokenWord, Literal{}, nil
}

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
