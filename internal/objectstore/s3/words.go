package s3

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/reportform/reportform/internal/objectstore"
)

// code returns the code of an answer that is an error, or nothing.
func code(err error) string {
	var answer smithy.APIError
	if errors.As(err, &answer) {
		return answer.ErrorCode()
	}
	return ""
}

// conflicts reports whether an error says that a condition is not met. A
// condition on what does not exist is answered by NoSuchKey.
func conflicts(err error) bool {
	switch code(err) {
	case "PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey":
		return true
	}
	return false
}

// words are what messages say of the bucket.
type words struct{ bucket, region, endpoint, block string }

// explain returns an error in words for a user.
func (w words) explain(err error) error {
	var answer smithy.APIError
	var response *smithyhttp.ResponseError
	status, region := 0, ""
	if errors.As(err, &response) && response.Response != nil {
		status, region = response.Response.StatusCode, response.Response.Header.Get("X-Amz-Bucket-Region")
	}
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &answer):
		if status == 0 {
			return objectstore.Unanswered(err, w.endpoint, w.block)
		}
		return objectstore.Explain(err, "%s answered with status %d, which is not an answer of S3: check the endpoint", w.endpoint, status)
	}
	said := answer.ErrorCode()
	if text := strings.TrimRight(answer.ErrorMessage(), ". "); text != "" {
		said += ", " + text
	}
	switch answer.ErrorCode() {
	case "NotImplemented":
		err = errors.Join(errors.ErrUnsupported, err)
	case "NoSuchBucket":
		return objectstore.Explain(err, "there is no bucket %q at %s: create it, or correct url", w.bucket, w.endpoint)
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "TokenRefreshRequired", "InvalidSecurity", "RequestTimeTooSkewed", "UnrecognizedClientException":
		return objectstore.Explain(err, "%s refuses the credentials (%s): check the access key and its secret, whether they have expired, and this machine's clock", w.endpoint, said)
	case "PermanentRedirect", "TemporaryRedirect", "MovedPermanently", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		if region == "" {
			return objectstore.Explain(err, "the region %q seems to be wrong for the bucket (%s): set region to the bucket's", w.region, said)
		}
		return objectstore.Explain(err, "the bucket is in the region %q, and %q was asked: set region = %q", region, w.region, region)
	}
	if status == http.StatusForbidden || status == http.StatusUnauthorized {
		return objectstore.Explain(err, "access is denied (%s): the identity needs s3:ListBucket on the bucket %q, and s3:GetObject, s3:PutObject and s3:DeleteObject on its objects", said, w.bucket)
	}
	return objectstore.Explain(err, "%s answered with an error (%s)", w.endpoint, said)
}

// brief returns the innermost reason of an error of the chain of credentials,
// whose own text lists everything on the way.
func brief(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
