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

// Names that are too long for a file are cut, and no others.
func TestLongNames(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for name, test := range map[string]struct {
		key  ledger.Key
		want string
	}{
		"fit":           {ledger.Key{Report: long[:255], Tenant: long[:250]}, long[:255] + "/" + long[:250] + ".json"},
		"long report":   {ledger.Key{Report: long[:256], Tenant: "t"}, long[:240] + "~/~" + long[:16] + "/t.json"},
		"long tenant":   {ledger.Key{Report: "r", Tenant: long[:251]}, "r/" + long[:240] + "~/~" + long[:11] + ".json"},
		"three":         {ledger.Key{Report: "r", Tenant: long[:481]}, "r/" + long[:240] + "~/~" + long[:240] + "~/~x.json"},
		"two, to a bit": {ledger.Key{Report: "r", Tenant: long[:480]}, "r/" + long[:240] + "~/~" + long[:240] + ".json"},
		"its page":      {ledger.Key{Report: "r", Tenant: long[:251], Page: "p"}, "r/" + long[:240] + "~/~" + long[:11] + "/p.json"},
	} {
		path := Of(test.key)
		if path != test.want {
			t.Errorf("%s: the path is %s, want %s", name, path, test.want)
		}
		if got, ok, err := Parse(path); got != test.key || !ok || err != nil {
			t.Errorf("%s: Parse gives %v, %t, %v", name, got, ok, err)
		}
	}
}

func TestOtherPaths(t *testing.T) {
	for _, path := range []string{"", "a", "a.json", "a/b", "a/b/c", "a/b/c/d.json", "a/.b.json", "a/b/.c.json", "a/b.json.probe", "a/b.tmp", "/a.json", "a//b.json", "a/b/.json", "report/%4"} {
		if key, ok, err := Parse(path); ok || err != nil {
			t.Errorf("Parse(%q) = %v, %t, %v; want that it is passed over", path, key, ok, err)
		}
	}
	for _, path := range []string{
		"Report/a.json", "report/%zz.json", ".hidden/a.json", "r/t/P.json", "r/t/a copy.json",
		"r/t~/~x.json", "r/t~.json", "r/~t.json", "r~/~/t.json", "r/t~/~~/~x.json", "r/" + strings.Repeat("x", 251) + ".json",
	} {
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

// Every key has a path of its own below the backend's place, of names that files
// may have.
func FuzzOf(f *testing.F) {
	f.Add("report.a.b", `tenant.customer["a/b"]`, "20261101t000000z-abc")
	f.Add(strings.Repeat("é", 50), strings.Repeat("あ", 500), "")
	f.Add("../up", ".", "../../x")
	f.Fuzz(func(t *testing.T, report, tenant, page string) {
		if report == "" || tenant == "" || len(page) > 64 {
			return // there are none
		}
		key := ledger.Key{Report: report, Tenant: tenant, Page: page}
		path := Of(key)
		for name := range strings.SplitSeq(path, "/") {
			if len(name) > 255 || name == "" || strings.HasPrefix(name, ".") || name != strings.ToLower(name) || strings.ContainsAny(name, `\:*?"<>|`) {
				t.Errorf("the path of %q has the name %q", key, name)
			}
		}
		if got, ok, err := Parse(path); got != key || !ok || err != nil {
			t.Errorf("%q became %q, and that %q, %t, %v", key, path, got, ok, err)
		}
	})
}

// A path that is taken for that of a key is its only one.
func FuzzParse(f *testing.F) {
	f.Add("report.a.b/tenant.contoso/p-1.json")
	f.Add("r/" + strings.Repeat("x", 240) + "~/~xxxxxxxxxxx.json")
	f.Add("r/a~/~b.json")
	f.Fuzz(func(t *testing.T, path string) {
		if key, ok, err := Parse(path); ok && err == nil && Of(key) != path {
			t.Errorf("%q became %q, whose path is %q", path, key, Of(key))
		}
	})
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
