package config

import (
	"cmp"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/config/lang/functions"
	"github.com/reportform/reportform/config/lang/variables"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/diag"
)

// Load reads the configuration in dir: its files *.rf.hcl and *.rf.json, but
// not hidden files and not subdirectories.
//
// Variables take the last of these values: the environment RF_VAR_name; the
// files reportform.rfvars and reportform.rfvars.json; the files *.auto.rfvars
// and *.auto.rfvars.json in order of name; opts.VarFiles in order; opts.Vars in
// order. So that a -var flag wins over every -var-file, wherever they stand on
// the command line.
//
// The diagnostics hold every mistake, in order of place, each once; warnings
// are among them. The Config is never nil and its Files serve the diagnostics.
// When there are errors it holds what could be read for more checks: the
// credentials and outputs in it can be decoded, but others may be missing, and
// tenants, windows and reports may be incomplete.
func Load(dir string, opts Options) (*Config, hcl.Diagnostics) {
	files, diags := readSources(dir, opts.VarFiles)
	if len(files.blocks) == 0 {
		return emptyConfig(dir, opts), diags
	}
	config, d := load(dir, files, opts)
	return config, lang.Tidy(append(diags, d...))
}

func emptyConfig(dir string, opts Options) *Config {
	c := &Config{Dir: dir, Files: map[string]*hcl.File{}, ReportTypes: map[string]*ReportType{}, LimitClasses: map[string]*LimitClass{}}
	for _, t := range opts.ReportTypes {
		c.ReportTypes[t.Name] = t
	}
	for _, class := range opts.LimitClasses {
		c.LimitClasses[class.Name] = class
	}
	return c
}

// rootSchema is what stands at the top of a file.
func rootSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "reportform"},
		{Type: "variable", LabelNames: []string{"name"}},
		{Type: "locals"},
		{Type: "credential", LabelNames: []string{"type", "name"}},
		{Type: "tenant", LabelNames: []string{"name"}},
		{Type: "window", LabelNames: []string{"name"}},
		{Type: "output", LabelNames: []string{"type", "name"}},
		{Type: "report", LabelNames: []string{"type", "name"}},
		{Type: "report_type", LabelNames: []string{"name"}},
	}}
}

// loader is a configuration that is being loaded.
type loader struct {
	config *Config
	opts   Options
	scope  *lang.Scope
	blocks map[string][]*hcl.Block // by type, in order of files and lines
	diags  hcl.Diagnostics

	credential, tenant, window, output, report *lang.Kind

	// What is declared, by address, mistaken blocks included.
	credentials map[address.Address]*Credential
	tenants     map[address.Address]*Tenant
	windows     map[address.Address]*Window
	outputs     map[address.Address]*Output
	// brokenTypes are the names of report_type blocks with mistakes.
	brokenTypes map[string]bool
	fitting     map[fitting]bool // whether slices can be had
}

// load evaluates the files. It works in phases, each of which knows what the
// earlier ones found: variables, then the kinds in their order; locals in
// between, as soon as what they refer to is known.
func load(dir string, files sources, opts Options) (*Config, hcl.Diagnostics) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		absolute = dir
	}
	l := &loader{
		config:      emptyConfig(dir, opts),
		opts:        opts,
		blocks:      map[string][]*hcl.Block{},
		credential:  credentialKind(),
		tenant:      tenantKind(),
		window:      windowKind(),
		output:      outputKind(),
		report:      reportKind(),
		credentials: map[address.Address]*Credential{},
		tenants:     map[address.Address]*Tenant{},
		windows:     map[address.Address]*Window{},
		outputs:     map[address.Address]*Output{},
		brokenTypes: map[string]bool{},
		fitting:     map[fitting]bool{},
	}
	l.scope = &lang.Scope{
		Functions: functions.All(absolute),
		Path:      cty.ObjectVal(map[string]cty.Value{"config": cty.StringVal(filepath.ToSlash(absolute))}),
		Kinds:     []*lang.Kind{l.credential, l.tenant, l.window, l.output, l.report},
		Elsewhere: map[string]lang.Refusal{pullName: noPull()},
	}
	parser := hclparse.NewParser()
	l.readBlocks(parser, files.blocks)
	for _, k := range l.scope.Kinds {
		for _, block := range l.blocks[k.Name] {
			l.note(k.Declare(block))
		}
	}
	declared := l.loadVariables(parser, files.variables)
	l.config.Files = parser.Files()
	l.note(l.scope.DeclareLocals(l.blocks["locals"]))
	l.note(declared.Validate(l.scope))

	var diags hcl.Diagnostics
	l.config.Settings, diags = decodeSettings(l.blocks["reportform"], l.scope, opts.Version)
	l.note(diags)
	l.loadReportTypes()
	l.loadCredentials()
	l.loadTenants()
	l.loadWindows()
	l.loadOutputs()
	l.loadReports()
	return l.config, l.diags
}

func (l *loader) note(diags hcl.Diagnostics) { l.diags = append(l.diags, diags...) }

// readBlocks parses the files and sorts their blocks by type. What an
// unreadable file, a syntax error or an unknown block hides is not known, so
// that names that are missing because of it are no mistakes.
func (l *loader) readBlocks(parser *hclparse.Parser, files []source) {
	for _, f := range files {
		file, diags := f.parse(parser)
		l.note(diags)
		if file == nil {
			l.scope.Hidden.All = true
			continue
		}
		content, diags := file.Body.Content(rootSchema())
		l.note(diags)
		if diags.HasErrors() {
			l.scope.Hidden.Note(file.Body, rootSchema())
		}
		for _, block := range content.Blocks {
			l.blocks[block.Type] = append(l.blocks[block.Type], block)
		}
	}
}

func (l *loader) loadVariables(parser *hclparse.Parser, files []source) *variables.Variables {
	declared, diags := variables.Declare(l.blocks["variable"], &l.scope.Hidden)
	l.note(diags)
	l.note(declared.FromEnviron(l.opts.Environ))
	for _, f := range files {
		file, diags := f.parse(parser)
		l.note(diags)
		if file == nil {
			declared.FromUnread(f.name)
			continue
		}
		l.note(declared.FromFile(file))
	}
	l.note(declared.FromFlags(l.opts.Vars))
	l.scope.Variables, diags = declared.Values()
	l.note(diags)
	return declared
}

// loadReportTypes adds the report_type blocks to the catalog.
func (l *loader) loadReportTypes() {
	for _, block := range l.blocks["report_type"] {
		name := block.Labels[0]
		if first := l.config.ReportTypes[name]; first != nil {
			l.note(hcl.Diagnostics{diag.Mistake(block.DefRange, "Declared twice",
				"There is already a report type %q at %s. Give this one another name; a built-in type cannot be redefined.", name, first.Range)})
			continue
		}
		hclCtx, ok, diags := l.scope.OwnContext(block.Type, block.Body)
		l.note(diags)
		var t *ReportType
		if ok {
			t, diags = DecodeReportType(block, hclCtx, l.config.LimitClasses)
			l.note(diags)
		}
		if t == nil {
			l.brokenTypes[name] = true
			continue
		}
		l.config.ReportTypes[name] = t
	}
}

func (l *loader) loadCredentials() {
	l.note(l.scope.Decode(l.credential, credentialSchema(), func(i *lang.Instance) map[string]cty.Value {
		c, ok := decodeCredential(i)
		l.credentials[c.Address] = c
		if ok {
			l.config.Credentials = append(l.config.Credentials, c)
		}
		return nil
	}))
	slices.SortFunc(l.config.Credentials, func(a, b *Credential) int { return cmp.Compare(a.Address, b.Address) })
}

func (l *loader) loadTenants() {
	named := map[string]*Tenant{}
	l.note(l.scope.Decode(l.tenant, tenantSchema(), func(i *lang.Instance) map[string]cty.Value {
		t := decodeTenant(i, l.credential, l.credentials)
		l.tenants[t.Address] = t
		l.config.Tenants = append(l.config.Tenants, t)
		if first := named[t.Name]; first != nil {
			i.Mistake(t.Range, "Two tenants of one name",
				"%s has the name %q, and so has %s at %s. A tenant's name is its label, or its key where the block has for_each, and is unique in a configuration.", t.Address, t.Name, first.Address, first.Range)
		} else {
			named[t.Name] = t
		}
		return t.object(i.Broken())
	}))
	slices.SortFunc(l.config.Tenants, func(a, b *Tenant) int { return cmp.Compare(a.Address, b.Address) })
}

func (l *loader) loadWindows() {
	l.note(l.scope.Decode(l.window, windowSchema(), func(i *lang.Instance) map[string]cty.Value {
		w := decodeWindow(i)
		l.windows[w.Address] = w
		l.config.Windows = append(l.config.Windows, w)
		return nil
	}))
	slices.SortFunc(l.config.Windows, func(a, b *Window) int { return cmp.Compare(a.Address, b.Address) })
}

func (l *loader) loadOutputs() {
	l.note(l.scope.Decode(l.output, outputSchema(), func(i *lang.Instance) map[string]cty.Value {
		o, ok := decodeOutput(i)
		l.outputs[o.Address] = o
		if ok {
			l.config.Outputs = append(l.config.Outputs, o)
		}
		return nil
	}))
	slices.SortFunc(l.config.Outputs, func(a, b *Output) int { return cmp.Compare(a.Address, b.Address) })
}

func (l *loader) loadReports() {
	l.note(l.scope.Decode(l.report, reportSchema(), func(i *lang.Instance) map[string]cty.Value {
		l.config.Reports = append(l.config.Reports, l.decodeReport(i))
		return nil
	}))
	slices.SortFunc(l.config.Reports, func(a, b *Report) int { return cmp.Compare(a.Address, b.Address) })
}
