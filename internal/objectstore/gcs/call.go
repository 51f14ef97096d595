package gcs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/reportform/reportform/internal/bom"
	"github.com/reportform/reportform/internal/objectstore"
)

const (
	tries = 4
	pause = 400 * time.Millisecond // before the second try, twice as long before each further
	// maxError bounds what is read of an answer that is an error.
	maxError = 64 << 10
)

type answer struct {
	header http.Header
	body   []byte
}

// refusal is an answer that is an error.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return fmt.Sprintf("status %d: %s", r.status, r.message) }

// status returns the status of an answer that is an error, or 0.
func status(err error) int {
	var r *refusal
	if errors.As(err, &r) {
		return r.status
	}
	return 0
}

// call sends a request until it is answered well, is refused for good, or has
// failed often enough.
func (s *store) call(ctx context.Context, method, path string, query url.Values, content []byte) (answer, error) {
	for n := 1; ; n++ {
		got, err := s.send(ctx, method, path, query, content)
		if err == nil || n == tries || !passes(err) {
			return got, err
		}
		wait := pause << (n - 1)
		select {
		case <-ctx.Done():
			return answer{}, ctx.Err()
		case <-time.After(wait/2 + rand.N(wait)):
		}
	}
}

func (s *store) send(ctx context.Context, method, path string, query url.Values, content []byte) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.base+path+"?"+query.Encode(), bytes.NewReader(content))
	if err != nil {
		return answer{}, err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", objectstore.MediaType)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxError))
		return answer{}, &refusal{response.StatusCode, message(body)}
	}
	body, err := io.ReadAll(response.Body)
	return answer{response.Header, body}, err
}

// message returns the text of an answer that is an error. Those for contents
// are text, all others JSON.
func message(body []byte) string {
	var object struct {
		Error struct{ Message string } `json:"error"`
	}
	if json.Unmarshal(bom.Trim(body), &object) == nil {
		return object.Error.Message
	}
	return string(body)
}

// passes reports whether what is wrong may be over soon: no answer at all, too
// many requests, or the server's own trouble.
func passes(err error) bool {
	var token *oauth2.RetrieveError
	switch code := status(err); {
	case errors.As(err, &token), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	case code == 0:
		return true
	default:
		return code == http.StatusRequestTimeout || code == http.StatusTooManyRequests || code >= http.StatusInternalServerError
	}
}
