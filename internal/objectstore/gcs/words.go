package gcs

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"golang.org/x/oauth2"

	"github.com/reportform/reportform/internal/objectstore"
)

// noObject reports whether an object is missing, and not its bucket. The two
// have one status, and nothing but the text tells them apart.
func noObject(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == http.StatusNotFound && !strings.Contains(strings.ToLower(r.message), "bucket does not exist")
}

// words are what messages say of the bucket.
type words struct{ bucket, endpoint, block string }

// explain returns an error in words for a user.
func (w words) explain(err error) error {
	var refused *refusal
	var token *oauth2.RetrieveError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &token):
		return objectstore.Explain(err, "the sign-in at Google was refused (%s): check the credentials, and this machine's clock", cmp.Or(token.ErrorCode, "no reason given"))
	case !errors.As(err, &refused):
		return objectstore.Unanswered(err, w.endpoint, w.block)
	}
	said := cmp.Or(strings.TrimRight(refused.message, ".\r\n "), http.StatusText(refused.status))
	switch refused.status {
	case http.StatusNotFound:
		return objectstore.Explain(err, "there is no bucket %q at %s: create it, or correct url", w.bucket, w.endpoint)
	case http.StatusUnauthorized:
		return objectstore.Explain(err, "%s refuses the credentials (%s): check them, and this machine's clock", w.endpoint, said)
	case http.StatusForbidden:
		return objectstore.Explain(err, "access is denied (%s): the identity needs the role \"Storage Object User\" on the bucket %q", said, w.bucket)
	}
	return objectstore.Explain(err, "%s answered with an error (%s, status %d)", w.endpoint, said, refused.status)
}
