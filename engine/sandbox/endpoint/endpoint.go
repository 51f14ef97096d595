// Package endpoint says what the sandbox's services offer: the paths of all
// report types, what each demands, and which events it has.
package endpoint

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/sandbox/shape"
	"github.com/reportform/reportform/internal/odatafilter"
)

// Endpoint is one path that answers with events or objects. Several report
// types can share it.
type Endpoint struct {
	Type    // that which rules the endpoint
	Family  Family
	Sources []*Source
	Schema  *odatafilter.Schema
}

// Source is one kind of event of an endpoint.
type Source struct {
	Shape *shape.Shape
	// Key names the source apart from the API version, in which the same
	// events appear.
	Key string
	// only lists the properties of which a filter must mention one for the
	// source to take part; empty for always.
	only []string
}

// Family is what reports below a common path have in common.
type Family struct {
	prefix string
	// The codes of a 403 without the permission and without the licence.
	// Source: Microsoft Graph error list and observed answers.
	Denied, Unlicensed string
	DefaultPage        int
	MaxPage            int
	// Reject refuses a $top above MaxPage instead of reducing it.
	Reject bool
	// Silent sends no Retry-After with a 429.
	Silent bool
	// Advanced marks directory objects: @odata.count needs the header
	// ConsistencyLevel, and $skip is not supported.
	Advanced bool
}

const premiumCode = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"

// familyOf returns the family of a path in lower case.
func familyOf(api, path string) Family {
	families := []Family{
		{prefix: "/auditlogs/", Denied: "Authentication_MSGraphPermissionMissing", Unlicensed: premiumCode, DefaultPage: 1000, MaxPage: 1000},
		{prefix: "/reports/", Denied: "Authentication_MSGraphPermissionMissing", Unlicensed: premiumCode, DefaultPage: 1000, MaxPage: 1000},
		{prefix: "/identityprotection/", Denied: "Forbidden", Unlicensed: "Forbidden", DefaultPage: 500, MaxPage: 500, Reject: true, Silent: true},
		{prefix: "/identity/", Denied: "Forbidden", Unlicensed: "Forbidden", DefaultPage: 500, MaxPage: 500, Reject: true, Silent: true},
		{prefix: "/security/", Denied: "Forbidden", Unlicensed: "Forbidden", DefaultPage: 100, MaxPage: 1000},
		{prefix: "/devicemanagement/", Denied: "Forbidden", Unlicensed: "Forbidden", DefaultPage: 1000, MaxPage: 1000},
		{prefix: "/", Denied: "Authorization_RequestDenied", Unlicensed: premiumCode, DefaultPage: 100, MaxPage: 999, Reject: true, Advanced: true},
	}
	if api == AADGraph {
		return Family{Denied: "Authorization_RequestDenied", Unlicensed: premiumCode, DefaultPage: 1000, MaxPage: 1000}
	}
	for _, f := range families {
		if strings.HasPrefix(path, f.prefix) {
			return f
		}
	}
	return families[len(families)-1]
}

// Endpoints are all paths of the services.
type Endpoints struct {
	byPath, byType map[string]*Endpoint
}

// At returns the endpoint at a path, in any case; nil for none.
func (all *Endpoints) At(api, version, path string) *Endpoint {
	return all.byPath[key(api, version, path)]
}

// Of returns the endpoint of a type by its name; nil for none.
func (all *Endpoints) Of(typeName string) *Endpoint { return all.byType[typeName] }

// All returns the endpoints, in no order.
func (all *Endpoints) All() iter.Seq[*Endpoint] { return maps.Values(all.byPath) }

func key(api, version, path string) string {
	return api + " " + strings.ToLower(version+" "+path)
}

// Group groups types by path, in whatever order they come. A type without
// a shape of its own, such as one of a user's configuration, adds nothing to a
// path that has events already, and makes plain ones on a path that has none.
// shapes has a file for each type with a shape of its own; Group panics if one
// is damaged.
func Group(types []Type, shapes fs.FS) *Endpoints {
	all := &Endpoints{byPath: map[string]*Endpoint{}, byType: map[string]*Endpoint{}}
	for _, t := range slices.SortedFunc(slices.Values(types), precedence) {
		key := key(t.API, t.Version, t.Path)
		e := all.byPath[key]
		if e == nil {
			e = &Endpoint{Type: t, Family: familyOf(t.API, strings.ToLower(t.Path))}
			all.byPath[key] = e
		}
		if e.Own {
			// Nobody else says how long the service keeps what there is.
			e.Retention = longest(e.Retention, t.Retention)
		}
		all.byType[t.Name] = e
		if _, err := fs.Stat(shapes, t.Name+".json"); err != nil {
			continue // no shape, or a name that no file can have
		}
		s, err := shape.Load(shapes, t.Name)
		if err != nil {
			panic(err)
		}
		e.add(t, s)
	}
	for _, e := range all.byPath {
		if len(e.Sources) == 0 {
			e.add(Type{API: e.API, Path: e.Path}, generic(e.Type))
		}
		e.finish()
	}
	return all
}

// precedence puts first which of the types of a path rules it: a built-in type,
// of those one without a filter, of those the first by name.
func precedence(a, b Type) int {
	rank := func(t Type) int {
		rank := 0
		if t.Own {
			rank += 2
		}
		if t.Filter != "" {
			rank++
		}
		return rank
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Name, b.Name))
}

// longest compares retentions, of which 0 is without a known limit.
func longest(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}

// add adds the events of a type, unless the endpoint has those of another type
// with the same filter.
func (e *Endpoint) add(t Type, s *shape.Shape) {
	src := &Source{Shape: s, Key: t.API + " " + strings.ToLower(t.Path) + " " + t.Filter}
	for _, other := range e.Sources {
		if other.Key == src.Key {
			return
		}
	}
	if t.Filter != "" {
		if filter, err := odatafilter.Parse(t.Filter); err == nil {
			odatafilter.Properties(filter, func(path []string) { src.only = append(src.only, path[0]) })
		}
	}
	e.Sources = append(e.Sources, src)
}

// finish settles what depends on all types of the endpoint.
func (e *Endpoint) finish() {
	all := &odatafilter.Schema{Kind: odatafilter.Object, Members: map[string]*odatafilter.Schema{}}
	for _, s := range e.Sources {
		all = odatafilter.Merge(all, s.Shape.Schema())
	}
	if e.Time != "" && !strings.Contains(e.Time, "/") && all.Members[e.Time] == nil {
		all.Members[e.Time] = &odatafilter.Schema{Kind: odatafilter.Time}
	}
	e.Schema = all
	first := e.Sources[0].Shape
	e.Family.DefaultPage = cmp.Or(e.DefaultPage, first.DefaultPage, e.Family.DefaultPage)
	e.Family.MaxPage = cmp.Or(e.MaxPage, first.MaxPage, e.Family.MaxPage)
	e.Family.DefaultPage = min(e.Family.DefaultPage, e.Family.MaxPage)
}

// generic makes a shape from what is known of a type: how it is identified and timed.
func generic(t Type) *shape.Shape {
	event := map[string]any{"displayName": "{{user.name}}", "userPrincipalName": "{{user.upn}}", "ipAddress": "{{user.ip}}"}
	set := func(path, value string) {
		if strings.Contains(path, "$") { // no property, and it would be read as part of the language
			return
		}
		object := event
		names := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '.' })
		for i, name := range names {
			if i == len(names)-1 {
				object[name] = value
				break
			}
			next, ok := object[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				object[name] = next
			}
			object = next
		}
	}
	if len(t.ID) == 0 {
		set("id", "{{guid}}")
	}
	for _, id := range t.ID {
		set(id, "{{guid}}")
	}
	set(t.Time, "{{time}}")
	text, err := json.Marshal(event)
	if err != nil {
		panic(err) // it is made of texts
	}
	s, err := shape.Parse(text)
	if err != nil {
		panic(fmt.Sprintf("the plain shape of %s: %v", t.Name, err))
	}
	return s
}

// Snapshot reports whether the endpoint lists objects rather than events.
func (e *Endpoint) Snapshot() bool {
	s := e.Sources[0].Shape
	return s.Each >= 0 || e.Time == "" && s.Every == 0
}

// Answering returns the sources that take part in an answer to a filter, which
// may be nil.
func (e *Endpoint) Answering(filter odatafilter.Expr) []*Source {
	mentioned := map[string]bool{}
	if filter != nil {
		odatafilter.Properties(filter, func(path []string) { mentioned[path[0]] = true })
	}
	var sources []*Source
	for _, s := range e.Sources {
		if len(s.only) == 0 || slices.ContainsFunc(s.only, func(name string) bool { return mentioned[name] }) {
			sources = append(sources, s)
		}
	}
	return sources
}

// Licensed reports whether a directory has the licence that the endpoint demands.
func (e *Endpoint) Licensed(license string) bool {
	switch {
	case e.License == "":
		return true
	case license == Free:
		return false
	case license == P1:
		return !strings.Contains(e.License, "P2") || strings.Contains(e.License, "P1")
	}
	return true
}

// unlimited is how far back the events of a report go whose retention is not known.
const unlimited = 180 * 24 * time.Hour

// Floor is the earliest time that can be asked for: the midnight that is a day
// further back than the retention, as the service was seen to name it.
// Source: microsoftgraph/msgraph-beta-sdk-dotnet#626.
func (e *Endpoint) Floor(license string, now time.Time) time.Time {
	keep := cmp.Or(e.Retention, e.Sources[0].Shape.Keep, unlimited)
	switch license {
	case Free:
		keep = min(keep, 7*24*time.Hour)
	case P1:
		keep = min(keep, 30*24*time.Hour)
	}
	return now.Add(-keep).Truncate(24 * time.Hour).Add(-24 * time.Hour)
}
