package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"

	"github.com/reportform/reportform/internal/bom"
	"github.com/reportform/reportform/internal/diag"
)

// The endings of the files of a configuration.
const (
	nativeEnding       = ".rf.hcl"
	jsonEnding         = ".rf.json"
	autoVariables      = ".auto.rfvars"
	autoVariablesJSON  = ".auto.rfvars.json"
	variablesFile      = "reportform.rfvars"
	variablesFileJSON  = "reportform.rfvars.json"
	jsonVariableEnding = ".json"
)

// source is a file that is not parsed yet.
type source struct {
	name  string // as the user would type it, used in ranges
	bytes []byte
	// unread says that the file could not be read, which is reported.
	unread bool
}

func (s source) isJSON() bool { return strings.HasSuffix(s.name, jsonVariableEnding) }

// sources are the files of a configuration.
type sources struct {
	blocks    []source // *.rf.hcl and *.rf.json, in order of name
	variables []source // in order of precedence, the last wins
}

// readSources reads the files of dir, and the variable files that are named.
func readSources(dir string, varFiles []string) (sources, hcl.Diagnostics) {
	var (
		all   sources
		diags hcl.Diagnostics
	)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return all, hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "Configuration not readable",
			Detail: fmt.Sprintf("The configuration's directory %q cannot be read: %s.", dir, diag.Reason(err)),
		}}
	}
	var present, auto []string
	read := func(into *[]source, path string) {
		b, err := os.ReadFile(path)
		if err != nil {
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError, Summary: "File not readable",
				Detail: fmt.Sprintf("The file %q cannot be read: %s.", path, diag.Reason(err)),
			})
		}
		*into = append(*into, source{name: path, bytes: bom.Text(b), unread: err != nil})
	}
	shown := relativeToWorkingDir(dir)
	for _, entry := range entries { // in order of name
		name := entry.Name()
		if entry.IsDir() || strings.HasPrefix(name, ".") {
			continue
		}
		switch {
		case strings.HasSuffix(name, nativeEnding) || strings.HasSuffix(name, jsonEnding):
			read(&all.blocks, filepath.Join(shown, name))
		case name == variablesFile || name == variablesFileJSON:
			present = append(present, name)
		case strings.HasSuffix(name, autoVariables) || strings.HasSuffix(name, autoVariablesJSON):
			auto = append(auto, name)
		}
	}
	for _, name := range append(present, auto...) {
		read(&all.variables, filepath.Join(shown, name))
	}
	for _, path := range varFiles {
		read(&all.variables, path)
	}
	if len(all.blocks) == 0 {
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "No configuration",
			Detail: fmt.Sprintf("The directory %q has no files that end in %s or %s. Change to the directory of a configuration, name it with -chdir=DIR, or write a first one with `reportform init`.", dir, nativeEnding, jsonEnding),
		})
	}
	return all, diags
}

// parse parses a file by its ending. The file is nil when it cannot be used.
func (s source) parse(parser *hclparse.Parser) (*hcl.File, hcl.Diagnostics) {
	if s.unread {
		return nil, nil
	}
	var (
		file  *hcl.File
		diags hcl.Diagnostics
	)
	if s.isJSON() {
		file, diags = parser.ParseJSON(s.bytes, s.name)
	} else {
		file, diags = parser.ParseHCL(s.bytes, s.name)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return file, diags
}

// relativeToWorkingDir shortens an absolute directory below the working
// directory.
func relativeToWorkingDir(dir string) string {
	if !filepath.IsAbs(dir) {
		return dir
	}
	working, err := os.Getwd()
	if err != nil {
		return dir
	}
	relative, err := filepath.Rel(working, dir)
	if err != nil || !filepath.IsLocal(relative) {
		return dir
	}
	return relative
}
