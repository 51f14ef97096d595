package endpoint

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/reportform/reportform/internal/odatafilter"
)

// The types of a path share its events; that of a user adds none to a path of
// the catalog, and has plain ones on a path of its own.
func TestGroup(t *testing.T) {
	shapes := fstest.MapFS{
		"all.json":  {Data: []byte(`{"event": {"id": "{{guid}}", "at": "{{time}}"}}`)},
		"some.json": {Data: []byte(`{"event": {"id": "{{guid}}", "at": "{{time}}", "kind": "k"}}`)},
	}
	all := Group([]Type{
		{Name: "mine", Own: true, API: Graph, Version: "v1.0", Path: "/Things", Time: "at", Retention: time.Hour},
		{Name: "some", API: Graph, Version: "v1.0", Path: "/things", Time: "at", Filter: "kind eq 'k'"},
		{Name: "all", API: Graph, Version: "v1.0", Path: "/things", Time: "at", Retention: 24 * time.Hour},
		{Name: "other", Own: true, API: Graph, Version: "beta", Path: "/others", ID: []string{"key"}},
	}, shapes)
	things := all.At(Graph, "V1.0", "/THINGS")
	if things == nil || things != all.Of("mine") || things != all.Of("some") || things.Name != "all" || things.Retention != 24*time.Hour || len(things.Sources) != 2 {
		t.Fatalf("%+v", things)
	}
	if n := len(things.Answering(nil)); n != 1 {
		t.Errorf("%d sources answer without a filter", n)
	}
	filter, err := odatafilter.Parse("kind eq 'k'")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(things.Answering(filter)); n != 2 {
		t.Errorf("%d sources answer with a filter of the kind", n)
	}
	other := all.Of("other")
	if other == nil || len(other.Sources) != 1 || !other.Snapshot() || other.Schema.Members["key"] == nil || things.Snapshot() {
		t.Errorf("%+v", other)
	}
	if all.At(AADGraph, "v1.0", "/things") != nil || all.Of("nope") != nil {
		t.Error("there is more than there should be")
	}
}

func TestLicences(t *testing.T) {
	for demanded, want := range map[string]string{"": "Free P1 P2", "Microsoft Entra ID P1 or P2": "P1 P2", "Microsoft Entra ID P2": "P2"} {
		e := &Endpoint{Type: Type{License: demanded}}
		got := ""
		for _, license := range []string{Free, P1, P2} {
			if e.Licensed(license) {
				got += " " + license
			}
		}
		if got != " "+want {
			t.Errorf("%q is had by%s, want %s", demanded, got, want)
		}
	}
}

func TestFloor(t *testing.T) {
	now := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	e := Group([]Type{{Name: "long", API: Graph, Path: "/long", Retention: 90 * 24 * time.Hour}}, fstest.MapFS{}).Of("long")
	for license, days := range map[string]int{Free: 7, P1: 30, P2: 90} {
		if got, want := e.Floor(license, now), time.Date(2026, 11, 17-days, 0, 0, 0, 0, time.UTC); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", license, got, want)
		}
	}
}

// A query that names a property which costs more is answered by its rule; the
// endpoint itself stays as it is.
func TestNaming(t *testing.T) {
	e := &Endpoint{Type: Type{
		Limit: "directory", Permissions: []string{"User.Read.All"},
		With: []Property{{Name: "signInActivity", MaxPage: 500, Limit: "sign_in_activity", License: "P1"}, {Name: "keys", Permissions: []string{"Key.Read"}}},
	}, Family: Family{MaxPage: 999, DefaultPage: 100}}
	dear := e.Naming([]string{"id", "SignInActivity", "keys"})
	if dear.Family.MaxPage != 500 || dear.Limit != "sign_in_activity" || dear.License != "P1" || dear.Permissions[0] != "Key.Read" {
		t.Errorf("it answers as %+v", dear)
	}
	if e.Naming([]string{"id"}) != e || e.Family.MaxPage != 999 || e.Limit != "directory" {
		t.Errorf("the endpoint has become %+v", e)
	}
}
