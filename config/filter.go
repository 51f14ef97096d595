package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/column"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/odatafilter"
)

// Names are what is known of the fields of a type's events.
func (t *ReportType) Names() []column.Column { return slices.Concat(t.Fields, t.Columns) }

// filterWords are the words for what a filter can use of a property.
func filterWords() []string {
	return []string{"eq", "ne", "gt", "ge", "lt", "le", "in", "any", "all", "contains", "startswith", "endswith"}
}

// anyProperty is the key of ReportType.Operators for properties without their own.
const anyProperty = "*"

// operatorsOf reads what filters may use of which property.
func operatorsOf(a *lang.Attributes) map[string][]string {
	operators := a.TextLists("operators")
	for _, property := range slices.Sorted(maps.Keys(operators)) {
		for _, word := range operators[property] {
			if !slices.Contains(filterWords(), word) {
				a.Reject("operators", "Unknown operator", "A filter can use %[2]s on %[1]q, but not %[3]q.%[4]s",
					property, diag.Quoted(filterWords()), word, diag.DidYouMean(word, slices.Values(filterWords())))
			}
		}
	}
	return operators
}

// checkFilter checks a report's filter, and returns the properties that it looks at.
func checkFilter(i *lang.Instance, t *ReportType, filter string) (properties []string) {
	if strings.TrimSpace(filter) == "" {
		return nil
	}
	e, err := odatafilter.Parse(filter)
	var mistake *odatafilter.Error
	switch {
	case errors.As(err, &mistake):
		rejectFilter(&i.Attributes, filter, mistake)
		return nil
	case err != nil:
		return nil // the service may know more
	}
	for _, use := range odatafilter.Uses(e) {
		properties = append(properties, use.Path[0])
		if t != nil {
			checkName(i, "filter", strings.Join(use.Path, "/"), t)
			checkOperator(i, t, use)
		}
	}
	return properties
}

// typeFilter reads the filter of a report type.
func typeFilter(a *lang.Attributes) string {
	filter, _ := a.Text("filter")
	var mistake *odatafilter.Error
	if _, err := odatafilter.Parse(filter); filter != "" && errors.As(err, &mistake) {
		rejectFilter(a, filter, mistake)
	}
	return filter
}

// rejectFilter points at a mistake in a filter.
func rejectFilter(a *lang.Attributes, filter string, mistake *odatafilter.Error) {
	end := min(mistake.End, len(filter))
	text := "The filter is not valid OData: " + mistake.Message
	if at := filter[min(mistake.At, end):end]; at != "" {
		text += fmt.Sprintf(", at character %d", len([]rune(filter[:mistake.At]))+1)
	} else {
		text += ", at its end"
	}
	text += "."
	if mistake.Instead != "" {
		text += " Write " + mistake.Instead + "."
	}
	if within, ok := literalRange(a.Expression("filter"), filter, mistake.At, end); ok {
		a.Mistake(within, "Invalid filter", "%s", text)
		return
	}
	a.Reject("filter", "Invalid filter", "%s It reads: %s", text, filter)
}

// literalRange is where a part of a text stands in the expression that gives it, if
// that is the text itself in quotes, without escapes.
func literalRange(expr hcl.Expression, text string, at, end int) (hcl.Range, bool) {
	template, ok := expr.(*hclsyntax.TemplateExpr)
	if !ok || !template.IsStringLiteral() {
		return hcl.Range{}, false
	}
	r := template.Parts[0].Range()
	if r.Start.Line != r.End.Line || r.End.Byte-r.Start.Byte != len(text) {
		return hcl.Range{}, false
	}
	move := func(n int) hcl.Pos {
		return hcl.Pos{Line: r.Start.Line, Column: r.Start.Column + len([]rune(text[:n])), Byte: r.Start.Byte + n}
	}
	return hcl.Range{Filename: r.Filename, Start: move(at), End: move(max(end, at))}, true
}

// checkOperator checks that the service takes what a filter uses.
func checkOperator(i *lang.Instance, t *ReportType, use odatafilter.Use) {
	path := strings.Join(use.Path, "/")
	key, taken := anyProperty, t.Operators[anyProperty]
	for property, list := range t.Operators {
		if strings.EqualFold(property, path) {
			key, taken = property, list
		}
	}
	if taken == nil || slices.Contains(taken, use.Op) || use.Op == "in" && slices.Contains(taken, "eq") {
		return
	}
	switch {
	case len(taken) == 0 && key == anyProperty && len(t.Operators) == 1:
		i.Reject("filter", "Invalid filter", "The report %s takes no filter: the service refuses one. Remove it.", t.Name)
	case len(taken) == 0:
		i.Reject("filter", "Invalid filter", "The report %s refuses a filter on %s. Leave it out.", t.Name, path)
	default:
		i.Reject("filter", "Invalid filter", "The report %s refuses %q on %s, of which it takes %s.", t.Name, use.Op, path, diag.Quoted(taken))
	}
}

// checkSelect checks the names of properties to select.
func checkSelect(i *lang.Instance, t *ReportType, properties []string) {
	for _, property := range properties {
		checkName(i, "select", property, t)
	}
}

// checkName checks the path of a property, its names joined by slashes, in the
// value of an attribute. Casts to types are skipped.
func checkName(i *lang.Instance, attribute, path string, t *ReportType) {
	var names []string
	for name := range strings.SplitSeq(path, "/") {
		if !strings.ContainsAny(name, ".$") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return
	}
	mistake, text := t.CheckField(strings.Join(names, "."), "/")
	switch {
	case text == "":
	case mistake:
		i.Reject(attribute, "Wrong case", "%s", text)
	default:
		i.Warn(attribute, "Unknown property", "%s", text)
	}
}

// CheckField says what is wrong with the dotted path of a field of the type's
// events, names being joined by separator in the text; the text is empty where
// nothing is. A field that differs in case alone is a mistake; one that is not
// known may be new.
func (t *ReportType) CheckField(path, separator string) (mistake bool, text string) {
	names := t.Names()
	written := func(path string) string { return strings.ReplaceAll(path, ".", separator) }
	switch match, spelt := column.Look(path, names); {
	case match == column.CaseWrong:
		return true, "The report " + t.Name + " has no " + written(path) + ", only " + written(spelt) + ": upper and lower case count."
	case match == column.Unknown && t.Complete:
		near := diag.Closest(path, slices.Values(column.Paths(names)))
		text = "The events of " + t.Name + " are not known to have " + written(path) + "."
		if near != "" {
			text += " Did you mean " + written(near) + "?"
		}
		return false, text
	}
	return false, ""
}
