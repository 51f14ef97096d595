// Package column says what columns tables of events have: their paths and the
// types of their values.
package column

import (
	"iter"
	"slices"
)

// Column is a column of a table.
type Column struct {
	// Path leads to the value in an event: names of members joined by dots,
	// such as status.errorCode.
	Path string
	Type Type
}

// Type is the type of a column's values, by its word in the language. A value
// may also be null or absent, and services break their word: what becomes of a
// value of another type is up to the format.
type Type string

// The types, with the JSON that stands for a value.
const (
	String    Type = "string"
	Bool      Type = "bool"
	Int32     Type = "int32"
	Int64     Type = "int64"
	Double    Type = "double"
	Timestamp Type = "timestamp" // a string as of RFC 3339
	Date      Type = "date"      // a string, 2026-11-29
	Duration  Type = "duration"  // a string as of ISO 8601, PT15M
	GUID      Type = "guid"      // a string
	Binary    Type = "binary"    // a string in base64
	List      Type = "list"      // an array of anything
	Struct    Type = "struct"    // an object
)

// Known reports whether t is one of the types.
func (t Type) Known() bool {
	for known := range Types() {
		if t == known {
			return true
		}
	}
	return false
}

// Types yields every type.
func Types() iter.Seq[Type] {
	return slices.Values([]Type{String, Bool, Int32, Int64, Double, Timestamp, Date, Duration, GUID, Binary, List, Struct})
}

// Paths returns the paths of columns.
func Paths(columns []Column) []string {
	if columns == nil {
		return nil
	}
	paths := make([]string, len(columns))
	for i, c := range columns {
		paths[i] = c.Path
	}
	return paths
}

// Typed returns columns of the paths with the types that known has for them,
// and String for the others.
func Typed(paths []string, known []Column) []Column {
	if paths == nil {
		return nil
	}
	types := make(map[string]Type, len(known))
	for _, k := range known {
		types[k.Path] = k.Type
	}
	columns := make([]Column, len(paths))
	for i, path := range paths {
		columns[i] = Column{Path: path, Type: String}
		if t, ok := types[path]; ok {
			columns[i].Type = t
		}
	}
	return columns
}
