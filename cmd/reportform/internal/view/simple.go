package view

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/term"
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
	h.Out.Printf("Reportform %s\non %s/%s, built with %s\n", number, v.OS, v.Arch, v.Go)
}

// Version writes the version.
func (j *JSON) Version(v Version) {
	j.Put(struct {
		Head
		Version
	}{HeadOf(TypeVersion), v})
}

// Validated says how the check of a configuration ended.
func (h *Human) Validated(diags hcl.Diagnostics) {
	errs, warnings := tallyDiagnostics(diags)
	switch {
	case errs > 0:
		h.Out.Printf("%s The configuration has %s.\n", h.Out.Red("Not valid."), problems(errs, warnings))
	case warnings > 0:
		h.Out.Printf("%s The configuration is valid, with %s.\n", h.Out.Green("Success!"), problems(errs, warnings))
	default:
		h.Out.Printf("%s The configuration is valid.\n", h.Out.Green("Success!"))
	}
}

// Validated says how the check of a configuration ended.
func (j *JSON) Validated(diags hcl.Diagnostics) {
	errs, warnings := tallyDiagnostics(diags)
	j.Put(struct {
		Head
		Valid    bool `json:"valid"`
		Errors   int  `json:"errors"`
		Warnings int  `json:"warnings"`
	}{HeadOf(TypeValidation), errs == 0, errs, warnings})
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
		parts = append(parts, term.Many(errs, "error"))
	}
	if warnings > 0 {
		parts = append(parts, term.Many(warnings, "warning"))
	}
	return strings.Join(parts, " and ")
}

// Initialised says what init wrote and what comes next.
func (h *Human) Initialised(written []string) {
	o := &h.Out
	o.Printf("%s\n\n", o.Green("Welcome to Reportform!"))
	o.Paragraphs(0, "A starter configuration is written: "+strings.Join(written, " and ")+". It works at once, on the built-in sandbox and without any account. Next:")
	o.Printf("\n  reportform plan     see what is missing\n  reportform apply    fetch it into out/\n  reportform show     see what is held\n\n")
	o.Paragraphs(0, "Then make it your own: the comments in main.rf.hcl say how, and reportform reports lists what can be fetched.")
}

// Checked says that an existing configuration and its state backend are in order.
func (h *Human) Checked(c Checked) {
	o := &h.Out
	o.Printf("%s The configuration is valid: %s, %s, %s.\n", o.Green("Ready."),
		term.Many(c.Tenants, "tenant"), term.Many(c.Reports, "report"), term.Many(c.Outputs, "output"))
	if c.Ledgers == 0 {
		o.Printf("The state backend %q answers. Nothing is held yet.\n", c.Backend)
	} else {
		o.Printf("The state backend %q answers, with %s.\n", c.Backend, term.Many(c.Ledgers, "ledger"))
	}
	if c.Encrypted > 0 {
		o.Paragraphs(0, "Encrypted "+term.Many(c.Encrypted, "ledger")+". Now remove migrate and old_identities from the encryption block.")
	}
	o.Printf("\nNext: reportform plan\n")
}

// Checked describes a configuration and its state backend.
type Checked struct {
	Tenants, Reports, Outputs int
	Backend                   string
	Ledgers                   int
	Encrypted                 int // of the ledgers, just now
}

// Formatted names a file that is not, or was not, in canonical form.
func (h *Human) Formatted(path string) { h.Out.Printf("%s\n", path) }

// FormattedText is formatted standard input.
func (h *Human) FormattedText(text []byte) {
	_, _ = h.Out.Write(text)
}

// Diff shows a difference in unified form.
func (h *Human) Diff(unified string) {
	o := &h.Out
	for line := range strings.Lines(unified) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "+"):
			o.Printf("%s\n", o.Green(line))
		case strings.HasPrefix(line, "-"):
			o.Printf("%s\n", o.Red(line))
		case strings.HasPrefix(line, "@@"):
			o.Printf("%s\n", o.Cyan(line))
		default:
			o.Printf("%s\n", line)
		}
	}
}

// Sandbox says where a sandbox is served and how to use it.
func (h *Human) Sandbox(url string) {
	o := &h.Out
	o.Printf("%s %s\n\nTo use it, put this into a tenant block:\n\n", o.Green("The sandbox is served at"), url)
	o.Printf("  cloud = \"sandbox\"\n  endpoints {\n    login     = %s\n    graph     = %s\n    aad_graph = %s\n  }\n",
		quoted(url), quoted(url), quoted(url))
	o.Printf("\nStop it with Ctrl+C.\n")
}

func quoted(s string) string { return `"` + s + `"` }
