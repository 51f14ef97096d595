// Package all lists the object stores.
package all

import (
	"github.com/reportform/reportform/internal/objectstore"
	"github.com/reportform/reportform/internal/objectstore/azure"
	"github.com/reportform/reportform/internal/objectstore/gcs"
	"github.com/reportform/reportform/internal/objectstore/s3"
)

// Schemes are the schemes of urls by which blocks name object stores.
func Schemes() []objectstore.Scheme {
	return []objectstore.Scheme{s3.Scheme(), azure.Scheme(), gcs.Scheme()}
}
