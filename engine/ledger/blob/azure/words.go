package azure

import (
	"errors"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/reportform/reportform/engine/ledger/blob"
)

// words are what messages say of the container.
type words struct{ container, endpoint string }

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
			return blob.Explain(err, "the sign-in for %s was refused: check the identity and its secret", w.endpoint)
		}
		return blob.Unanswered(err, w.endpoint)
	}
	switch code := bloberror.Code(answer.ErrorCode); {
	case code == bloberror.ContainerNotFound || code == bloberror.ContainerBeingDeleted:
		return blob.Explain(err, "there is no container %q at %s: create it, or correct url", w.container, w.endpoint)
	case code == bloberror.AuthenticationFailed || code == bloberror.NoAuthenticationInformation:
		return blob.Explain(err, "%s refuses the credentials (%s): check account, the key or signature and whether it has expired, and this machine's clock", w.endpoint, code)
	case answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusUnauthorized:
		return blob.Explain(err, "access is denied (%s): the identity needs the role \"Storage Blob Data Contributor\" on the container %q, a signature the permissions "+
			"read, create, write, delete and list; where a key is used, check that it is this account's; and the account's firewall must let this machine in", code, w.container)
	case code == "":
		return blob.Explain(err, "%s answered with status %d, which is not an answer of Azure Blob Storage: check account and endpoint", w.endpoint, answer.StatusCode)
	default:
		return blob.Explain(err, "%s answered with an error (%s, status %d)", w.endpoint, code, answer.StatusCode)
	}
}
