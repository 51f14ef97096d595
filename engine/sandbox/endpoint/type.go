package endpoint

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The APIs of Type.API.
const (
	Graph    = "graph"
	AADGraph = "aad_graph"
)

// Type is a report type, as far as the sandbox needs to know it.
type Type struct {
	Name string
	// Own marks a type of a user's configuration. On a path that a built-in
	// type has too, that one rules.
	Own bool
	// API is graph or aad_graph.
	API string
	// Version is v1.0 or beta.
	Version string
	// Path is the request path after the version (graph) or the directory (aad_graph).
	Path string
	// Filter is a condition that the type always sends, such as the kind of
	// sign-in. Events of a type that has one are left out of the answer to a
	// request that does not filter the same property.
	Filter string
	// Time is the property that can be filtered by time; empty for a snapshot.
	Time string
	// ID lists the properties that identify an event.
	ID []string
	// Permissions are the application permissions that are demanded, all of them.
	Permissions []string
	// License is the licence that is demanded; empty for none.
	License string
	// MaxPage and DefaultPage are page sizes; 0 for those of the path's service.
	MaxPage, DefaultPage int
	// Retention is how long a premium directory keeps events; 0 for without a known limit.
	Retention time.Duration
	// Limit names the class of limits; empty for none.
	Limit string
	// With says what is different where a query names a property.
	With []Property
	// Lower and Upper are the documented operators on Time, where nothing else is accepted.
	Lower, Upper string
}

// Property is a property that costs the service more. What is zero is as the type
// has it.
type Property struct {
	Name        string
	MaxPage     int
	Permissions []string
	License     string
	Limit       string
}

// Naming returns the endpoint as it answers a query that names these properties.
func (e *Endpoint) Naming(properties []string) *Endpoint {
	for i := range e.With {
		p := &e.With[i]
		if !slices.ContainsFunc(properties, func(name string) bool { return strings.EqualFold(name, p.Name) }) {
			continue
		}
		of := *e
		of.License, of.Limit = cmp.Or(p.License, e.License), cmp.Or(p.Limit, e.Limit)
		if p.Permissions != nil {
			of.Permissions = p.Permissions
		}
		if p.MaxPage > 0 {
			of.Family.MaxPage = min(p.MaxPage, e.Family.MaxPage)
			of.Family.DefaultPage = min(of.Family.MaxPage, e.Family.DefaultPage)
		}
		e = &of
	}
	return e
}

// The licences that a directory can have.
const (
	Free = "Free"
	P1   = "P1"
	P2   = "P2"
)
