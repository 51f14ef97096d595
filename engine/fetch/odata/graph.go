package odata

// Graph is Microsoft Graph: the version is a folder, and the directory is that
// of the token.
type Graph struct{}

// Base implements Protocol.
func (Graph) Base(r *Request) string { return under(r.Endpoint, r.Version) }

// Option implements Protocol.
func (Graph) Option(*Request) (name, value string) { return "", "" }
