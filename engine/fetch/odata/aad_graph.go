package odata

import "github.com/reportform/reportform/engine/fetch"

// AADGraph is Azure AD Graph: the directory is a folder, and the version an
// option of the query. Its links can be relative; those lack the version.
type AADGraph struct{}

// Base implements Protocol.
func (AADGraph) Base(r *Request) string { return under(r.Endpoint, r.Directory) }

// Option implements Protocol.
func (AADGraph) Option(r *Request) (name, value string) { return "api-version", r.Version }

// judge implements judge: the API is retired, and says so in its own way.
func (AADGraph) judge(e *fetch.ServiceError) { e.Retire() }
