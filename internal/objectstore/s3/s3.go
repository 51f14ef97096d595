// Package s3 keeps objects in Amazon S3 and servers that speak its protocol.
package s3

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/reportform/reportform/internal/objectstore"
)

// store keeps objects under conditions on their ETag, which is the version.
type store struct {
	client *s3.Client
	bucket string
	words  words
	server string // empty for Amazon's own
}

// Doubtful implements objectstore.Doubter.
func (s *store) Doubtful() string { return s.server }

func (s *store) Get(ctx context.Context, name string) ([]byte, objectstore.Version, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &name})
	if code(err) == "NoSuchKey" {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", s.words.explain(err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, "", objectstore.Unanswered(err, s.words.endpoint, s.words.block)
	}
	return data, objectstore.Version(aws.ToString(out.ETag)), nil
}

func (s *store) Put(ctx context.Context, name string, data []byte, old objectstore.Version) (objectstore.Version, error) {
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: &name, Body: bytes.NewReader(data), ContentType: aws.String(objectstore.MediaType)}
	switch old {
	case objectstore.Any:
	case "":
		in.IfNoneMatch = aws.String("*")
	default:
		in.IfMatch = aws.String(string(old))
	}
	out, err := s.client.PutObject(ctx, in)
	if conflicts(err) {
		return "", objectstore.ErrConflict
	}
	if err != nil {
		return "", s.words.explain(err)
	}
	return objectstore.Version(aws.ToString(out.ETag)), nil
}

func (s *store) Delete(ctx context.Context, name string, old objectstore.Version) error {
	in := &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &name}
	if old != objectstore.Any {
		in.IfMatch = aws.String(string(old))
	}
	_, err := s.client.DeleteObject(ctx, in)
	switch {
	case old == objectstore.Any && code(err) == "NoSuchKey":
		return nil
	case conflicts(err):
		return objectstore.ErrConflict
	}
	return s.words.explain(err)
}

func (s *store) List(ctx context.Context, prefix string) ([]objectstore.Object, error) {
	var objects []objectstore.Object
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.words.explain(fmt.Errorf("listing: %w", err))
		}
		for _, object := range page.Contents {
			objects = append(objects, objectstore.Object{Name: aws.ToString(object.Key), Size: aws.ToInt64(object.Size)})
		}
	}
	return objects, nil
}
