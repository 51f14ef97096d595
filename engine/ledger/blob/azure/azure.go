// Package azure drives Azure Blob Storage.
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

	"github.com/reportform/reportform/engine/ledger"
)

// driver stores block blobs under conditions on their ETag, which is the
// version.
type driver struct {
	client *container.Client
	words  words
}

func (d *driver) Get(ctx context.Context, name string) ([]byte, ledger.Version, error) {
	out, err := d.client.NewBlobClient(name).DownloadStream(ctx, nil)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", d.words.explain(err)
	}
	body := out.NewRetryReader(ctx, nil)
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, "", d.words.explain(err)
	}
	return data, version(out.ETag), nil
}

func (d *driver) Put(ctx context.Context, name string, data []byte, old ledger.Version) (ledger.Version, error) {
	out, err := d.client.NewBlockBlobClient(name).Upload(ctx, streaming.NopCloser(bytes.NewReader(data)), &blockblob.UploadOptions{
		HTTPHeaders:      &azblob.HTTPHeaders{BlobContentType: new("application/json")},
		AccessConditions: unchanged(old),
	})
	if conflicts(err) {
		return "", ledger.ErrConflict
	}
	if err != nil {
		return "", d.words.explain(err)
	}
	return version(out.ETag), nil
}

func (d *driver) Delete(ctx context.Context, name string, old ledger.Version) error {
	_, err := d.client.NewBlobClient(name).Delete(ctx, &azblob.DeleteOptions{AccessConditions: unchanged(old)})
	if conflicts(err) {
		return ledger.ErrConflict
	}
	return d.words.explain(err)
}

func (d *driver) List(ctx context.Context, prefix string) ([]string, error) {
	var names []string
	pages := d.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, d.words.explain(err)
		}
		for _, item := range page.Segment.BlobItems {
			names = append(names, *item.Name)
		}
	}
	return names, nil
}

func version(etag *azcore.ETag) ledger.Version {
	if etag == nil {
		return ""
	}
	return ledger.Version(*etag)
}

// unchanged is the condition that the version is old, or that there is none.
func unchanged(old ledger.Version) *azblob.AccessConditions {
	conditions := &azblob.ModifiedAccessConditions{IfMatch: new(azcore.ETag(old))}
	if old == "" {
		conditions = &azblob.ModifiedAccessConditions{IfNoneMatch: new(azcore.ETagAny)}
	}
	return &azblob.AccessConditions{ModifiedAccessConditions: conditions}
}

// conflicts reports whether an error says that a condition is not met. Other
// errors of the same status, such as a lease that another holds, do not pass.
func conflicts(err error) bool {
	return bloberror.HasCode(err, bloberror.ConditionNotMet, bloberror.BlobAlreadyExists, bloberror.BlobNotFound)
}
