package keypath

import (
	"strings"
	"testing"

	"github.com/reportform/reportform/engine/ledger"
)

func TestPaths(t *testing.T) {
	for path, key := range map[string]ledger.Key{
		"report.a.b/tenant.contoso.json":                              {Report: "report.a.b", Tenant: "tenant.contoso"},
		"report.a.b/tenant.contoso/p-1.json":                          {Report: "report.a.b", Tenant: "tenant.contoso", Page: "p-1"},
		"report.a%5b%22x%2fy%22%5d/tenant.customer%5b%22.%22%5d.json": {Report: `report.a["x/y"]`, Tenant: `tenant.customer["."]`},
	} {
		if got := Of(key); got != path {
			t.Errorf("the path of %v is %s, want %s", key, got, path)
		}
		if got, ok, err := Parse(path); got != key || !ok || err != nil {
			t.Errorf("Parse(%q) = %v, %t, %v; want %v", path, got, ok, err, key)
		}
	}
}

func TestOtherPaths(t *testing.T) {
	for _, path := range []string{"", "a", "a.json", "a/b", "a/b/c", "a/b/c/d.json", "a/.b.json", "a/b/.c.json", "a/b.json.probe", "a/b.tmp", "/a.json", "a//b.json", "a/b/.json", "report/%4"} {
		if key, ok, err := Parse(path); ok || err != nil {
			t.Errorf("Parse(%q) = %v, %t, %v; want that it is passed over", path, key, ok, err)
		}
	}
	for _, path := range []string{"Report/a.json", "report/%zz.json", ".hidden/a.json"} {
		if _, _, err := Parse(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Parse(%q) gives %v, want an error that names it", path, err)
		}
	}
}

func TestEscape(t *testing.T) {
	for address, name := range map[string]string{
		"report.sign_ins.failed":      "report.sign_ins.failed",
		`tenant.customer["Fabrikam"]`: "tenant.customer%5b%22%46abrikam%22%5d",
		"../up":                       "%2e.%2fup",
	} {
		if got := escape(address); got != name {
			t.Errorf("escape(%q) = %q, want %q", address, got, name)
		}
		if got, err := unescape(name); got != address || err != nil {
			t.Errorf("unescape(%q) = %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"a%", "a%4", "a%zz", "A", "a%41%", "%61"} {
		if got, err := unescape(name); err == nil {
			t.Errorf("unescape(%q) = %q, want an error", name, got)
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add(`tenant.customer["a/b"]`)
	f.Fuzz(func(t *testing.T, address string) {
		name := escape(address)
		if name != strings.ToLower(name) || strings.ContainsAny(name, `/\:*?"<>|`) || strings.HasPrefix(name, ".") {
			t.Errorf("escape(%q) = %q is not safe", address, name)
		}
		if back, err := unescape(name); back != address || err != nil {
			t.Errorf("%q became %q, %v", address, back, err)
		}
	})
}

// A name that is taken for an escaped address is the only name of it.
func FuzzUnescape(f *testing.F) {
	f.Add("tenant.customer%5b%22%46abrikam%22%5d")
	f.Add("%2e.%2fup")
	f.Add("a%61")
	f.Fuzz(func(t *testing.T, name string) {
		if address, err := unescape(name); err == nil && escape(address) != name {
			t.Errorf("%q became %q, whose name is %q", name, address, escape(address))
		}
	})
}
