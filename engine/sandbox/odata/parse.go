// Package odata reads and evaluates the $filter expressions that Microsoft
// Graph understands: comparisons, and, or, not, parentheses, in, any and all,
// and the string functions contains, startswith and endswith.
package odata

import (
	"errors"
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

// Parse reads a filter. Its errors say what stands in the way.
func Parse(filter string) (Expr, error) {
	if len(filter) > maxLength {
		return nil, fmt.Errorf("the filter is longer than %d bytes", maxLength)
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
		return nil, fmt.Errorf("unexpected %s", t)
	}
	return e, nil
}

type parser struct {
	tokens []token
	depth  int
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
		return fmt.Errorf("%s instead of %q", p.peek(), s)
	}
	return nil
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
		return nil, errors.New("the filter is nested too deeply")
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
			return nil, errors.New("the filter is nested too deeply")
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
		op := strings.ToLower(p.next().text)
		turned, ok := map[string]string{"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}[op]
		if !ok {
			return nil, fmt.Errorf("%q is not a comparison", op)
		}
		name := p.next()
		path, err := p.path(name)
		return &Compare{Path: path, Op: turned, Literal: t.literal}, err
	case t.kind != tokenWord:
		return nil, fmt.Errorf("%s instead of a condition", t)
	case p.punct("("):
		return p.call(strings.ToLower(t.text))
	}
	path, err := p.path(t)
	if err != nil {
		return nil, err
	}
	if last := path[len(path)-1]; p.punct("(") {
		return p.lambda(path[:len(path)-1], strings.ToLower(last))
	}
	return p.compare(path)
}

// path reads the rest of a path that begins with t.
func (p *parser) path(t token) ([]string, error) {
	var path []string
	for {
		if t.kind != tokenWord {
			return nil, fmt.Errorf("%s instead of a property", t)
		}
		path = append(path, t.text)
		if len(path) > maxDepth {
			return nil, errors.New("the path is too long")
		}
		if !p.punct("/") {
			return path, nil
		}
		t = p.next()
	}
}

func (p *parser) compare(path []string) (Expr, error) {
	t := p.next()
	op := strings.ToLower(t.text)
	if t.kind != tokenWord {
		return nil, fmt.Errorf("%s instead of an operator", t)
	}
	if op == "in" {
		list, err := p.list()
		return &In{Path: path, List: list}, err
	}
	if !slices.Contains([]string{"eq", "ne", "gt", "ge", "lt", "le"}, op) {
		return nil, fmt.Errorf("operator %q is not supported", t.text)
	}
	value := p.next()
	if value.kind != tokenLiteral {
		return nil, fmt.Errorf("%s instead of a value", value)
	}
	return &Compare{Path: path, Op: op, Literal: value.literal}, nil
}

func (p *parser) list() ([]Literal, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var list []Literal
	for {
		t := p.next()
		if t.kind != tokenLiteral {
			return nil, fmt.Errorf("%s instead of a value", t)
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

func (p *parser) call(name string) (Expr, error) {
	if !slices.Contains([]string{"contains", "startswith", "endswith"}, name) {
		return nil, fmt.Errorf("function %q is not supported", name)
	}
	path, err := p.path(p.next())
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	t := p.next()
	if t.kind != tokenLiteral || t.literal.Kind != String {
		return nil, fmt.Errorf("%s instead of a string", t)
	}
	return &Call{Name: name, Path: path, Text: t.literal.Text}, p.expect(")")
}

func (p *parser) lambda(path []string, name string) (Expr, error) {
	if name != "any" && name != "all" || len(path) == 0 {
		return nil, fmt.Errorf("function %q is not supported", name)
	}
	l := &Lambda{Path: path, All: name == "all"}
	if name == "any" && p.punct(")") {
		return l, nil
	}
	t := p.next()
	if t.kind != tokenWord {
		return nil, fmt.Errorf("%s instead of a variable", t)
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

func (t token) String() string {
	switch t.kind {
	case tokenEnd:
		return "the end"
	case tokenLiteral:
		return "a value"
	}
	return fmt.Sprintf("%q", t.text)
}
