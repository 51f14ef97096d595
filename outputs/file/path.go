package file

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/options"
)

// consolePath is the path that leads to the console.
const consolePath = string(place.Console)

// pathTemplate is a path attribute, compiled: the concatenation of its parts.
// A path that is no template is one part.
type pathTemplate struct {
	attr  *hcl.Attribute
	scope *hcl.EvalContext
	parts []part
	// whole is set when the path is an expression of another kind: its parts
	// are not known, so the rule is applied to the values of pull that it
	// mentions.
	whole bool
}

// part is a piece of a path: text that is the same for every pull, or a value
// of pull, or any other expression that mentions pull.
type part struct {
	text string
	get  options.Field
	name string // of the value, as written: pull.tenant.name
	expr hcl.Expression
}

// compilePath checks a path as far as that is possible without a pull.
func compilePath(attr *hcl.Attribute, scope *hcl.EvalContext) (*pathTemplate, hcl.Diagnostics) {
	diags := options.CheckReferences(attr.Expr)
	if diags.HasErrors() {
		return nil, diags
	}
	t := &pathTemplate{attr: attr, scope: scope}
	value, diags := attr.Expr.Value(options.Scope(scope, nil))
	if diags.HasErrors() {
		return nil, diags
	}
	if value, _ = value.UnmarkDeep(); value.IsKnown() {
		text, err := asText(value)
		if err != nil {
			return nil, append(diags, t.mistake("Unsuitable value", fmt.Sprintf("A path is a text, but %s.", err), attr.Expr))
		}
		if !options.MentionsPull(attr.Expr) {
			t.parts = []part{{text: text}}
			return t, append(diags, t.checkForm(text)...)
		}
	} else if _, err := convert.Convert(value, cty.String); err != nil {
		return nil, append(diags, t.mistake("Unsuitable value", fmt.Sprintf("A path is a text, but %s.", err), attr.Expr))
	}

	switch expr := native(attr.Expr).(type) {
	case *hclsyntax.TemplateExpr:
		for _, e := range expr.Parts {
			t.add(e)
		}
	case *hclsyntax.TemplateWrapExpr:
		t.add(expr.Wrapped)
	case *hclsyntax.ScopeTraversalExpr:
		t.add(expr)
	default:
		t.whole = true
		t.parts = []part{{expr: attr.Expr}}
	}
	if last := t.parts[len(t.parts)-1]; last.text != "" {
		diags = append(diags, t.checkEnd(last.text)...)
	}
	if !diags.HasErrors() {
		diags = append(diags, t.checkBegin(prefix(value))...)
	}
	return t, diags
}

// prefix is what is known of the beginning of a text before there is a pull.
func prefix(value cty.Value) string {
	if value, err := convert.Convert(value, cty.String); err == nil && !value.IsKnown() {
		return value.Range().StringPrefix()
	}
	return ""
}

// native returns an expression of the native syntax: a string of the JSON
// syntax is a template.
func native(expr hcl.Expression) hcl.Expression {
	if hcljson.IsJSONExpression(expr) {
		literal, _ := expr.Value(nil)
		if literal.Type() != cty.String {
			return expr
		}
		start := expr.Range().Start
		start.Byte++ // the quote
		start.Column++
		template, diags := hclsyntax.ParseTemplate([]byte(literal.AsString()), expr.Range().Filename, start)
		if diags.HasErrors() {
			return expr
		}
		return template
	}
	for {
		parentheses, ok := expr.(*hclsyntax.ParenthesesExpr)
		if !ok {
			return expr
		}
		expr = parentheses.Expression
	}
}

// add appends a part.
func (t *pathTemplate) add(expr hclsyntax.Expression) {
	p := part{expr: expr}
	if traversal, ok := expr.(*hclsyntax.ScopeTraversalExpr); ok && traversal.Traversal.RootName() == "pull" {
		if get, ok := options.FieldAt(traversal.Traversal); ok {
			p = part{get: get, expr: expr, name: "pull." + strings.Join(options.Names(traversal.Traversal), ".")}
		}
	} else if !options.MentionsPull(expr) {
		value, diags := expr.Value(t.scope)
		if text, err := asText(value); err == nil && !diags.HasErrors() {
			p = part{text: text}
		}
	}
	t.parts = append(t.parts, p)
}

// resolve returns the place of a pull: the console, or a file below dir or
// elsewhere.
func (t *pathTemplate) resolve(pull *outputs.Pull, files Files) (place.Place, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	var buf [512]byte
	path := buf[:0]
	var scope *hcl.EvalContext // made when a part needs it
	for i := range t.parts {
		p := &t.parts[i]
		var text string
		switch {
		case p.expr == nil:
			path = append(path, p.text...)
			continue
		case p.get != nil:
			var ok bool
			if text, ok = p.get(pull); !ok {
				diags = append(diags, t.missing(p, pull))
				continue
			}
			if flaw := flawOf(text); flaw != "" {
				diags = append(diags, t.unsafe(p.name, text, flaw, p.expr, pull))
				continue
			}
		default:
			if scope == nil {
				scope = options.Scope(t.scope, pull)
			}
			var partDiags hcl.Diagnostics
			if text, partDiags = t.evaluate(p.expr, scope, pull); partDiags.HasErrors() {
				diags = append(diags, partDiags...)
				continue
			}
		}
		path = append(path, text...)
	}
	if diags.HasErrors() {
		return "", diags
	}
	text := string(path)
	if diags := t.checkForm(text); diags.HasErrors() {
		return "", diags
	}
	if text == consolePath {
		if len(t.parts) == 1 && t.parts[0].get != nil {
			return "", hcl.Diagnostics{t.mistake("Unsuitable value",
				fmt.Sprintf("For %s the path is %q, which leads to the console. Write it as it is if that is meant.", options.Describe(pull), text), t.attr.Expr)}
		}
		return place.Console, nil
	}
	if filepath.Separator == '/' && isClean(text) {
		return place.Place(text), nil
	}
	return files.placeOf(files.path(place.Place(text))), nil
}

// isClean reports whether a path is relative and has no parts that filepath.Join
// would take away. It may be wrong about a path that has
// none, never about one that has.
func isClean(path string) bool {
	for {
		if path == "" || path[0] == '.' || path[0] == filepath.Separator {
			return false
		}
		end := strings.IndexByte(path, filepath.Separator)
		if end < 0 {
			return true
		}
		path = path[end+1:]
	}
}

// evaluate gives the text of an expression that mentions pull, and holds it to the rule.
func (t *pathTemplate) evaluate(expr hcl.Expression, scope *hcl.EvalContext, pull *outputs.Pull) (string, hcl.Diagnostics) {
	value, diags := expr.Value(scope)
	if diags.HasErrors() {
		return "", diags
	}
	text, err := asText(value)
	if err != nil {
		return "", append(diags, t.mistake("Unsuitable value", fmt.Sprintf("A path is made of texts, but for %s %s.", options.Describe(pull), err), expr))
	}
	if !t.whole {
		// An expression may well give nothing: that is how a part is left out.
		if flaw := flawOf(text); flaw != "" && text != "" {
			diags = append(diags, t.unsafe("This part of the path", text, flaw, expr, pull))
		}
		return text, diags
	}
	for _, traversal := range options.References(expr) {
		mentioned, moreDiags := traversal.TraverseAbs(scope)
		diags = append(diags, moreDiags...)
		// The callback returns no error, so neither does Walk.
		_ = cty.Walk(mentioned, func(at cty.Path, value cty.Value) (bool, error) {
			if value.Type() == cty.String && value.IsKnown() && !value.IsNull() {
				if flaw := flawOf(value.AsString()); flaw != "" {
					name := strings.Join(append([]string{"pull"}, options.Names(traversal)...), ".")
					diags = append(diags, t.unsafe(name, value.AsString(), flaw, expr, pull))
				}
			}
			return true, nil
		})
	}
	return text, diags
}

// flawOf says why a value of pull may not stand in a path, as the end of a
// sentence that begins with the value; it is empty for a good value. The value
// becomes part of one name, so it can neither end that name nor lead elsewhere.
func flawOf(value string) string {
	switch value {
	case "":
		return "is empty"
	case ".", "..":
		return "leads to another directory"
	}
	if isPlain(value) {
		return ""
	}
	for _, r := range value {
		switch {
		case r == '/' || r == '\\':
			return "contains a separator"
		case unicode.IsControl(r):
			return "contains a control character"
		case runtime.GOOS == "windows" && strings.ContainsRune(`<>:"|?*`, r):
			return fmt.Sprintf("contains %q, which file names on Windows cannot have", r)
		}
	}
	return ""
}

// isPlain reports whether a value is made of letters, digits and what labels
// have between them, so that it may stand in a path on every system.
func isPlain(value string) bool {
	for i := range len(value) {
		c := value[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == ' ' {
			continue
		}
		return false
	}
	return true
}

// checkForm reports a path that cannot name a file.
func (t *pathTemplate) checkForm(path string) hcl.Diagnostics {
	if path == "" {
		return hcl.Diagnostics{t.mistake("Invalid path", `The path is empty. Name a file, such as "out/${pull.tenant.name}-${pull.window.label}.json", or write "-" for the console.`, t.attr.Expr)}
	}
	if strings.Contains(path, "\x00") {
		return hcl.Diagnostics{t.mistake("Invalid path", "The path has a NUL in it, which no system takes in the name of a file. Leave it out.", t.attr.Expr)}
	}
	if diags := t.checkEnd(path); diags.HasErrors() {
		return diags
	}
	return t.checkBegin(path)
}

// checkEnd reports the end of a path that names a directory.
func (t *pathTemplate) checkEnd(path string) hcl.Diagnostics {
	if strings.HasSuffix(path, "/") || strings.HasSuffix(path, string(os.PathSeparator)) {
		return hcl.Diagnostics{t.mistake("Invalid path", fmt.Sprintf("The path ends in a separator, %q, so it names a directory. Add the name of a file.", path[len(path)-1:]), t.attr.Expr)}
	}
	return nil
}

// checkBegin reports the beginning of a path that is a URL. The rest of it is not
// shown, since URLs may hold passwords.
func (t *pathTemplate) checkBegin(path string) hcl.Diagnostics {
	begin := schemeOf(path)
	if begin == "" {
		return nil
	}
	remedy := "write to a directory and copy it there with the tool of that store, or mount the store as a directory"
	if strings.HasPrefix(strings.ToLower(begin), "file:") {
		remedy = fmt.Sprintf("write the path of the file without %q", begin)
	}
	directory := begin[:strings.IndexByte(begin, ':')+1]
	return hcl.Diagnostics{t.mistake("Invalid path", fmt.Sprintf(
		"The path begins as a URL, with %q, but outputs write to files of this machine only: %s. (A directory with the name %q is %q.)",
		begin, remedy, directory, "./"+directory), t.attr.Expr)}
}

// schemeOf returns the beginning of a path that begins as a URL does, "s3://" or
// "s3:/", which lead to the same directory; empty for any other. A drive of
// Windows is one letter.
func schemeOf(path string) string {
	for i := range len(path) {
		c := path[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 1 && strings.HasPrefix(path[i:], "://"):
			return path[:i+len("://")]
		case i > 1 && strings.HasPrefix(path[i:], ":/"):
			return path[:i+len(":/")]
		default:
			return ""
		}
	}
	return ""
}

func (t *pathTemplate) unsafe(name, value, flaw string, expr hcl.Expression, pull *outputs.Pull) *hcl.Diagnostic {
	remedy := "Change the value, or leave it out of the path."
	if strings.ContainsAny(value, `/\`) {
		remedy = `Change the value, or replace the separator: replace(value, "/", "-").`
	}
	return t.mistake("Unsafe value in a path", fmt.Sprintf(
		"%s is %q for %s: it %s. A value of pull becomes part of one file or directory name. %s",
		name, value, options.Describe(pull), flaw, remedy), expr)
}

func (t *pathTemplate) missing(p *part, pull *outputs.Pull) *hcl.Diagnostic {
	label := p.name[strings.LastIndexByte(p.name, '.')+1:]
	return t.mistake("Missing label", fmt.Sprintf(
		"The tenant %q has no label %q. Give it one, or write lookup(pull.tenant.labels, %q, \"none\").",
		pull.Tenant.Name, label, label), p.expr)
}

func (t *pathTemplate) mistake(summary, detail string, expr hcl.Expression) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  summary,
		Detail:   detail,
		Subject:  expr.Range().Ptr(),
		Context:  t.attr.Range.Ptr(),
	}
}

// asText converts a known value to text.
func asText(value cty.Value) (string, error) {
	value, _ = value.UnmarkDeep()
	value, err := convert.Convert(value, cty.String)
	switch {
	case err != nil:
		return "", err
	case value.IsNull():
		return "", fmt.Errorf("the value is null")
	case !value.IsKnown():
		return "", fmt.Errorf("the value is not known")
	}
	return value.AsString(), nil
}
