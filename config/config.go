// Package config is the language: it reads the *.rf.hcl and *.rf.json files of
// one directory and returns what they declare, together with every mistake as
// hcl.Diagnostics.
//
// Each block of the language has one file: its type, its schema and its
// decoder. What all blocks need, from references to for_each, is in the package
// lang. This package holds what is declared, with every for_each expanded
// and every reference resolved. What a block means is left to others: the body
// of a credential to the engine's credential types, the body of an output to
// its format, the body of a state block to its backend. It knows no other
// part of the program.
package config

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/address"
)

// Config is the evaluated configuration of one directory. Slices are in order
// of address, so that two loads of the same files are equal.
type Config struct {
	// Dir is the configuration's directory as it was given.
	Dir string
	// Files holds every file that was read, by the name used in ranges, for
	// whoever quotes source lines.
	Files map[string]*hcl.File

	Settings    Settings
	Credentials []*Credential
	Tenants     []*Tenant
	Windows     []*Window
	Outputs     []*Output
	Reports     []*Report
	// ReportTypes holds the built-in catalog and the report_type blocks of
	// the configuration, by name. A block may not redefine a built-in type.
	ReportTypes map[string]*ReportType
	// LimitClasses holds the limit classes that report types name, by name.
	LimitClasses map[string]*LimitClass
}

// Options says how to load a configuration.
type Options struct {
	// Vars are the values of -var flags, "name=value", in order.
	Vars []string
	// VarFiles are the paths of -var-file flags, in order, relative to the
	// process's working directory.
	VarFiles []string
	// Environ is the environment as of os.Environ; RF_VAR_name sets variables.
	Environ []string
	// ReportTypes is the built-in catalog.
	ReportTypes []*ReportType
	// LimitClasses are the catalog's limit classes.
	LimitClasses []*LimitClass
	// Version is the running version, compared with required_version.
	Version string
}

// Tenant returns the tenant with the address, or nil.
func (c *Config) Tenant(a address.Address) *Tenant {
	return find(c.Tenants, a, func(t *Tenant) address.Address { return t.Address })
}

// Output returns the output with the address, or nil.
func (c *Config) Output(a address.Address) *Output {
	return find(c.Outputs, a, func(o *Output) address.Address { return o.Address })
}

// Report returns the report with the address, or nil.
func (c *Config) Report(a address.Address) *Report {
	return find(c.Reports, a, func(r *Report) address.Address { return r.Address })
}

// find searches items that are in order of address.
func find[T any](items []*T, a address.Address, of func(*T) address.Address) *T {
	i, found := slices.BinarySearchFunc(items, a, func(item *T, a address.Address) int {
		return cmp.Compare(of(item), a)
	})
	if !found {
		return nil
	}
	return items[i]
}
