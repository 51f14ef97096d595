// Package variables reads what a configuration leaves open: the variable
// blocks, the values that environment, files and flags give them, and the rules
// that these must keep.
package variables

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/diag"
)

// variable is one variable block.
type variable struct {
	name        string
	constraint  cty.Type
	defaults    *typeexpr.Defaults // of optional attributes; nil for none
	fallback    cty.Value          // the default, converted; NilVal for none
	nullable    bool
	validations []*validation
	place       hcl.Range
	broken      bool // its type or its default is mistaken
}

// validation is a rule for the value of a variable.
type validation struct {
	condition, message hcl.Expression
	place              hcl.Range
}

// Schema is the schema of a variable block.
func Schema() *hcl.BodySchema {
	return &hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{
			{Name: "type"},
			{Name: "default"},
			{Name: "description"},
			{Name: "nullable"},
			{Name: "sensitive"},
		},
		Blocks: []hcl.BlockHeaderSchema{{Type: "validation"}},
	}
}

// ValidationSchema is the schema of a validation block.
func ValidationSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "condition", Required: true},
		{Name: "error_message", Required: true},
	}}
}

// Variables are the declared variables and the values that they are given. Of
// two values for a variable the later wins.
type Variables struct {
	declared map[string]*variable
	values   map[string]given
	hidden   *lang.Hidden
}

// Declare decodes the variable blocks. A value for a variable that may be hidden
// is no mistake.
func Declare(blocks []*hcl.Block, hidden *lang.Hidden) (*Variables, hcl.Diagnostics) {
	vs := &Variables{declared: map[string]*variable{}, values: map[string]given{}, hidden: hidden}
	var diags hcl.Diagnostics
	for _, block := range blocks {
		name := block.Labels[0]
		d := lang.CheckLabels(block)
		diags = append(diags, d...)
		if d.HasErrors() {
			continue
		}
		if first, taken := vs.declared[name]; taken {
			diags = append(diags, diag.Mistake(block.DefRange, "Declared twice",
				"The variable %q is already declared at %s. Give this one another name.", name, first.place))
			continue
		}
		v, d := decodeVariable(block)
		diags = append(diags, d...)
		vs.declared[name] = v
	}
	return vs, diags
}

func decodeVariable(block *hcl.Block) (*variable, hcl.Diagnostics) {
	schema := Schema()
	content, diags := block.Body.Content(schema)
	a := lang.NewAttributes(content, schema, nil)
	v := &variable{name: block.Labels[0], constraint: cty.DynamicPseudoType, nullable: true, place: block.DefRange}
	if a.Has("sensitive") {
		diags = append(diags, diag.Mistake(content.Attributes["sensitive"].NameRange, "Secrets are not variables",
			`A variable cannot be sensitive, because no secret takes part in evaluation. Where a secret is needed, refer to it with secret_env("NAME"), secret_file("PATH") or secret_exec(["COMMAND"]).`))
	}
	if attr := content.Attributes["type"]; attr != nil {
		var d hcl.Diagnostics
		v.constraint, v.defaults, d = typeexpr.TypeConstraintWithDefaults(attr.Expr)
		diags = append(diags, d...)
		v.broken = d.HasErrors()
	}
	a.Text("description")
	if nullable, ok := a.Bool("nullable"); ok {
		v.nullable = nullable
	}
	if attr := content.Attributes["default"]; attr != nil && !v.broken {
		value, d := attr.Expr.Value(nil)
		diags = append(diags, d...)
		v.broken = true
		if !d.HasErrors() {
			converted, err := v.convert(value)
			switch {
			case err != nil:
				diags = append(diags, diag.Mistake(attr.Expr.Range(), "Unsuitable default", "The default does not have the variable's type: %s.", err))
			case converted.IsNull() && !v.nullable:
				diags = append(diags, diag.Mistake(attr.Expr.Range(), "Unsuitable default", "The default is null, which nullable = false excludes."))
			default:
				v.fallback, v.broken = converted, false
			}
		}
	}
	for _, inner := range content.Blocks {
		schema := ValidationSchema()
		content, d := inner.Body.Content(schema)
		diags = append(diags, d...)
		if !d.HasErrors() {
			v.validations = append(v.validations, &validation{
				condition: content.Attributes["condition"].Expr,
				message:   content.Attributes["error_message"].Expr,
				place:     inner.DefRange,
			})
		}
	}
	return v, append(diags, a.Diagnostics()...)
}

// convert gives the value the variable's type, with the defaults of optional
// attributes.
func (v *variable) convert(value cty.Value) (cty.Value, error) {
	if v.defaults != nil && !value.IsNull() {
		value = v.defaults.Apply(value)
	}
	return convert.Convert(value, v.constraint)
}

// given is a value for a variable, and where it comes from.
type given struct {
	value cty.Value
	from  string     // for messages: the environment variable RF_VAR_region
	place *hcl.Range // of the value in a file; nil where it is in none
}

// envPrefix begins the names of environment variables that set variables.
const envPrefix = "RF_VAR_"

// FromEnviron takes the values that the environment gives.
func (vs *Variables) FromEnviron(environ []string) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		v := vs.declared[strings.TrimPrefix(name, envPrefix)]
		if !strings.HasPrefix(name, envPrefix) || v == nil {
			continue
		}
		diags = append(diags, vs.take(v, text, "the environment variable "+name)...)
	}
	return diags
}

// FromFlags takes the values that -var flags give, as name=value.
func (vs *Variables) FromFlags(flags []string) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, flag := range flags {
		name, text, ok := strings.Cut(flag, "=")
		name = strings.TrimSpace(name)
		v := vs.declared[name]
		switch {
		case !ok || name == "":
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError, Summary: "Unsuitable -var",
				Detail: `A -var flag is a name, an equals sign and a value, such as -var 'region=eu'. One of the given flags has no name or no equals sign.`,
			})
		case v == nil && !vs.hidden.Has("variable", name):
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError, Summary: "Unknown variable",
				Detail: fmt.Sprintf("A -var flag sets the variable %q, which the configuration does not declare.%s", name, diag.DidYouMean(name, maps.Keys(vs.declared))),
			})
		case v != nil:
			diags = append(diags, vs.take(v, text, "the flag -var "+name)...)
		}
	}
	return diags
}

// take gives a variable the value that is written in text.
func (vs *Variables) take(v *variable, text, from string) hcl.Diagnostics {
	value, diags := v.parse(text, from)
	vs.values[v.name] = given{value: value, from: from}
	return diags
}

// parse reads a value that is given as text: itself where the variable is a
// string or has no type, else an expression.
func (v *variable) parse(text, from string) (cty.Value, hcl.Diagnostics) {
	if v.constraint == cty.String || v.constraint == cty.DynamicPseudoType || v.broken {
		return cty.StringVal(text), nil
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), from, hcl.InitialPos)
	value := cty.DynamicVal
	if !diags.HasErrors() {
		value, diags = expr.Value(nil)
	}
	if diags.HasErrors() {
		// The text is in no file, so that its ranges are of no use.
		return cty.DynamicVal, hcl.Diagnostics{diag.Mistake(v.place, "Unsuitable value for a variable",
			"The value of %q from %s is not an expression of the type %s: %s. Text within it is written in quotes.",
			v.name, from, typeexpr.TypeString(v.constraint), diag.Uncapitalize(diag.FirstError(diags).Summary))}
	}
	return value, nil
}

// FromFile takes the values of a variables file.
func (vs *Variables) FromFile(file *hcl.File) hcl.Diagnostics {
	attrs, diags := file.Body.JustAttributes()
	for _, attr := range lang.InOrder(attrs) {
		v := vs.declared[attr.Name]
		if v == nil {
			if !vs.hidden.Has("variable", attr.Name) {
				diags = append(diags, diag.Warning(attr.NameRange, "Unknown variable",
					"The configuration does not declare a variable %q, so that this value is not used.%s", attr.Name, diag.DidYouMean(attr.Name, maps.Keys(vs.declared))))
			}
			continue
		}
		value, d := attr.Expr.Value(nil)
		diags = append(diags, d...)
		if d.HasErrors() {
			value = cty.DynamicVal
		}
		place := attr.Expr.Range()
		vs.values[v.name] = given{value: value, from: place.Filename, place: &place}
	}
	return diags
}

// FromUnread stands for a variables file that cannot be read and may have set
// any of them.
func (vs *Variables) FromUnread(name string) {
	for v := range vs.declared {
		vs.values[v] = given{value: cty.DynamicVal, from: name}
	}
}

// Values decides the value of each variable, by name. What is mistaken is unknown.
func (vs *Variables) Values() (map[string]cty.Value, hcl.Diagnostics) {
	values := map[string]cty.Value{}
	var diags hcl.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(vs.declared)) {
		v := vs.declared[name]
		values[name] = cty.DynamicVal
		if v.broken {
			continue
		}
		value, d := v.settle(vs.values)
		diags = append(diags, d...)
		if !d.HasErrors() {
			values[name] = value
		}
	}
	return values, diags
}

func (v *variable) settle(values map[string]given) (cty.Value, hcl.Diagnostics) {
	g, ok := values[v.name]
	if ok && !v.nullable && g.value.IsNull() {
		ok = false
	}
	if !ok {
		if v.fallback != cty.NilVal {
			return v.fallback, nil
		}
		return cty.NilVal, hcl.Diagnostics{diag.Mistake(v.place, "Missing value for a variable",
			"The variable %[1]q has no default and is not set. Set it with -var '%[1]s=...', in a file that is named with -var-file or ends in .auto.rfvars, or with the environment variable %[2]s%[1]s.", v.name, envPrefix)}
	}
	value, err := v.convert(g.value)
	if err != nil {
		place := v.place
		if g.place != nil {
			place = *g.place
		}
		return cty.NilVal, hcl.Diagnostics{diag.Mistake(place, "Unsuitable value for a variable",
			"The value of %q from %s does not have its type: %s.", v.name, g.from, err)}
	}
	return value, nil
}

// Validate checks the rules of every variable. They are evaluated in a scope
// that has the values, and can refer to locals.
func (vs *Variables) Validate(s *lang.Scope) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(vs.declared)) {
		v := vs.declared[name]
		for _, rule := range v.validations {
			place := v.place
			if g, ok := vs.values[name]; ok && g.place != nil {
				place = *g.place
			}
			diags = append(diags, v.validate(rule, s, place)...)
		}
	}
	return diags
}

func (v *variable) validate(rule *validation, s *lang.Scope, place hcl.Range) hcl.Diagnostics {
	result, diags := s.OwnValue("variable", rule.condition)
	if diags.HasErrors() || !result.IsKnown() {
		return diags
	}
	holds, err := convert.Convert(result, cty.Bool)
	if err != nil || holds.IsNull() {
		return append(diags, diag.Mistake(rule.condition.Range(), "Unsuitable condition", "The condition of a validation must be true or false."))
	}
	if holds.True() {
		return diags
	}
	text, d := s.OwnValue("variable", rule.message)
	diags = append(diags, d...)
	if d.HasErrors() || !text.IsKnown() {
		return diags
	}
	message, err := convert.Convert(text, cty.String)
	if err != nil || message.IsNull() {
		return append(diags, diag.Mistake(rule.message.Range(), "Unsuitable message", "The error_message of a validation must be a string."))
	}
	return append(diags, diag.Mistake(place, "Unsuitable value for a variable",
		"%s\n\nThe rule for %q is at %s.", cmp.Or(message.AsString(), "The value is refused."), v.name, rule.place))
}
