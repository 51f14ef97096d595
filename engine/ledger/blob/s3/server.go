package s3

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/blob"
)

// server is what is known of the conditions that the server obeys. Amazon's own
// obeys all. Others may accept a condition and ignore it, and two processes
// would silently overwrite each other's ledgers; so before the first write to
// one of them, it is tried out on an object that nobody else knows.
type server struct {
	mu          sync.Mutex
	known       bool
	conditional bool // on deletion
}

// deletes reports whether the server obeys a condition on a deletion. A server
// that ignores one on a write is an error: it cannot keep ledgers. What is tried
// out is an object beside name, so that rights on a prefix are enough.
func (s *server) deletes(ctx context.Context, d *driver, name string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known {
		conditional, err := d.tryOut(ctx, name+".probe-"+strings.ToLower(rand.Text()))
		if err != nil {
			return false, err
		}
		s.known, s.conditional = true, conditional
	}
	return s.conditional, nil
}

// wrong is an ETag that no object has.
const wrong = `"00000000000000000000000000000000"`

func (d *driver) tryOut(ctx context.Context, name string) (deletes bool, err error) {
	etag, err := d.write(ctx, name, []byte("{}"), "")
	if err != nil {
		return false, err
	}
	for _, condition := range []ledger.Version{"", wrong} {
		if _, err = d.write(ctx, name, []byte("[]"), condition); err == nil {
			err = blob.Explain(errors.ErrUnsupported, "the server %s ignores conditions on writes (If-None-Match, If-Match), so that two processes "+
				"could overwrite each other's ledgers: update it to a version that obeys them, or use another state backend", d.words.endpoint)
		}
		if !errors.Is(err, ledger.ErrConflict) {
			d.discard(ctx, name)
			return false, err
		}
	}
	if err = d.remove(ctx, name, wrong); errors.Is(err, ledger.ErrConflict) {
		return true, d.remove(ctx, name, etag)
	}
	d.discard(ctx, name)
	if code(err) == "NotImplemented" {
		err = nil
	}
	return false, err
}

// discard removes the object that was tried out, if it can be removed: it is
// never read, and its name is used once.
func (d *driver) discard(ctx context.Context, name string) {
	_, _ = d.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(d.bucket), Key: &name})
}
