// Package azure keeps objects in Azure Blob Storage.
package azure

import (
	"bytes"
	"context"
	"io"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	azblob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/reportform/reportform/internal/objectstore"
)

// store keeps block blobs under conditions on their ETag, which is the
// version.
type store struct {
	client *container.Client
	words  words
}

func (s *store) Get(ctx context.Context, name string) ([]byte, objectstore.Version, error) {
	out, err := s.client.NewBlobClient(name).DownloadStream(ctx, nil)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", s.words.explain(err)
	}
	body := out.NewRetryReader(ctx, nil)
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, "", s.words.explain(err)
	}
	return data, version(out.ETag), nil
}

func (s *store) Put(ctx context.Context, name string, data []byte, old objectstore.Version) (objectstore.Version, error) {
	out, err := s.client.NewBlockBlobClient(name).Upload(ctx, streaming.NopCloser(bytes.NewReader(data)), &blockblob.UploadOptions{
		HTTPHeaders:      &azblob.HTTPHeaders{BlobContentType: new(objectstore.MediaType)},
		AccessConditions: unchanged(old),
	})
	if conflicts(err) {
		return "", objectstore.ErrConflict
	}
	if err != nil {
		return "", s.words.explain(err)
	}
	return version(out.ETag), nil
}

func (s *store) Delete(ctx context.Context, name string, old objectstore.Version) error {
	_, err := s.client.NewBlobClient(name).Delete(ctx, &azblob.DeleteOptions{AccessConditions: unchanged(old)})
	switch {
	case old == objectstore.Any && bloberror.HasCode(err, bloberror.BlobNotFound):
		return nil
	case conflicts(err):
		return objectstore.ErrConflict
	}
	return s.words.explain(err)
}

func (s *store) List(ctx context.Context, prefix string) ([]objectstore.Object, error) {
	var objects []objectstore.Object
	pages := s.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.words.explain(err)
		}
		for _, item := range page.Segment.BlobItems {
			object := objectstore.Object{Name: *item.Name}
			if item.Properties != nil && item.Properties.ContentLength != nil {
				object.Size = *item.Properties.ContentLength
			}
			objects = append(objects, object)
		}
	}
	return objects, nil
}

func version(etag *azcore.ETag) objectstore.Version {
	if etag == nil {
		return ""
	}
	return objectstore.Version(*etag)
}

// unchanged is the condition that the version is old, or that there is none, if
// any is asked for.
func unchanged(old objectstore.Version) *azblob.AccessConditions {
	conditions := &azblob.ModifiedAccessConditions{IfMatch: new(azcore.ETag(old))}
	switch old {
	case objectstore.Any:
		return nil
	case "":
		conditions = &azblob.ModifiedAccessConditions{IfNoneMatch: new(azcore.ETagAny)}
	}
	return &azblob.AccessConditions{ModifiedAccessConditions: conditions}
}

// conflicts reports whether an error says that a condition is not met. Other
// errors of the same status, such as a lease that another holds, do not pass.
func conflicts(err error) bool {
	return bloberror.HasCode(err, bloberror.ConditionNotMet, bloberror.BlobAlreadyExists, bloberror.BlobNotFound)
}
