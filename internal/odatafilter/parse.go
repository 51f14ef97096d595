// Package odatafilter reads and evaluates the $filter expressions that Microsoft
// Graph understands: comparisons, and, or, not, parentheses, in, any and all,
// and the string functions contains, startswith and endswith.
package odatafilter

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Expr is a condition: *And, *Or, *Not, *Compare, *In, *Call or *Lambda.
type Expr interface{ expr() }

type (
	// And holds if both do.
	And struct{ Left, Right Expr }
	// Or holds if one of them does.
	Or struct{ Left, Right Expr }
	// Not holds if X does not.
	Not struct{ X Expr }
	// Compare compares the value at Path with Literal. Op is eq, ne, gt, ge,
	// lt or le; a comparison written the other way round has been turned.
	Compare struct {
		Path    []string
		Op      string
		Literal Literal
	}
	// In holds if the value at Path equals one of List.
	In struct {
		Path []string
		List []Literal
	}
	// Call is contains, startswith or endswith, in lower case.
	Call struct {
		Name string
		Path []string
		Text string
	}
	// Lambda holds if Body does for one element, or with All for every
	// element, of the collection at Path. In Body the first segment of a path
	// can be Var. Body is nil in any(), which asks for an element at all.
	Lambda struct {
		Path []string
		All  bool
		Var  string
		Body Expr
	}
)

func (*And) expr()     {}
func (*Or) expr()      {}
func (*Not) expr()     {}
func (*Compare) expr() {}
func (*In) expr()      {}
func (*Call) expr()    {}
func (*Lambda) expr()  {}

// Kind is the type of a literal or of a property.
type Kind int

// The kinds. Any is that of a property of which nothing is known.
const (
	Any Kind = iota
	Null
	Bool
	Number
	String
	Time
	Object
	Collection
)

// Literal is a constant; the field that Kind names is set.
type Literal struct {
	Kind   Kind
	Bool   bool
	Number float64
	Text   string
	Time   time.Time
}

// The size of a filter is bounded, so that no request can exhaust the stack.
const (
	maxLength = 8 << 10
	maxDepth  = 64
)

// Error is a mistake in a filter, at the bytes from At to End.
type Error struct {
	At, End int
	Message string // without a full stop
	Instead string // what to write there; empty if that cannot be told
}

func (e *Error) Error() string {
	if e.Instead == "" {
		return e.Message
	}
	return e.Message + ": write " + e.Instead
}

// Unsupported is what is no mistake in OData, and what this package does not know
// all the same.
type Unsupported struct{ What string }

func (e *Unsupported) Error() string { return e.What + " is not supported" }

// Parse reads a filter. Its errors are an *Error or an *Unsupported.
func Parse(filter string) (Expr, error) {
	if len(filter) > maxLength {
		return nil, &Unsupported{fmt.Sprintf("a filter of more than %d bytes", maxLength)}
	}
	tokens, err := lex(filter)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, p.after(t)
	}
	return e, nil
}

type parser struct {
	tokens []token
	depth  int
	last   token // of the path that was read last
}

func (p *parser) peek() token { return p.tokens[0] }

func (p *parser) next() token {
	t := p.tokens[0]
	if t.kind != tokenEnd {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) punct(s string) bool {
	if t := p.peek(); t.kind == tokenPunct && t.text == s {
		p.next()
		return true
	}
	return false
}

func (p *parser) expect(s string) error {
	if !p.punct(s) {
		t := p.peek()
		return t.wrong("there is %s where %q should be", t, s)
	}
	return nil
}

// wrong is a mistake at a token.
func (t token) wrong(format string, args ...any) error {
	return &Error{At: t.at, End: max(t.end, t.at+1), Message: fmt.Sprintf(format, args...)}
}

// after is the error of a token that follows a whole condition.
func (p *parser) after(t token) error {
	if isArithmetic(t) || isOperator(t) { // startswith(a,'b') eq true
		return &Unsupported{t.text}
	}
	return t.wrong("there is %s where \"and\" or \"or\" should be", t)
}

func isOperator(t token) bool {
	return t.kind == tokenWord && slices.Contains([]string{"eq", "ne", "gt", "ge", "lt", "le", "in", "has"}, strings.ToLower(t.text))
}

func isArithmetic(t token) bool {
	return t.kind == tokenWord && slices.Contains([]string{"add", "sub", "mul", "div", "divby", "mod"}, strings.ToLower(t.text))
}

// canonical are the functions of OData that are known to nobody here.
func canonical(name string) bool {
	return slices.Contains([]string{
		"cast", "ceiling", "concat", "date", "day", "floor", "fractionalseconds", "hassubset", "hassubsequence", "hour", "indexof",
		"isof", "length", "matchespattern", "maxdatetime", "mindatetime", "minute", "month", "now", "replace", "round", "second",
		"substring", "substringof", "time", "tolower", "totaloffsetminutes", "totalseconds", "toupper", "trim", "year",
	}, name)
}

func (p *parser) keyword(s string) bool {
	if t := p.peek(); t.kind == tokenWord && strings.EqualFold(t.text, s) {
		p.next()
		return true
	}
	return false
}

func (p *parser) or() (Expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, &Unsupported{"a filter that is nested so deep"}
	}
	defer func() { p.depth-- }()
	left, err := p.and()
	for err == nil && p.keyword("or") {
		var right Expr
		right, err = p.and()
		left = &Or{left, right}
	}
	return left, err
}

func (p *parser) and() (Expr, error) {
	left, err := p.unary()
	for err == nil && p.keyword("and") {
		var right Expr
		right, err = p.unary()
		left = &And{left, right}
	}
	return left, err
}

func (p *parser) unary() (Expr, error) {
	if p.keyword("not") {
		if p.depth++; p.depth > maxDepth {
			return nil, &Unsupported{"a filter that is nested so deep"}
		}
		defer func() { p.depth-- }()
		x, err := p.unary()
		return &Not{x}, err
	}
	if p.punct("(") {
		e, err := p.or()
		if err != nil {
			return nil, err
		}
		return e, p.expect(")")
	}
	return p.condition()
}

func (p *parser) condition() (Expr, error) {
	t := p.next()
	switch {
	case t.kind == tokenLiteral:
		operator := p.next()
		turned, ok := map[string]string{"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}[strings.ToLower(operator.text)]
		switch {
		case isArithmetic(operator):
			return nil, &Unsupported{operator.text}
		case !ok:
			return nil, operator.wrong("there is %s where an operator should be", operator)
		}
		path, err := p.path(p.next())
		return &Compare{Path: path, Op: turned, Literal: t.literal}, err
	case t.kind != tokenWord:
		return nil, t.wrong("there is %s where a condition should be", t)
	case p.punct("("):
		return p.call(t)
	}
	path, err := p.path(t)
	if err != nil {
		return nil, err
	}
	if p.punct("(") {
		return p.lambda(path[:len(path)-1], p.last)
	}
	return p.compare(path)
}

// path reads the rest of a path that begins with t.
func (p *parser) path(t token) ([]string, error) {
	var path []string
	for {
		if t.kind != tokenWord {
			return nil, t.wrong("there is %s where a property should be", t)
		}
		path, p.last = append(path, t.text), t
		if len(path) > maxDepth {
			return nil, &Unsupported{"a path that is so long"}
		}
		if !p.punct("/") {
			return path, nil
		}
		t = p.next()
	}
}

func (p *parser) compare(path []string) (Expr, error) {
	t := p.peek()
	op := strings.ToLower(t.text)
	switch {
	case t.kind == tokenEnd, t.kind == tokenPunct && t.text == ")", t.kind == tokenWord && (op == "and" || op == "or"):
		return nil, &Unsupported{"a property alone as a condition"}
	case isArithmetic(t) || op == "has":
		return nil, &Unsupported{t.text}
	case t.kind != tokenWord:
		return nil, t.wrong("there is %s where an operator should be", t)
	}
	p.next()
	if op == "in" {
		list, err := p.list()
		return &In{Path: path, List: list}, err
	}
	if !isOperator(t) {
		return nil, notOperator(t, path)
	}
	value := p.next()
	switch {
	case value.kind == tokenWord && (p.peek().text == "(" || p.peek().text == "/"):
		return nil, &Unsupported{"a comparison of two properties"}
	case value.kind == tokenWord:
		return nil, &Error{At: value.at, End: value.end, Message: value.text + " is not a value: text belongs in single quotes", Instead: "'" + value.text + "'"}
	case value.kind != tokenLiteral:
		return nil, value.wrong("there is %s where a value should be", value)
	}
	return &Compare{Path: path, Op: op, Literal: value.literal}, nil
}

// notOperator is the error of a word where an operator should be.
func notOperator(t token, path []string) error {
	e := &Error{At: t.at, End: t.end, Message: "there is no operator " + t.text + ", only eq, ne, gt, ge, lt, le and in"}
	switch strings.ToLower(t.text) {
	case "equals", "is":
		e.Instead = "eq"
	case "neq", "not":
		e.Instead = "ne"
	case "gte":
		e.Instead = "ge"
	case "lte":
		e.Instead = "le"
	case "contains", "startswith", "endswith":
		e.Message = t.text + " is a function"
		e.Instead = strings.ToLower(t.text) + "(" + strings.Join(path, "/") + ", '...')"
	case "like", "matches":
		e.Instead = "contains(" + strings.Join(path, "/") + ", '...')"
	}
	return e
}

func (p *parser) list() ([]Literal, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var list []Literal
	for {
		t := p.next()
		if t.kind != tokenLiteral {
			return nil, t.wrong("there is %s where a value should be", t)
		}
		list = append(list, t.literal)
		if p.punct(")") {
			return list, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}

func (p *parser) call(name token) (Expr, error) {
	function := strings.ToLower(name.text)
	switch {
	case canonical(function) || strings.Contains(function, "."):
		return nil, &Unsupported{"the function " + name.text}
	case !slices.Contains([]string{"contains", "startswith", "endswith"}, function):
		return nil, name.wrong("there is no function %q", name.text)
	}
	first := p.next()
	if first.kind == tokenWord && p.peek().text == "(" {
		return nil, &Unsupported{"the function " + first.text}
	}
	path, err := p.path(first)
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	t := p.next()
	if t.kind != tokenLiteral || t.literal.Kind != String {
		return nil, t.wrong("there is %s where text in single quotes should be", t)
	}
	return &Call{Name: function, Path: path, Text: t.literal.Text}, p.expect(")")
}

func (p *parser) lambda(path []string, name token) (Expr, error) {
	function := strings.ToLower(name.text)
	if function != "any" && function != "all" || len(path) == 0 {
		return nil, &Unsupported{"the function " + name.text}
	}
	l := &Lambda{Path: path, All: function == "all"}
	if function == "any" && p.punct(")") {
		return l, nil
	}
	t := p.next()
	if t.kind != tokenWord {
		return nil, t.wrong("there is %s where a variable should be", t)
	}
	l.Var = t.text
	if err := p.expect(":"); err != nil {
		return nil, err
	}
	var err error
	if l.Body, err = p.or(); err != nil {
		return nil, err
	}
	return l, p.expect(")")
}
