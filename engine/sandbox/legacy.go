package sandbox

import (
	"bytes"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/reportform/reportform/engine/sandbox/directory"
	"github.com/reportform/reportform/engine/sandbox/endpoint"
	"github.com/reportform/reportform/engine/sandbox/token"
	"github.com/reportform/reportform/internal/odatafilter"
)

// legacy answers the Azure AD Graph reporting API: GET /{tenant}{path}.
func (c *call) legacy(tenantID, path string) {
	claims, ok := c.authorize(endpoint.AADGraph)
	if !ok {
		return
	}
	tenantID = strings.ToLower(tenantID)
	if tenantID != "myorganization" && directory.GUID(tenantID) != claims.TenantID {
		c.fail(http.StatusForbidden, "Authentication_Unauthorized", "The token is for another directory.")
		return
	}
	if version := c.option("api-version"); version == "" {
		c.fail(http.StatusBadRequest, "Request_BadRequest", "The specified api-version is invalid. The value must exactly match a supported version.")
		return
	}
	path = strings.TrimSuffix(path, "/")
	switch {
	case strings.EqualFold(path, "/reports"):
		c.reportList(claims)
		return
	case strings.EqualFold(path, "/reports/$metadata"):
		c.send(http.StatusOK, typeXML, c.sandbox.metadata())
		return
	}
	e := c.sandbox.endpoints.At(endpoint.AADGraph, c.option("api-version"), path)
	if e == nil {
		c.fail(http.StatusNotFound, "Request_ResourceNotFound", "Resource '"+path[strings.LastIndexByte(path, '/')+1:]+"' does not exist.")
		return
	}
	c.read(claims, e)
}

// reports returns the reports of the API in order of name; activities are not
// among them.
func (s *Sandbox) reports() []*endpoint.Endpoint {
	byName := map[string]*endpoint.Endpoint{}
	for e := range s.endpoints.All() {
		if name, ok := reportName(e); ok {
			byName[name] = e
		}
	}
	var list []*endpoint.Endpoint
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, byName[name])
	}
	return list
}

func reportName(e *endpoint.Endpoint) (string, bool) {
	folder, name, _ := strings.Cut(strings.TrimPrefix(e.Path, "/"), "/")
	return name, e.API == endpoint.AADGraph && strings.EqualFold(folder, "reports")
}

// reportList answers with the names of all reports. The properties are in
// Pascal case and the truth values are strings, unlike everywhere else.
func (c *call) reportList(claims *token.Claims) {
	if c.r.Method != http.MethodGet {
		c.fail(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
		return
	}
	if c.fault(claims.Tenant, nil) {
		return
	}
	if len(claims.Roles) == 0 {
		c.fail(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
		return
	}
	type report struct{ Name, LicenseRequired string }
	list := []report{}
	for _, e := range c.sandbox.reports() {
		name, _ := reportName(e)
		r := report{name, "False"}
		if e.License != "" {
			r.LicenseRequired = "True"
		}
		list = append(list, r)
	}
	c.send(http.StatusOK, typeGraph, mustJSON(struct {
		Context string   `json:"@odata.context"`
		Value   []report `json:"value"`
	}{c.baseURL() + "/" + claims.Tenant + "/$metadata#reports", list}))
}

const namespace = "Microsoft.ActiveDirectory.DataService.PublicApi.Model.Reporting"

// metadata is the description of all reports in CSDL.
func (s *Sandbox) metadata() []byte {
	var types, sets bytes.Buffer
	for _, e := range s.reports() {
		name, _ := reportName(e)
		entity := entityName(name)
		types.WriteString("    <EntityType Name=" + attribute(entity) + ">\n")
		if len(e.ID) > 0 {
			types.WriteString("      <Key><PropertyRef Name=" + attribute(e.ID[0]) + "/></Key>\n")
		}
		for _, property := range slices.Sorted(maps.Keys(e.Schema.Members)) {
			types.WriteString("      <Property Name=" + attribute(property) + " Type=" + attribute(edmType(e.Schema.Members[property])) + "/>\n")
		}
		types.WriteString("    </EntityType>\n")
		sets.WriteString("      <EntitySet Name=" + attribute(name) + " EntityType=" + attribute(namespace+"."+entity) + "/>\n")
	}
	return []byte(xml.Header + `<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
  <Schema Namespace="` + namespace + `" xmlns="http://docs.oasis-open.org/odata/ns/edm">
` + types.String() + `    <EntityContainer Name="ReportingContainer">
` + sets.String() + `    </EntityContainer>
  </Schema>
</edmx:DataServices></edmx:Edmx>
`)
}

// entityName is the type of a set: auditEvents has AuditEvent.
func entityName(set string) string {
	if set == "" {
		return set
	}
	return strings.ToUpper(set[:1]) + strings.TrimSuffix(set[1:], "s")
}

func edmType(s *odatafilter.Schema) string {
	switch s.Kind {
	case odatafilter.Number:
		return "Edm.Int32"
	case odatafilter.Bool:
		return "Edm.Boolean"
	case odatafilter.Time:
		return "Edm.DateTimeOffset"
	case odatafilter.Collection:
		return "Collection(Edm.String)"
	}
	return "Edm.String"
}

func attribute(s string) string {
	var b bytes.Buffer
	b.WriteByte('"')
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	b.WriteByte('"')
	return b.String()
}
