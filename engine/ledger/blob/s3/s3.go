// Package s3 drives Amazon S3 and servers that speak its protocol.
package s3

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/blob"
)

// driver stores objects under conditions on their ETag, which is the version.
//
// An object without content counts as deleted, see Delete.
type driver struct {
	client *s3.Client
	bucket string
	words  words
	server server
}

func (d *driver) Get(ctx context.Context, name string) ([]byte, ledger.Version, error) {
	data, etag, err := d.read(ctx, name)
	if err != nil || len(data) == 0 {
		return nil, "", err
	}
	return data, etag, nil
}

// read returns an object, a deleted one included: no data, and its ETag.
func (d *driver) read(ctx context.Context, name string) ([]byte, ledger.Version, error) {
	out, err := d.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &d.bucket, Key: &name})
	if code(err) == "NoSuchKey" {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", d.words.explain(err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, "", blob.Unanswered(err, d.words.endpoint)
	}
	return data, ledger.Version(aws.ToString(out.ETag)), nil
}

func (d *driver) Put(ctx context.Context, name string, data []byte, old ledger.Version) (ledger.Version, error) {
	if _, err := d.server.deletes(ctx, d, name); err != nil {
		return "", err
	}
	version, err := d.write(ctx, name, data, old)
	if err != ledger.ErrConflict || old != "" { //nolint:errorlint // write returns it bare
		return version, err
	}
	content, etag, err := d.read(ctx, name)
	switch {
	case err != nil:
		return "", err
	case len(content) > 0 || etag == "":
		return "", ledger.ErrConflict
	}
	return d.write(ctx, name, data, etag) // it had been deleted
}

// write stores an object if its ETag is old, or if there is none.
func (d *driver) write(ctx context.Context, name string, data []byte, old ledger.Version) (ledger.Version, error) {
	in := &s3.PutObjectInput{Bucket: &d.bucket, Key: &name, Body: bytes.NewReader(data), ContentType: aws.String("application/json")}
	if old == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = aws.String(string(old))
	}
	out, err := d.client.PutObject(ctx, in)
	if conflicts(err) {
		return "", ledger.ErrConflict
	}
	if err != nil {
		return "", d.words.explain(err)
	}
	return ledger.Version(aws.ToString(out.ETag)), nil
}

// Delete removes an object under the condition, where the server obeys
// conditions on a deletion. Where it does not, another process could lose what
// it has written in the meantime: there the object is replaced, under the
// condition, by one without content, which counts as deleted and stays.
func (d *driver) Delete(ctx context.Context, name string, old ledger.Version) error {
	conditional, err := d.server.deletes(ctx, d, name)
	if err != nil {
		return err
	}
	// Not every server minds a condition on what does not exist.
	if content, etag, err := d.read(ctx, name); err != nil || len(content) == 0 || etag != old {
		if err == nil {
			err = ledger.ErrConflict
		}
		return err
	}
	if !conditional {
		_, err := d.write(ctx, name, nil, old)
		return err
	}
	return d.remove(ctx, name, old)
}

// remove sends the deletion of an object whose ETag is old.
func (d *driver) remove(ctx context.Context, name string, old ledger.Version) error {
	_, err := d.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &d.bucket, Key: &name, IfMatch: aws.String(string(old))})
	if conflicts(err) {
		return ledger.ErrConflict
	}
	return d.words.explain(err)
}

func (d *driver) List(ctx context.Context, prefix string) ([]string, error) {
	var names []string
	pages := s3.NewListObjectsV2Paginator(d.client, &s3.ListObjectsV2Input{Bucket: &d.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, d.words.explain(fmt.Errorf("listing: %w", err))
		}
		for _, object := range page.Contents {
			if aws.ToInt64(object.Size) > 0 {
				names = append(names, aws.ToString(object.Key))
			}
		}
	}
	return names, nil
}
