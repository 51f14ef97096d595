package view

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Version is what version tells.
type Version struct {
	Version string `json:"reportform"` // without a leading v, or "dev"
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Go      string `json:"go"`
}

// Version shows the version.
func (h *Human) Version(v Version) {
	number := v.Version
	if number != "" && number[0] >= '0' && number[0] <= '9' {
		number = "v" + number
	}
	h.out.printf("Reportform %s\non %s/%s, built with %s\n", number, v.OS, v.Arch, v.Go)
}

// Version writes the version.
func (j *JSON) Version(v Version) {
	j.put(struct {
		head
		Version
	}{headOf(TypeVersion), v})
}

// Validated says how the check of a configuration ended.
func (h *Human) Validated(diags hcl.Diagnostics) {
	errs, warnings := tallyDiagnostics(diags)
	switch {
	case errs > 0:
		h.out.printf("%s The configuration has %s.\n", h.out.red("Not valid."), problems(errs, warnings))
	case warnings > 0:
		h.out.printf("%s The configuration is valid, with %s.\n", h.out.green("Success!"), problems(errs, warnings))
	default:
		h.out.printf("%s The configuration is valid.\n", h.out.green("Success!"))
	}
}

// Validated says how the check of a configuration ended.
func (j *JSON) Validated(diags hcl.Diagnostics) {
	errs, warnings := tallyDiagnostics(diags)
	j.put(struct {
		head
		Valid    bool `json:"valid"`
		Errors   int  `json:"errors"`
		Warnings int  `json:"warnings"`
	}{headOf(TypeValidation), errs == 0, errs, warnings})
}

func tallyDiagnostics(diags hcl.Diagnostics) (errs, warnings int) {
	for _, d := range diags {
		if d.Severity == hcl.DiagWarning {
			warnings++
		} else {
			errs++
		}
	}
	return errs, warnings
}

func problems(errs, warnings int) string {
	var parts []string
	if errs > 0 {
		parts = append(parts, many(errs, "error"))
	}
	if warnings > 0 {
		parts = append(parts, many(warnings, "warning"))
	}
	return strings.Join(parts, " and ")
}

// Initialised says what init wrote and what comes next.
func (h *Human) Initialised(written []string) {
	o := &h.out
	o.printf("%s\n\n", o.green("Welcome to Reportform!"))
	o.paragraphs(0, "A starter configuration is written: "+strings.Join(written, " and ")+". It works at once, on the built-in sandbox and without any account. Next:")
	o.printf("\n  reportform plan     see what is missing\n  reportform apply    fetch it into out/\n  reportform show     see what is held\n\n")
	o.paragraphs(0, "Then make it your own: the comments in main.rf.hcl say how, and reportform reports lists what can be fetched.")
}

// Checked says that an existing configuration and its state backend are in order.
func (h *Human) Checked(c Checked) {
	o := &h.out
	o.printf("%s The configuration is valid: %s, %s, %s.\n", o.green("Ready."),
		many(c.Tenants, "tenant"), many(c.Reports, "report"), many(c.Outputs, "output"))
	if c.Ledgers == 0 {
		o.printf("The state backend %q answers. Nothing is held yet.\n", c.Backend)
	} else {
		o.printf("The state backend %q answers, with %s.\n", c.Backend, many(c.Ledgers, "ledger"))
	}
	o.printf("\nNext: reportform plan\n")
}

// Checked describes a configuration and its state backend.
type Checked struct {
	Tenants, Reports, Outputs int
	Backend                   string
	Ledgers                   int
}

// Formatted names a file that is not, or was not, in canonical form.
func (h *Human) Formatted(path string) { h.out.printf("%s\n", path) }

// FormattedText is formatted standard input.
func (h *Human) FormattedText(text []byte) {
	_, _ = h.out.stream.Write(text)
}

// Diff shows a difference in unified form.
func (h *Human) Diff(unified string) {
	o := &h.out
	for line := range strings.Lines(unified) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "+"):
			o.printf("%s\n", o.green(line))
		case strings.HasPrefix(line, "-"):
			o.printf("%s\n", o.red(line))
		case strings.HasPrefix(line, "@@"):
			o.printf("%s\n", o.cyan(line))
		default:
			o.printf("%s\n", line)
		}
	}
}

// Sandbox says where a sandbox is served and how to use it.
func (h *Human) Sandbox(url string) {
	o := &h.out
	o.printf("%s %s\n\nTo use it, put this into a tenant block:\n\n", o.green("The sandbox is served at"), url)
	o.printf("  cloud = \"sandbox\"\n  endpoints {\n    login     = %s\n    graph     = %s\n    aad_graph = %s\n  }\n",
		quoted(url), quoted(url), quoted(url))
	o.printf("\nStop it with Ctrl+C.\n")
}

func quoted(s string) string { return `"` + s + `"` }
