package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/sandbox"
	"github.com/reportform/reportform/internal/column"
)

func route(t sandbox.Type) (path string, options []string) {
	if t.API == "aad_graph" {
		path, options = "/"+tenant+t.Path, []string{"api-version=" + t.Version}
	} else {
		path = "/" + t.Version + t.Path
	}
	if t.Filter != "" {
		options = append(options, "$filter="+t.Filter)
	}
	return path, options
}

func TestEveryTypeOfTheCatalog(t *testing.T) {
	list, err := load()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]*config.ReportType{}
	for _, r := range list {
		known[r.Name] = r
	}
	s := start(t, sandbox.Options{Tenants: func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{EventsPerDay: 200}, true }})
	for _, r := range types(t) {
		t.Run(r.Name, func(t *testing.T) {
			path, options := route(r)
			events := s.get(path, append(options, "$top=250")...).page(t).Value
			if len(events) == 0 {
				t.Fatal("no events")
			}
			seen := map[string]bool{}
			for _, e := range events {
				var object map[string]any
				if err := json.Unmarshal(e, &object); err != nil {
					t.Fatalf("%v: %s", err, e)
				}
				for _, name := range append(r.ID, r.Time) {
					if strings.HasPrefix(r.Name, "b2c_") || name == "" {
						continue // their time is a filter's, not a property
					}
					if v, ok := object[name].(string); !ok || v == "" {
						t.Fatalf("no %s: %s", name, e)
					}
				}
				for name := range object {
					seen[name] = true
				}
				for _, field := range slices.Concat(known[r.Name].Columns, known[r.Name].Fields) {
					if v := at(object, field.Path); v != nil && !fits(v, field.Type) {
						t.Fatalf("%s is no %s: %s", field.Path, field.Type, e)
					}
				}
			}
			for _, column := range known[r.Name].ColumnPaths() {
				name, _, _ := strings.Cut(column, ".")
				if !seen[name] {
					t.Errorf("no event has %s", name)
				}
			}
		})
	}
}

// at returns the value at a dotted path.
func at(object map[string]any, path string) any {
	name, rest, nested := strings.Cut(path, ".")
	if !nested {
		return object[name]
	}
	inner, _ := object[name].(map[string]any)
	return at(inner, rest)
}

// fits reports whether a value is of a column's type. The columns of types
// without a known field may be of any.
func fits(v any, t column.Type) bool {
	text, isText := v.(string)
	number, isNumber := v.(float64)
	var err error
	switch t {
	case column.Bool:
		_, ok := v.(bool)
		return ok
	case column.Int32, column.Int64:
		return isNumber && number == math.Trunc(number)
	case column.Double:
		return isNumber
	case column.List:
		_, ok := v.([]any)
		return ok
	case column.Struct:
		_, ok := v.(map[string]any)
		return ok
	case column.Timestamp:
		_, err = time.Parse(time.RFC3339, text)
	case column.Date:
		_, err = time.Parse(time.DateOnly, text)
	case column.GUID:
		return regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`).MatchString(text)
	case column.Binary:
		_, err = base64.StdEncoding.DecodeString(text)
	}
	return isText && err == nil
}

func TestPagesAndOrdersGiveTheSameEvents(t *testing.T) {
	s := start(t, sandbox.Options{Tenants: func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{EventsPerDay: 200}, true }})
	for _, name := range []string{"sign_ins", "sign_ins_non_interactive", "risk_detections", "audit_events", "activities_sign_ins"} {
		for _, r := range types(t) {
			if r.Name != name {
				continue
			}
			t.Run(name, func(t *testing.T) {
				from, to := noon.Add(-30*time.Hour), noon.Add(-time.Hour)
				path, options := route(r)
				filter := fmt.Sprintf("%s ge %s and %s lt %s", r.Time, from.Format(time.RFC3339), r.Time, to.Format(time.RFC3339))
				if r.Filter != "" {
					filter += " and " + r.Filter
					options = nil
				}
				options = append(options, "$filter="+filter)
				with := func(more ...string) []string { return append(append([]string{}, options...), more...) }
				newest, pages := s.all(path, with()...)
				if pages != 1 || len(newest) < 10 {
					t.Fatalf("%d events on %d pages", len(newest), pages)
				}
				if n := s.Count(tenant, name, from, to); n != len(newest) {
					t.Errorf("Count says %d, there are %d", n, len(newest))
				}
				for _, top := range []int{3, 7, 100} {
					events, pages := s.all(path, with(fmt.Sprint("$top=", top))...)
					if want := (len(newest) + top - 1) / top; pages != want {
						t.Errorf("$top=%d: %d pages instead of %d", top, pages, want)
					}
					equal(t, events, newest)
				}
				oldest, _ := s.all(path, with("$top=9", "$orderby="+r.Time)...)
				if len(oldest) != len(newest) {
					t.Fatalf("%d events in one order and %d in the other", len(oldest), len(newest))
				}
				for i := range oldest {
					if oldest[i] != newest[len(newest)-1-i] {
						t.Fatalf("event %d differs: %s", i, oldest[i])
					}
				}
				last := ""
				for _, e := range oldest {
					var object map[string]any
					if err := json.Unmarshal([]byte(e), &object); err != nil {
						t.Fatal(err)
					}
					at, err := time.Parse(time.RFC3339, object[r.Time].(string))
					if err != nil || at.Before(from) || !at.Before(to) {
						t.Fatalf("%v is not in [%v, %v): %v", at, from, to, err)
					}
					if sortable := at.Format("2006-01-02T15:04:05.0000000"); sortable < last {
						t.Fatalf("%s comes after %s", sortable, last)
					} else {
						last = sortable
					}
				}
			})
		}
	}
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d events instead of %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("event %d is %s instead of %s", i, got[i], want[i])
		}
	}
}
