package config

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"

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
	return config, tidy(append(diags, d...))
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
	scope  *scope
	blocks map[string][]*hcl.Block // by type, in order of files and lines
	diags  hcl.Diagnostics

	// What is declared, by address, mistaken blocks included.
	credentials map[address.Address]*Credential
	tenants     map[address.Address]*Tenant
	windows     map[address.Address]*Window
	outputs     map[address.Address]*Output
	// brokenTypes are the names of report_type blocks with mistakes.
	brokenTypes map[string]bool
}

// load evaluates the files. It works in phases, each of which knows what the
// earlier ones found: variables, then the kinds in their order, then reports;
// locals in between, as soon as what they refer to is known.
func load(dir string, files sources, opts Options) (*Config, hcl.Diagnostics) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		absolute = dir
	}
	l := &loader{
		config: emptyConfig(dir, opts),
		opts:   opts,
		scope: &scope{
			functions: functions(absolute),
			path:      cty.ObjectVal(map[string]cty.Value{"config": cty.StringVal(filepath.ToSlash(absolute))}),
			kinds:     newKinds(),
		},
		blocks:      map[string][]*hcl.Block{},
		credentials: map[address.Address]*Credential{},
		tenants:     map[address.Address]*Tenant{},
		windows:     map[address.Address]*Window{},
		outputs:     map[address.Address]*Output{},
		brokenTypes: map[string]bool{},
	}
	parser := hclparse.NewParser()
	l.readBlocks(parser, files.blocks)
	l.declareKinds()
	variables, values := l.loadVariables(parser, files.variables)
	l.config.Files = parser.Files()

	locals, diags := declareLocals(l.blocks["locals"])
	l.report(diags)
	l.scope.locals = locals
	order, diags := l.scope.orderLocals()
	l.report(diags)
	l.report(l.scope.evalLocals(order))
	l.report(l.scope.validate(variables, values))

	l.config.Settings, diags = decodeSettings(l.blocks["reportform"], l.scope, opts.Version)
	l.report(diags)
	l.loadReportTypes()
	for _, load := range []func(*kind){l.loadCredentials, l.loadTenants, l.loadWindows, l.loadOutputs} {
		load(l.scope.kinds[l.scope.known])
		l.scope.known++
		l.report(l.scope.evalLocals(order))
	}
	l.loadReports()
	return l.config, l.diags
}

func (l *loader) report(diags hcl.Diagnostics) { l.diags = append(l.diags, diags...) }

// readBlocks parses the files and sorts their blocks by type. What an
// unreadable file, a syntax error or an unknown block hides is not known, so
// that names that are missing because of it are no mistakes.
func (l *loader) readBlocks(parser *hclparse.Parser, files []source) {
	for _, f := range files {
		file, diags := f.parse(parser)
		l.report(diags)
		if file == nil {
			l.scope.hidden.all = true
			continue
		}
		content, diags := file.Body.Content(rootSchema())
		l.report(diags)
		if diags.HasErrors() {
			l.scope.hidden.note(file.Body)
		}
		for _, block := range content.Blocks {
			l.blocks[block.Type] = append(l.blocks[block.Type], block)
		}
	}
}

// declareKinds makes the blocks that can be referred to known by name.
func (l *loader) declareKinds() {
	for _, k := range l.scope.kinds {
		for _, block := range l.blocks[k.name] {
			diags := checkLabels(block)
			if !diags.HasErrors() {
				diags = k.declare(block)
			}
			l.report(diags)
		}
	}
}

func (l *loader) loadVariables(parser *hclparse.Parser, files []source) (map[string]*variable, map[string]given) {
	variables, diags := declareVariables(l.blocks["variable"])
	l.report(diags)
	values, diags := fromEnviron(variables, l.opts.Environ)
	l.report(diags)
	for _, f := range files {
		file, diags := f.parse(parser)
		l.report(diags)
		if file == nil {
			// The file may have set any of them.
			for name := range variables {
				values[name] = given{value: cty.DynamicVal, from: f.name}
			}
			continue
		}
		fromFile, diags := fromFile(variables, file, &l.scope.hidden)
		l.report(diags)
		maps.Copy(values, fromFile)
	}
	flags, diags := fromFlags(variables, l.opts.Vars, &l.scope.hidden)
	l.report(diags)
	maps.Copy(values, flags)

	l.scope.variables, diags = settle(variables, values)
	l.report(diags)
	return variables, values
}

// loadReportTypes adds the report_type blocks to the catalog.
func (l *loader) loadReportTypes() {
	for _, block := range l.blocks["report_type"] {
		name := block.Labels[0]
		if first := l.config.ReportTypes[name]; first != nil {
			l.report(hcl.Diagnostics{diag.Mistake(block.DefRange, "Declared twice",
				"There is already a report type %q at %s. Give this one another name; a built-in type cannot be redefined.", name, first.Range)})
			continue
		}
		ok, diags := l.scope.check(bodyReferences(block.Body), use{block: "report_type"})
		l.report(diags)
		var t *ReportType
		if ok {
			t, diags = DecodeReportType(block, l.scope.blockCtx, l.config.LimitClasses)
			l.report(diags)
		}
		if t == nil {
			l.brokenTypes[name] = true
			continue
		}
		l.config.ReportTypes[name] = t
	}
}

// loadKind expands and decodes the blocks of a kind and makes their values
// known to expressions. decode returns what an instance's object has beside
// address and name.
func (l *loader) loadKind(k *kind, schema *hcl.BodySchema, decode func(*instance) map[string]cty.Value) {
	for _, d := range k.inOrder() {
		instances, fanned, ok, diags := l.scope.expand(d.block, schema, use{block: k.name, known: l.scope.known}, k.open)
		l.report(diags)
		values := map[string]cty.Value{}
		for _, i := range instances {
			object := map[string]cty.Value{"address": cty.StringVal(string(i.Address)), "name": cty.StringVal(i.Name)}
			maps.Copy(object, decode(i))
			values[i.Name] = cty.ObjectVal(object)
			l.report(i.diags)
		}
		switch {
		case !ok:
		case !fanned:
			d.value = values[d.block.Labels[len(d.block.Labels)-1]]
		case len(values) == 0:
			d.value = cty.MapValEmpty(k.object)
		default:
			d.value = cty.MapVal(values)
		}
	}
}

func (l *loader) loadCredentials(k *kind) {
	l.loadKind(k, credentialSchema(), func(i *instance) map[string]cty.Value {
		c := decodeCredential(i)
		l.credentials[c.Address] = c
		if l.bodyOK(i, use{block: k.name, known: l.scope.known}) {
			l.config.Credentials = append(l.config.Credentials, c)
		}
		return nil
	})
	slices.SortFunc(l.config.Credentials, func(a, b *Credential) int { return cmp.Compare(a.Address, b.Address) })
}

func (l *loader) loadTenants(k *kind) {
	credentials := l.scope.kind("credential")
	named := map[string]*Tenant{}
	l.loadKind(k, tenantSchema(), func(i *instance) map[string]cty.Value {
		t := decodeTenant(i, credentials, l.credentials)
		l.tenants[t.Address] = t
		l.config.Tenants = append(l.config.Tenants, t)
		if first := named[t.Name]; first != nil {
			i.diags = append(i.diags, diag.Mistake(t.Range, "Two tenants of one name",
				"%s has the name %q, and so has %s at %s. A tenant's name is its label, or its key where the block has for_each, and is unique in a configuration.", t.Address, t.Name, first.Address, first.Range))
		} else {
			named[t.Name] = t
		}
		return t.object(i.broken())
	})
	slices.SortFunc(l.config.Tenants, func(a, b *Tenant) int { return cmp.Compare(a.Address, b.Address) })
}

func (l *loader) loadWindows(k *kind) {
	l.loadKind(k, windowSchema(), func(i *instance) map[string]cty.Value {
		w := decodeWindow(i)
		l.windows[w.Address] = w
		l.config.Windows = append(l.config.Windows, w)
		return nil
	})
	slices.SortFunc(l.config.Windows, func(a, b *Window) int { return cmp.Compare(a.Address, b.Address) })
}

func (l *loader) loadOutputs(k *kind) {
	l.loadKind(k, outputSchema(), func(i *instance) map[string]cty.Value {
		o := decodeOutput(i)
		l.outputs[o.Address] = o
		if l.bodyOK(i, use{block: k.name, known: l.scope.known, pull: true}) {
			l.config.Outputs = append(l.config.Outputs, o)
		}
		return nil
	})
	slices.SortFunc(l.config.Outputs, func(a, b *Output) int { return cmp.Compare(a.Address, b.Address) })
}

// bodyOK checks, once for a block, the references in the body that others
// decode.
func (l *loader) bodyOK(i *instance, where use) bool {
	if i.of.bodyOK == nil {
		ok, diags := i.of.checkBody(where)
		i.diags = append(i.diags, diags...)
		i.of.bodyOK = &ok
	}
	return *i.of.bodyOK
}

func (l *loader) loadReports() {
	first := map[address.Address]*hcl.Block{}
	for _, block := range l.blocks["report"] {
		if diags := checkLabels(block); diags.HasErrors() {
			l.report(diags)
			continue
		}
		declared := blockAddress(block)
		if other := first[declared]; other != nil {
			l.report(hcl.Diagnostics{declaredTwice(block, other)})
			continue
		}
		first[declared] = block
		instances, _, _, diags := l.scope.expand(block, reportSchema(), use{block: "report", known: l.scope.known}, false)
		l.report(diags)
		for _, i := range instances {
			l.config.Reports = append(l.config.Reports, l.decodeReport(i))
			l.report(i.diags)
		}
	}
	slices.SortFunc(l.config.Reports, func(a, b *Report) int { return cmp.Compare(a.Address, b.Address) })
}
