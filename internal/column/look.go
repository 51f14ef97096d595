package column

import "strings"

// Match is how a path fits what is known of an event.
type Match int

// The matches.
const (
	Unknown   Match = iota // nothing is there
	Known                  // it leads to a field, or to where nothing is known
	CaseWrong              // it does but for upper and lower case
)

// Look says how a path fits the fields of an event, which those of structs are
// among, and returns it as they are written. Below a list, and below a struct of
// which no field is named, everything may be; so may annotations, whose names
// have an @.
func Look(path string, fields []Column) (m Match, spelt string) {
	if strings.Contains(path, "@") {
		return Known, path
	}
	for i := range fields {
		if fields[i].Path == path {
			return Known, path
		}
	}
	var at *Column // the field that the longest part of the path leads to
	for i := range fields {
		f := &fields[i]
		if leads(path, f.Path) && (at == nil || len(f.Path) > len(at.Path)) {
			at = f
		}
	}
	for i := range fields { // the path may be that of a struct of which only fields are named
		if leads(fields[i].Path, path) && (at == nil || len(at.Path) < len(path)) {
			at = &Column{Path: fields[i].Path[:len(path)], Type: Struct}
		}
	}
	if at == nil || len(at.Path) < len(path) && !open(at, fields) {
		return Unknown, path
	}
	if spelt = at.Path + path[len(at.Path):]; spelt == path {
		return Known, path
	}
	return CaseWrong, spelt
}

// leads reports whether a path begins with another, or is it, whatever the case.
func leads(path, beginning string) bool {
	return len(path) >= len(beginning) && strings.EqualFold(path[:len(beginning)], beginning) &&
		(len(path) == len(beginning) || path[len(beginning)] == '.')
}

// open reports whether anything may be below a field.
func open(at *Column, fields []Column) bool {
	if at.Type == List {
		return true
	}
	if at.Type != Struct {
		return false
	}
	for i := range fields {
		if len(fields[i].Path) > len(at.Path) && leads(fields[i].Path, at.Path) {
			return false
		}
	}
	return true
}
