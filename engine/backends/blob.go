package backends

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/blob"
	"github.com/reportform/reportform/engine/ledger/local"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/objectstore"
	"github.com/reportform/reportform/internal/objectstore/all"
)

// blobSchemes are the schemes of the url of state "blob": object stores, and a
// directory.
func blobSchemes() []objectstore.Scheme {
	return append(all.Schemes(), objectstore.Scheme{
		Name:  "file",
		Forms: []string{"file:///DIRECTORY", "file://./DIRECTORY"},
		Mistake: func(u *url.URL) string {
			switch {
			case u.Host != "" && u.Host != "." && u.Host != "..":
				return "What follows file:// is taken for a host. An absolute directory has three slashes."
			case strings.Trim(u.Path, "/") == "":
				return "The directory is missing."
			}
			return ""
		},
	})
}

// decodeBlob reads state "blob": ledgers as objects at a url.
func decodeBlob(b block) (ledger.Backend, hcl.Diagnostics) {
	schemes := blobSchemes()
	content, diags := b.Body.Content(&hcl.BodySchema{Attributes: objectstore.Schema(schemes)})
	diags = diag.Unquoted(diags)
	location, more := objectstore.Decode(schemes, objectstore.Block{
		Attributes: content.Attributes, EvalCtx: b.EvalCtx, Dir: b.dir, Getenv: b.getenv,
		Name: "the state block", Kept: "the ledgers",
	})
	diags = append(diags, more...)
	if diags.HasErrors() {
		return nil, diags
	}
	if location.Open == nil {
		return local.New(b.under(directory(location.URL))), diags
	}
	return blob.New(location.Place, location.Prefix, location.Open), diags
}

// directory returns the path that a file URL names.
func directory(u *url.URL) string {
	switch {
	case u.Host != "":
		return u.Host + u.Path // . or ..
	case regexp.MustCompile(`^/[A-Za-z]:`).MatchString(u.Path):
		return u.Path[1:] // file:///C:/state
	}
	return u.Path
}
