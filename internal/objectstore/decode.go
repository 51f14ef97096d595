package objectstore

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/diag"
)

// Scheme is a kind of place that a url names.
type Scheme struct {
	Name  string
	Forms []string // what its urls look like
	// Attributes are those beside url that belong to it. Secrets are the ones
	// among them that refer to secrets.
	Attributes, Secrets []string
	// Mistake says what is wrong with a url. It is nil for urls of a bucket or
	// container and a prefix of names.
	Mistake func(*url.URL) string
	// Decode reads the attributes, which collect mistakes, and contacts nobody.
	// What it returns reads secrets and finds credentials, and does not ask for
	// the bucket. It is nil where the place is no object store.
	Decode func(a *Attributes, bucket string) Open
}

// Open returns the Store of a bucket or container.
type Open func(context.Context) (Store, error)

// Block is what a block of the configuration says of a place.
type Block struct {
	Attributes hcl.Attributes
	EvalCtx    *hcl.EvalContext
	Name       string // how messages call the block, such as "the state block"
	Kept       string // what is to be kept there, such as "the ledgers"
	Dir        string // where relative paths begin
	Getenv     func(string) string
}

// Location is where a block's url leads.
type Location struct {
	URL    *url.URL
	Place  string // the url as messages show it
	Prefix string // of the names of objects, without slashes around it
	Open   Open   // nil where the Scheme has no Decode
}

// Belonging returns the schemes that each attribute belongs to, in their order.
func Belonging(schemes []Scheme) map[string][]string {
	belonging := map[string][]string{}
	for _, scheme := range schemes {
		for _, name := range append([]string{"url"}, scheme.Attributes...) {
			belonging[name] = append(belonging[name], scheme.Name)
		}
	}
	return belonging
}

// Schema returns the attributes of all schemes.
func Schema(schemes []Scheme) []hcl.AttributeSchema {
	var schema []hcl.AttributeSchema
	for _, name := range slices.Sorted(maps.Keys(Belonging(schemes))) {
		schema = append(schema, hcl.AttributeSchema{Name: name, Required: name == "url"})
	}
	return schema
}

// Decode reads the attributes of a block. It contacts nobody and reads no
// secret. No diagnostic has its line quoted, for it may hold a secret under a
// misspelt name; the Location is nil where one is an error.
func Decode(schemes []Scheme, block Block) (*Location, hcl.Diagnostics) {
	a := &Attributes{Block: block}
	a.Attributes = maps.Clone(block.Attributes)
	for _, scheme := range schemes {
		a.secrets = append(a.secrets, scheme.Secrets...)
	}
	location := &Location{}
	if scheme, ok := location.readURL(a, schemes); ok && a.belong(scheme.Name, Belonging(schemes)) && scheme.Decode != nil {
		location.Open = scheme.Decode(a, location.URL.Host)
	}
	diags := diag.Unquoted(a.diags)
	if diags.HasErrors() {
		return nil, diags
	}
	return location, diags
}

// readURL reads the url, and reports whether it can be used. It is not repeated
// where it is wrong: it may hold a password.
func (l *Location) readURL(a *Attributes, schemes []Scheme) (scheme Scheme, ok bool) {
	text := a.Text("url")
	if text == "" {
		if a.isKnown("url") {
			a.Reject("url", "Missing url", "Write where %s are, such as \"s3://bucket/prefix\".", a.Kept)
		}
		return scheme, false
	}
	u, err := url.Parse(text)
	mistake, names, forms := "", []string{}, []string{}
	for _, s := range schemes {
		names, forms = append(names, s.Name), append(forms, s.Forms...)
		if err == nil && s.Name == u.Scheme {
			scheme = s
		}
	}
	switch {
	case err != nil || u.Opaque != "":
		mistake = "It is not a URL."
	case scheme.Name == "":
		mistake = fmt.Sprintf("The scheme %q is none of a store.", u.Scheme) + diag.DidYouMean(u.Scheme, slices.Values(names))
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		mistake = "A user, a password, a query or a fragment has no place in it: identity and options are attributes of the block."
	case scheme.Mistake != nil:
		mistake = scheme.Mistake(u)
	default:
		mistake = bucketMistake(u)
	}
	if mistake != "" {
		a.Reject("url", "Not the url of a store", "%s Write %s.", mistake, diag.Quoted(forms))
		return scheme, false
	}
	l.URL, l.Prefix = u, strings.Trim(u.Path, "/")
	l.Place = strings.TrimRight(u.Scheme+"://"+u.Host+"/"+l.Prefix, "/")
	return scheme, true
}

// bucketMistake says what is wrong with the url of a bucket and a prefix.
func bucketMistake(u *url.URL) string {
	prefix := strings.Trim(u.Path, "/")
	switch {
	case u.Host == "" || u.Port() != "":
		return "The bucket or container is missing, or a port follows it; a server's address goes into endpoint."
	case prefix != "" && slices.ContainsFunc(strings.Split(prefix, "/"), func(part string) bool { return part == "" || part == "." || part == ".." }):
		return `The prefix has an empty part, "." or "..".`
	}
	return ""
}

// belong reports whether all attributes belong to a scheme.
func (a *Attributes) belong(scheme string, belonging map[string][]string) bool {
	all := true
	for _, name := range slices.Sorted(maps.Keys(belonging)) {
		schemes := belonging[name]
		if !slices.Contains(schemes, scheme) && a.IsSet(name) {
			all = false
			a.Reject(name, "Attribute of another store", "%s belongs to a url that begins with %s://, and this one begins with %s://. Remove %s.",
				name, strings.Join(schemes, ":// or "), scheme, name)
		}
	}
	return all
}
