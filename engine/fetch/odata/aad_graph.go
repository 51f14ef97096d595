package odata

// AADGraph is Azure AD Graph: the directory is a folder, and the version an
// option of the query. Its links can be relative; those lack the version.
type AADGraph struct{}

// Base implements Protocol.
func (AADGraph) Base(r *Request) string { return under(r.Endpoint, r.Directory) }

// Option implements Protocol.
func (AADGraph) Option(r *Request) (name, value string) { return "api-version", r.Version }
