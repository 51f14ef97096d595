package directory

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func kind(t *testing.T, name string) (int, func(row []string, column string) string) {
	t.Helper()
	for i, k := range Kinds() {
		if k.Name == name {
			return i, func(row []string, column string) string {
				for c, known := range k.Columns {
					if known == column {
						return row[c]
					}
				}
				t.Fatalf("a %s has no %s", name, column)
				return ""
			}
		}
	}
	t.Fatalf("no kind %s", name)
	return 0, nil
}

func TestNew(t *testing.T) {
	d := New(0, "alderbrook.example", 500)
	for i, k := range Kinds() {
		rows := d.Table(i).Rows
		if len(rows) == 0 {
			t.Errorf("no %s", k.Name)
		}
		ids := map[string]bool{}
		for _, row := range rows {
			if len(row) != len(k.Columns) {
				t.Fatalf("%s: %d values for %d columns", k.Name, len(row), len(k.Columns))
			}
			if !IsGUID(row[0]) || ids[row[0]] {
				t.Errorf("%s: id %q", k.Name, row[0])
			}
			ids[row[0]] = true
		}
	}
	users, value := kind(t, "user")
	names, guests := map[string]bool{}, 0
	for _, row := range d.Table(users).Rows {
		upn := value(row, "upn")
		if names[upn] || !strings.HasSuffix(upn, "@alderbrook.example") {
			t.Errorf("%q", upn)
		}
		for _, c := range upn {
			if c > 127 {
				t.Errorf("%q is not an address", upn)
			}
		}
		names[upn] = true
		if value(row, "type") == "guest" {
			guests++
		}
	}
	if guests == 0 || guests > 100 {
		t.Errorf("%d guests of 500", guests)
	}
	if diff := cmp.Diff(d.tables, New(0, "ALDERBROOK.example", 500).tables); diff != "" {
		t.Errorf("not the same again: %s", diff)
	}
	if !reflect.DeepEqual(d.tables, New(0, "ALDERBROOK.example", 500).tables) {
		t.Error("not the same again")
	}
	if reflect.DeepEqual(d.tables, New(0, "other.example", 500).tables) || reflect.DeepEqual(d.tables, New(1, "alderbrook.example", 500).tables) {
		t.Error("another directory is the same")
	}
	// A directory that grows keeps its users.
	if diff := cmp.Diff(d.Table(users).Rows[:30], New(0, "alderbrook.example", 30).Table(users).Rows); diff != "" {
		t.Error(diff)
	}
}

func TestGUID(t *testing.T) {
	const id = "8f0c1f2e-0000-4000-8000-00000000000a"
	if GUID(strings.ToUpper(id)) != id {
		t.Error("a GUID is its own id")
	}
	if a, b := GUID("a.example"), GUID("b.example"); a == b || !IsGUID(a) || a != GUID("A.example") {
		t.Errorf("%s %s", a, b)
	}
	tenants, value := kind(t, "tenant")
	d := New(0, id, 1)
	row := d.Table(tenants).Rows[0]
	if value(row, "id") != id || !strings.HasSuffix(value(row, "domain"), ".example") || value(row, "name") == "" {
		t.Errorf("%v", row)
	}
	for _, s := range []string{"", "x", strings.Repeat("0", 36), strings.Repeat("-", 36), id[:35] + "G"} {
		if IsGUID(s) {
			t.Errorf("%q", s)
		}
	}
}

// The events of a directory must not change with a new version of the program.
func TestHashStays(t *testing.T) {
	if got := Hash(7, "a", "b"); got != 0xd09a5c94d0fc798e {
		t.Errorf("%#x", got)
	}
	if Hash(7, "a", "b") == Hash(7, "b", "a") || Hash(7, "ab") == Hash(7, "a", "b") || Hash(7, "a") == Hash(8, "a") {
		t.Error("the hash does not tell its arguments apart")
	}
}
