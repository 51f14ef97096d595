// Package diag has what everybody who finds mistakes shares: a mistake with
// its place and its remedy, suggestions for misspelt names, lines that must not
// be quoted, and errors without the names of files.
package diag

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Mistake is an error in the configuration at a place. The detail says what is
// wrong and what to write instead.
func Mistake(subject hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  summary,
		Detail:   fmt.Sprintf(format, args...),
		Subject:  &subject,
	}
}

// Warning is like Mistake, for what keeps nothing from working.
func Warning(subject hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	d := Mistake(subject, summary, format, args...)
	d.Severity = hcl.DiagWarning
	return d
}

// SecretHere is the Extra of a diagnostic whose source line may hold a secret
// in plain text. Whoever renders the diagnostic must not quote the line. Its
// Subject is the name of the attribute or a reference in its value, and it has
// neither Context nor Expression.
type SecretHere struct{}

// Unquoted marks diagnostics in whose lines a secret may stand in plain text:
// no line is quoted, and no value is shown.
func Unquoted(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		d.Extra, d.Context, d.Expression, d.EvalContext = SecretHere{}, nil, nil, nil
	}
	return diags
}

// FirstError returns the first of diags that is an error. There must be one.
func FirstError(diags hcl.Diagnostics) *hcl.Diagnostic {
	return diags[slices.IndexFunc(diags, func(d *hcl.Diagnostic) bool { return d.Severity == hcl.DiagError })]
}

// Quoted writes names for a sentence: "a", "b" or "c".
func Quoted(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

// Capitalize makes an error's text the beginning of a sentence.
func Capitalize(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Uncapitalize makes the beginning of a sentence a part of one.
func Uncapitalize(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
