package azure

import (
	"testing"

	azblob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	azlease "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
)

// lease locks a blob, as people and other programs can.
func lease(t *testing.T, client *azblob.Client) {
	t.Helper()
	l, err := azlease.NewBlobClient(client, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.AcquireLease(t.Context(), 60, nil); err != nil {
		t.Fatal(err)
	}
}
