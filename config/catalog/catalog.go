// Package catalog holds the built-in report types and limit classes. They are
// data, in the files *.rf.hcl beside this one, in the same language and read by
// the same decoder as the report_type blocks of users: no code knows a report
// by its name. What fields their events have is in fields.txt.
package catalog

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/reportform/reportform/config"
)

//go:embed *.rf.hcl
var files embed.FS

//go:embed fields.txt
var fields string

// Load returns the built-in report types and limit classes, each in order of
// name. The result is the caller's own. The range of an entry has a file name
// that begins with "catalog/". The error holds every mistake in the data as
// hcl.Diagnostics, and is nil for the data that is shipped.
func Load() (types []*config.ReportType, limits []*config.LimitClass, err error) {
	return load(files, fields)
}

func load(files fs.FS, fields string) ([]*config.ReportType, []*config.LimitClass, error) {
	names, err := fs.Glob(files, "*.rf.hcl")
	if err != nil {
		return nil, nil, fmt.Errorf("listing the catalog: %w", err)
	}
	var (
		blocks hcl.Blocks
		diags  hcl.Diagnostics
	)
	for _, name := range names {
		src, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the catalog: %w", err)
		}
		file, d := hclsyntax.ParseConfig(src, "catalog/"+name, hcl.InitialPos)
		diags = append(diags, d...)
		content, d := file.Body.Content(schema())
		diags = append(diags, d...)
		blocks = append(blocks, content.Blocks...)
	}
	limits, known, d := decodeLimits(blocks.OfType(limitClass))
	diags = append(diags, d...)
	types, d := decodeTypes(blocks.OfType(reportType), known)
	diags = append(diags, d...)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	entities, err := readEntities(fields)
	if err != nil {
		return nil, nil, err
	}
	if err := setFields(types, entities); err != nil {
		return nil, nil, err
	}
	for _, t := range types { // of Azure AD Graph the columns are all that is documented
		t.Complete = t.Complete || t.API == config.APIAADGraph && len(t.Columns) > 0
	}
	slices.SortFunc(types, func(a, b *config.ReportType) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(limits, func(a, b *config.LimitClass) int { return cmp.Compare(a.Name, b.Name) })
	return types, limits, nil
}

func decodeLimits(blocks hcl.Blocks) ([]*config.LimitClass, map[string]*config.LimitClass, hcl.Diagnostics) {
	var (
		limits []*config.LimitClass
		diags  hcl.Diagnostics
		known  = make(map[string]*config.LimitClass, len(blocks))
	)
	for _, block := range blocks {
		limit, d := config.DecodeLimitClass(block, nil)
		diags = append(diags, d...)
		limits = append(limits, limit)
		known[block.Labels[0]] = limit
	}
	return limits, known, diags
}

func decodeTypes(blocks hcl.Blocks, limits map[string]*config.LimitClass) ([]*config.ReportType, hcl.Diagnostics) {
	var (
		types []*config.ReportType
		diags hcl.Diagnostics
	)
	for _, block := range blocks {
		t, d := config.DecodeReportType(block, nil, limits)
		diags = append(diags, d...)
		types = append(types, t)
	}
	return types, diags
}

// setFields gives the types the fields of their entities, besides those that
// their blocks name.
func setFields(types []*config.ReportType, entities []*entity) error {
	known := make(map[string]*config.ReportType, len(types))
	for _, t := range types {
		known[t.Name] = t
	}
	for _, e := range entities {
		for _, name := range e.types {
			t := known[name]
			if t == nil {
				return fmt.Errorf("catalog/%s: %s names the report type %q, which there is not", fieldsFile, e.header, name)
			}
			t.SetFields(slices.Concat(e.fields, t.Fields))
			t.Complete = true
		}
	}
	return nil
}

const (
	reportType = "report_type"
	limitClass = "limit_class"
)

func schema() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: reportType, LabelNames: []string{"name"}},
		{Type: limitClass, LabelNames: []string{"name"}},
	}}
}
