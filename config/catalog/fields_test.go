package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/column"
)

// property is a property of an entity in the service's metadata.
type property struct {
	Name       string     `json:"name"`
	Type       string     `json:"type"`
	Kind       string     `json:"kind"`
	Collection bool       `json:"collection"`
	Properties []property `json:"properties"`
}

func (p property) column() (column.Type, error) {
	primitive := map[string]column.Type{
		"Edm.String": column.String, "Edm.Boolean": column.Bool, "Edm.Int32": column.Int32, "Edm.Int64": column.Int64,
		"Edm.Double": column.Double, "Edm.DateTimeOffset": column.Timestamp, "Edm.Date": column.Date,
		"Edm.Duration": column.Duration, "Edm.Guid": column.GUID, "Edm.Binary": column.Binary, "Edm.Stream": column.Binary,
	}
	switch {
	case p.Collection:
		return column.List, nil
	case p.Kind == "enum":
		return column.String, nil
	case p.Kind == "complex":
		return column.Struct, nil
	}
	t, ok := primitive[p.Type]
	if !ok {
		return "", fmt.Errorf("%s has the type %s", p.Name, p.Type)
	}
	return t, nil
}

// TestFieldsAreTheService's compares the fields with the service's metadata,
// which is kept outside of this repository. With -update it writes them anew,
// of the entities that the file names.
func TestFieldsAreTheServices(t *testing.T) {
	src, err := os.ReadFile("../../../shared/reference/entities.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the service's metadata, which is no part of the repository, is not beside it")
	}
	if err != nil {
		t.Fatal(err)
	}
	var metadata struct {
		Entities map[string]map[string]struct {
			Properties []property `json:"properties"`
		} `json:"entities"`
	}
	if err := json.Unmarshal(src, &metadata); err != nil {
		t.Fatal(err)
	}
	entities, err := readEntities(fields)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range entities {
		fmt.Fprintf(&b, "%s: %s\n", e.header, strings.Join(e.types, " "))
		name, version, _ := strings.Cut(e.header, " ")
		properties := metadata.Entities[name][version].Properties
		if len(properties) == 0 {
			t.Errorf("there is no %s", e.header)
		}
		var write func(indent string, properties []property)
		write = func(indent string, properties []property) {
			for _, p := range properties {
				columnType, err := p.column()
				if err != nil {
					t.Errorf("%s: %v", e.header, err)
				}
				fmt.Fprintf(&b, "%s%s %s\n", indent, p.Name, columnType)
				if columnType == column.Struct {
					write(indent+"  ", p.Properties)
				}
			}
		}
		write("  ", properties)
	}
	want := strings.ReplaceAll(b.String(), " string\n", "\n")
	if *update {
		if err := os.WriteFile(fieldsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("%s differs from the metadata, run go test ./config/catalog -update (-metadata +file):\n%s", fieldsFile, diff)
	}
}

// TestFields holds the types of what is shipped against each other.
func TestFields(t *testing.T) {
	types := byName(t)
	entities, err := readEntities(fields)
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string]bool{} // the types of which every field is known
	for _, e := range entities {
		for _, name := range e.types {
			whole[name] = true
		}
	}
	for name, rt := range types {
		typeOf := map[string]column.Type{}
		for _, f := range rt.Fields {
			if _, twice := typeOf[f.Path]; twice {
				t.Errorf("%s has the field %s twice", name, f.Path)
			}
			typeOf[f.Path] = f.Type
			if i := strings.LastIndex(f.Path, "."); i >= 0 && typeOf[f.Path[:i]] != column.Struct {
				t.Errorf("%s: %s lies in no struct", name, f.Path)
			}
		}
		for _, c := range rt.Columns {
			known, ok := typeOf[c.Path]
			if ok && c.Type != known || !ok && c.Type != column.String {
				t.Errorf("%s: the column %s is a %s, and the field a %q", name, c.Path, c.Type, known)
			}
			if first, _, _ := strings.Cut(c.Path, "."); whole[name] && typeOf[first] == "" {
				t.Errorf("%s: the column %s is in no field", name, c.Path)
			}
		}
		if i := slices.Index(rt.ColumnPaths(), rt.Time); i >= 0 && rt.Columns[i].Type != column.Timestamp {
			t.Errorf("%s: the time %s is a %s", name, rt.Time, rt.Columns[i].Type)
		}
	}
	if len(whole) < 25 {
		t.Errorf("of %d types the fields are known", len(whole))
	}
	for path, want := range map[string]column.Type{
		"createdDateTime": column.Timestamp, "status": column.Struct, "status.errorCode": column.Int32,
		"isInteractive": column.Bool, "location.geoCoordinates.latitude": column.Double, "appliedConditionalAccessPolicies": column.List, "location.city": column.String,
	} {
		if i := slices.IndexFunc(types["sign_ins"].Fields, func(f column.Column) bool { return f.Path == path }); i < 0 || types["sign_ins"].Fields[i].Type != want {
			t.Errorf("sign_ins: %s is no %s", path, want)
		}
	}
}

func TestFieldsMistakes(t *testing.T) {
	for src, want := range map[string]string{
		"  id\n":                                "fields.txt:1",
		"a v1.0: \n  id uuid\n":                 "fields.txt:2",
		"a v1.0: \n    id\n":                    "fields.txt:2",
		"a v1.0: \nid\n":                        "fields.txt:2",
		"a v1.0: \n  id\n\n":                    "fields.txt:3",
		"a v1.0:\n  s\n    x\n":                 "fields.txt:3",
		"a v1.0:\n  s struct\nb beta:\n    x\n": "fields.txt:4",
	} {
		if got, err := readEntities(src); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want an error at %s", src, got, err, want)
		}
	}
	if err := setFields([]*config.ReportType{{Name: "a"}}, []*entity{{header: "x v1.0", types: []string{"b"}}}); err == nil || !strings.Contains(err.Error(), `"b"`) {
		t.Errorf("an unknown type: %v", err)
	}
}
