package azure

import (
	"errors"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/reportform/reportform/internal/objectstore"
)

// words are what messages say of the container.
type words struct{ container, endpoint, block string }

// explain returns an error in words for a user. The SDK's own text quotes the
// whole answer.
func (w words) explain(err error) error {
	if err == nil {
		return nil
	}
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		var refused *azidentity.AuthenticationFailedError
		if errors.As(err, &refused) {
			return objectstore.Explain(err, "the sign-in for %s was refused: check the identity and its secret", w.endpoint)
		}
		return objectstore.Unanswered(err, w.endpoint, w.block)
	}
	switch code := bloberror.Code(answer.ErrorCode); {
	case code == bloberror.ContainerNotFound || code == bloberror.ContainerBeingDeleted:
		return objectstore.Explain(err, "there is no container %q at %s: create it, or correct url", w.container, w.endpoint)
	case code == bloberror.AuthenticationFailed || code == bloberror.NoAuthenticationInformation:
		return objectstore.Explain(err, "%s refuses the credentials (%s): check account, the key or signature and whether it has expired, and this machine's clock", w.endpoint, code)
	case answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusUnauthorized:
		return objectstore.Explain(err, "access is denied (%s): the identity needs the role \"Storage Blob Data Contributor\" on the container %q, a signature the permissions "+
			"read, create, write, delete and list; where a key is used, check that it is this account's; and the account's firewall must let this machine in", code, w.container)
	case code == "":
		return objectstore.Explain(err, "%s answered with status %d, which is not an answer of Azure Blob Storage: check account and endpoint", w.endpoint, answer.StatusCode)
	default:
		return objectstore.Explain(err, "%s answered with an error (%s, status %d)", w.endpoint, code, answer.StatusCode)
	}
}
