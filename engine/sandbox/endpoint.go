package sandbox

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/sandbox/odata"
	"github.com/reportform/reportform/engine/sandbox/shape"
)

//go:embed shapes/*.json
var shapeFiles embed.FS

// endpoint is one path that answers with events or objects. Several report
// types can share it.
type endpoint struct {
	Type    // that which rules the endpoint
	family  family
	sources []*source
	schema  *odata.Schema
}

// source is one kind of event of an endpoint.
type source struct {
	shape *shape.Shape
	// key names the source apart from the API version, in which the same
	// events appear.
	key string
	// only lists the properties of which a filter must mention one for the
	// source to take part; empty for always.
	only []string
}

// family is what reports below a common path have in common.
type family struct {
	prefix string
	// The codes of a 403 without the permission and without the licence.
	// Source: Microsoft Graph error list and observed answers.
	denied, unlicensed string
	defaultPage        int
	maxPage            int
	// reject refuses a $top above maxPage instead of reducing it.
	reject bool
	// silent sends no Retry-After with a 429.
	silent bool
	// advanced marks directory objects: @odata.count needs the header
	// ConsistencyLevel, and $skip is not supported.
	advanced bool
}

const premiumCode = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"

// familyOf returns the family of a path in lower case.
func familyOf(api, path string) family {
	families := []family{
		{prefix: "/auditlogs/", denied: "Authentication_MSGraphPermissionMissing", unlicensed: premiumCode, defaultPage: 1000, maxPage: 1000},
		{prefix: "/reports/", denied: "Authentication_MSGraphPermissionMissing", unlicensed: premiumCode, defaultPage: 1000, maxPage: 1000},
		{prefix: "/identityprotection/", denied: "Forbidden", unlicensed: "Forbidden", defaultPage: 500, maxPage: 500, reject: true, silent: true},
		{prefix: "/identity/", denied: "Forbidden", unlicensed: "Forbidden", defaultPage: 500, maxPage: 500, reject: true, silent: true},
		{prefix: "/security/", denied: "Forbidden", unlicensed: "Forbidden", defaultPage: 100, maxPage: 1000},
		{prefix: "/devicemanagement/", denied: "Forbidden", unlicensed: "Forbidden", defaultPage: 1000, maxPage: 1000},
		{prefix: "/", denied: "Authorization_RequestDenied", unlicensed: premiumCode, defaultPage: 100, maxPage: 999, reject: true, advanced: true},
	}
	if api == apiAADGraph {
		return family{denied: "Authorization_RequestDenied", unlicensed: premiumCode, defaultPage: 1000, maxPage: 1000}
	}
	for _, f := range families {
		if strings.HasPrefix(path, f.prefix) {
			return f
		}
	}
	return families[len(families)-1]
}

func endpointKey(api, version, path string) string {
	return api + " " + strings.ToLower(version+" "+path)
}

// newEndpoints groups types by path, in whatever order they come. A type without
// a shape of its own, such as one of a user's configuration, adds nothing to a
// path that has events already, and makes plain ones on a path that has none.
func newEndpoints(types []Type) (byPath, byType map[string]*endpoint) {
	byPath, byType = map[string]*endpoint{}, map[string]*endpoint{}
	for _, t := range slices.SortedFunc(slices.Values(types), precedence) {
		key := endpointKey(t.API, t.Version, t.Path)
		e := byPath[key]
		if e == nil {
			e = &endpoint{Type: t, family: familyOf(t.API, strings.ToLower(t.Path))}
			byPath[key] = e
		}
		if e.Own {
			// Nobody else says how long the service keeps what there is.
			e.Retention = longest(e.Retention, t.Retention)
		}
		byType[t.Name] = e
		if _, err := fs.Stat(shapesFS(), t.Name+".json"); err != nil {
			continue // no shape, or a name that no file can have
		}
		s, err := shape.Load(shapesFS(), t.Name)
		if err != nil {
			panic(err) // an embedded file is damaged
		}
		e.add(t, s)
	}
	for _, e := range byPath {
		if len(e.sources) == 0 {
			e.add(Type{API: e.API, Path: e.Path}, generic(e.Type))
		}
		e.finish()
	}
	return byPath, byType
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

func shapesFS() fs.FS {
	sub, err := fs.Sub(shapeFiles, "shapes")
	if err != nil {
		panic(err)
	}
	return sub
}

// add adds the events of a type, unless the endpoint has those of another type
// with the same filter.
func (e *endpoint) add(t Type, s *shape.Shape) {
	src := &source{shape: s, key: t.API + " " + strings.ToLower(t.Path) + " " + t.Filter}
	for _, other := range e.sources {
		if other.key == src.key {
			return
		}
	}
	if t.Filter != "" {
		if filter, err := odata.Parse(t.Filter); err == nil {
			odata.Properties(filter, func(path []string) { src.only = append(src.only, path[0]) })
		}
	}
	e.sources = append(e.sources, src)
}

// finish settles what depends on all types of the endpoint.
func (e *endpoint) finish() {
	all := &odata.Schema{Kind: odata.Object, Members: map[string]*odata.Schema{}}
	for _, s := range e.sources {
		all = odata.Merge(all, s.shape.Schema())
	}
	if e.Time != "" && !strings.Contains(e.Time, "/") && all.Members[e.Time] == nil {
		all.Members[e.Time] = &odata.Schema{Kind: odata.Time}
	}
	e.schema = all
	first := e.sources[0].shape
	e.family.defaultPage = cmp.Or(e.DefaultPage, first.DefaultPage, e.family.defaultPage)
	e.family.maxPage = cmp.Or(e.MaxPage, first.MaxPage, e.family.maxPage)
	e.family.defaultPage = min(e.family.defaultPage, e.family.maxPage)
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
	s, err := shape.Parse(mustJSON(event))
	if err != nil {
		panic(fmt.Sprintf("the plain shape of %s: %v", t.Name, err))
	}
	return s
}

// licensed reports whether a directory has the licence that the endpoint demands.
func (e *endpoint) licensed(t Tenant) bool {
	switch {
	case e.License == "":
		return true
	case t.License == Free:
		return false
	case t.License == P1:
		return !strings.Contains(e.License, "P2") || strings.Contains(e.License, "P1")
	}
	return true
}

// unlimited is how far back the events of a report go whose retention is not known.
const unlimited = 180 * 24 * time.Hour

// floor is the earliest time that can be asked for: the midnight that is a day
// further back than the retention, as the service was seen to name it.
// Source: microsoftgraph/msgraph-beta-sdk-dotnet#626.
func (e *endpoint) floor(t Tenant, now time.Time) time.Time {
	keep := cmp.Or(e.Retention, e.sources[0].shape.Keep, unlimited)
	switch t.License {
	case Free:
		keep = min(keep, 7*24*time.Hour)
	case P1:
		keep = min(keep, 30*24*time.Hour)
	}
	return now.Add(-keep).Truncate(24 * time.Hour).Add(-24 * time.Hour)
}
