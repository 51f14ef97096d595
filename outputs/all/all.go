// Package all lists the formats.
package all

import (
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/csv"
	"github.com/reportform/reportform/outputs/file"
	"github.com/reportform/reportform/outputs/json"
	"github.com/reportform/reportform/outputs/ndjson"
	"github.com/reportform/reportform/outputs/text"
	"github.com/reportform/reportform/outputs/xml"
)

// Registry returns every format by the type label of its output blocks.
func Registry() outputs.Registry {
	return outputs.Registry{
		"csv":    csv.Format(),
		"json":   json.Format(),
		"ndjson": ndjson.Format(),
		"text":   text.Format(),
		"xml":    xml.Format(),
	}
}

// Keepers returns who answers for a kind of place of a configuration in dir,
// absolute, whether or not the output is declared that wrote it.
func Keepers(dir string) map[place.Kind]any {
	return map[place.Kind]any{place.File: file.NewFiles(dir)}
}
