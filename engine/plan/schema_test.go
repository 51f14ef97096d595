package plan

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/reportform/reportform/internal/place"
)

const schemaFile = "../../docs/plan.schema.json"

// fill sets every field that is reachable from v.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 1, 2, 3, 4, 5, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	}
}

// fullPlan has something in every field.
func fullPlan() *Plan {
	var p Plan
	fill(reflect.ValueOf(&p).Elem())
	const digest, sha = "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	p.Configuration, p.Version = digest, FormatVersion
	pull := &p.Pulls[0]
	pull.Date, pull.Source.SHA256 = "2026-11-01", sha
	pull.Outputs[0].Reason, pull.Outputs[0].Definition = Derived, digest
	p.Orphans[0].Why, p.Orphans[0].SHA256 = "output", sha
	p.Deletions[0].Why, p.Deletions[0].SHA256 = "expired", sha
	p.Deletions[0].Hazards, p.Allowed, p.Hazards[0].Kind = []HazardKind{DeletesIrrecoverable}, Hazards(), RemovesTenant
	return &p
}

func encode(t *testing.T, p *Plan) any {
	t.Helper()
	var buf bytes.Buffer
	if err := Write(&buf, p); err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchema(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(encode(t, fullPlan())); err != nil {
		t.Error(err)
	}
	elsewhere := fullPlan()
	elsewhere.Pulls[0].Outputs[0].Place = place.New("table", "pg.sign_ins", "contoso")
	elsewhere.Orphans[0].Place, elsewhere.Orphans[0].SHA256 = place.New("object", "s3://bucket/a", ""), ""
	if err := schema.Validate(encode(t, elsewhere)); err != nil {
		t.Error(err)
	}
	empty := &Plan{Header: Header{Version: FormatVersion, Configuration: fullPlan().Configuration, Now: time.Now()}}
	if err := schema.Validate(encode(t, empty)); err != nil {
		t.Error(err)
	}
	for _, reason := range []Reason{New, Derived, Open, Moved, Revisit, Changed, Missing, Altered, Failed, Relocated} {
		p := fullPlan()
		p.Pulls[0].Outputs[0].Reason = reason
		if err := schema.Validate(encode(t, p)); err != nil {
			t.Errorf("%s: %v", reason, err)
		}
	}
	for _, kind := range append(Hazards(), LosesSoon, ReplacesFiles, Refetches) {
		p := fullPlan()
		p.Hazards[0].Kind = kind
		if err := schema.Validate(encode(t, p)); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for name, spoil := range map[string]func(*Plan){
		"newer":         func(p *Plan) { p.Version++ },
		"reason":        func(p *Plan) { p.Pulls[0].Outputs[0].Reason = "because" },
		"no output":     func(p *Plan) { p.Pulls[0].Outputs = nil },
		"configuration": func(p *Plan) { p.Configuration = "" },
		"place":         func(p *Plan) { p.Pulls[0].Outputs[0].Place = "" },
		"why":           func(p *Plan) { p.Orphans[0].Why = "x" },
		"hazard":        func(p *Plan) { p.Hazards[0].Kind = "x" },
		"allowed":       func(p *Plan) { p.Allowed = []HazardKind{"x"} },
	} {
		p := fullPlan()
		spoil(p)
		if schema.Validate(encode(t, p)) == nil {
			t.Errorf("%s: a wrong plan is valid", name)
		}
	}
}

// The schema has every field of the format, and says of each whether it is
// always there.
func TestSchemaIsComplete(t *testing.T) {
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	compare(t, root, root, reflect.TypeFor[Plan]())
}

// compare compares a schema of objects with a struct, and what is below.
func compare(t *testing.T, root, schema map[string]any, of reflect.Type) {
	t.Helper()
	if ref, ok := schema["$ref"].(string); ok {
		schema = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	properties, _ := schema["properties"].(map[string]any)
	listed, _ := schema["required"].([]any)
	var required []string
	for _, name := range listed {
		required = append(required, name.(string))
	}
	seen := map[string]bool{}
	for _, field := range reflect.VisibleFields(of) {
		if field.Anonymous {
			continue // its fields are visible too
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		seen[name] = true
		property, ok := properties[name].(map[string]any)
		if !ok {
			t.Errorf("the schema lacks %s.%s", of.Name(), name)
			continue
		}
		if always := options == ""; always != slices.Contains(required, name) {
			t.Errorf("%s.%s: required should be %v", of.Name(), name, always)
		}
		below := field.Type
		for below.Kind() == reflect.Pointer || below.Kind() == reflect.Slice {
			if below.Kind() == reflect.Slice {
				property = property["items"].(map[string]any)
			}
			below = below.Elem()
		}
		if below.Kind() == reflect.Struct && below != reflect.TypeFor[time.Time]() {
			compare(t, root, property, below)
		}
	}
	for name := range properties {
		if !seen[name] {
			t.Errorf("the schema has %s.%s, which the format lacks", of.Name(), name)
		}
	}
}
