package sandbox_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/sandbox"
)

const reports = "/" + tenant + "/reports"

func TestListOfReports(t *testing.T) {
	s := start(t, sandbox.Options{})
	var list struct {
		Context string              `json:"@odata.context"`
		Value   []map[string]string `json:"value"`
	}
	if err := json.Unmarshal(s.get(reports, "api-version=beta").body, &list); err != nil {
		t.Fatal(err)
	}
	licensed := map[string]string{}
	for _, r := range list.Value {
		if len(r) != 2 {
			t.Errorf("%v", r)
		}
		licensed[r["Name"]] = r["LicenseRequired"]
	}
	if licensed["auditEvents"] != "False" || licensed["irregularSignInActivityEvents"] != "True" || len(licensed) < 30 {
		t.Errorf("%v", licensed)
	}
	tenantless := start(t, sandbox.Options{Tenants: func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{Permissions: []string{}}, true }})
	if a := tenantless.get(reports, "api-version=beta"); a.status != 403 {
		t.Errorf("without any permission: %d", a.status)
	}
	if _, ok := licensed["audit"]; ok {
		t.Error("activities are no reports")
	}
	if list.Context != s.url+"/"+tenant+"/$metadata#reports" {
		t.Errorf("%s", list.Context)
	}
}

func TestMetadata(t *testing.T) {
	s := start(t, sandbox.Options{})
	a := s.get(reports+"/$metadata", "api-version=beta")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "application/xml") {
		t.Fatalf("%d %v", a.status, a.header)
	}
	var document struct {
		Schema struct {
			Namespace string `xml:",attr"`
			Types     []struct {
				Name       string `xml:",attr"`
				Properties []struct {
					Name string `xml:",attr"`
					Type string `xml:",attr"`
				} `xml:"Property"`
			} `xml:"EntityType"`
		} `xml:"DataServices>Schema"`
	}
	if err := xml.Unmarshal(a.body, &document); err != nil {
		t.Fatal(err)
	}
	if document.Schema.Namespace != "Microsoft.ActiveDirectory.DataService.PublicApi.Model.Reporting" {
		t.Error(document.Schema.Namespace)
	}
	for _, entity := range document.Schema.Types {
		if entity.Name != "AuditEvent" {
			continue
		}
		for _, p := range entity.Properties {
			if p.Name == "eventTime" && p.Type == "Edm.DateTimeOffset" {
				return
			}
		}
	}
	t.Errorf("no AuditEvent with an eventTime: %s", a.body)
}

func TestLegacyWindowAndOrder(t *testing.T) {
	s := start(t, sandbox.Options{})
	events, _ := s.all(reports+"/auditEvents", "api-version=beta")
	at := func(event string) time.Time {
		var e struct{ EventTime time.Time }
		if err := json.Unmarshal([]byte(event), &e); err != nil {
			t.Fatal(err)
		}
		return e.EventTime
	}
	oldest := at(events[len(events)-1])
	if oldest.Before(noon.Add(-30*24*time.Hour)) || oldest.After(noon.Add(-29*24*time.Hour)) {
		t.Errorf("without a filter the reports go back 30 days, this one to %v", oldest)
	}
	if !at(events[0]).After(at(events[10])) {
		t.Error("the newest event is not the first")
	}
	five, _ := s.get(reports+"/auditEvents", "api-version=beta", "$top=5").page(t).Value, 0
	for i, e := range five {
		if string(e) != events[i] {
			t.Errorf("$top=5 is not the newest five: %s", e)
		}
	}
	older, _ := s.all(reports+"/auditEvents", "api-version=beta", "$filter=eventTime gt 2026-07-01 and eventTime lt 2026-07-03")
	if len(older) == 0 {
		t.Error("180 days are kept")
	}
	skipped, _ := s.all(reports+"/auditEvents", "api-version=beta", "$skip=3", "$top=500")
	equal(t, skipped, events[3:])
}

func TestLegacyRefusals(t *testing.T) {
	s := start(t, sandbox.Options{})
	for name, test := range map[string]struct {
		a      answer
		status int
		code   string
	}{
		"no version":     {s.get(reports + "/auditEvents"), 400, "Request_BadRequest"},
		"no report":      {s.get(reports+"/nope", "api-version=beta"), 404, "Request_ResourceNotFound"},
		"other property": {s.get(reports+"/auditEvents", "api-version=beta", "$filter=actor eq 'x'"), 400, "BadRequest"},
		"not":            {s.get(reports+"/auditEvents", "api-version=beta", "$filter=not (eventTime gt 2026-11-01)"), 400, "BadRequest"},
		"ne":             {s.get(reports+"/auditEvents", "api-version=beta", "$filter=eventTime ne 2026-11-01"), 400, "BadRequest"},
		"null":           {s.get(reports+"/auditEvents", "api-version=beta", "$filter=eventTime gt null"), 400, "BadRequest"},
		"function":       {s.get(reports+"/auditEvents", "api-version=beta", "$filter=startswith(actor,'x')"), 400, "BadRequest"},
		"quoted":         {s.get(reports+"/auditEvents", "api-version=beta", "$filter=eventTime gt '2026-11-01'"), 400, "BadRequest"},
		"top":            {s.get(reports+"/auditEvents", "api-version=beta", "$top=-1"), 400, "BadRequest"},
	} {
		if test.a.status != test.status || test.a.code(t) != test.code {
			t.Errorf("%s: %d %s", name, test.a.status, test.a.body)
		}
		message := test.a.json(t)["odata.error"].(map[string]any)["message"].(map[string]any)
		if message["lang"] != "en" || message["value"] == "" {
			t.Errorf("%s: %v", name, message)
		}
	}
	if a := s.get(reports+"/auditEvents", "api-version=beta", "$filter=(eventTime gt 2026-11-16 and eventTime lt 2026-11-17) or eventTime ge 2026-11-18T00:00:00Z"); len(a.page(t).Value) == 0 {
		t.Error("or and parentheses are allowed")
	}
	if a := s.get("/"+tenant+"/activities/audit", "api-version=beta", "$filter=contains(activity,'group') and category eq 'Directory' and activityDate ge 2026-11-10", "$top=1000"); len(a.page(t).Value) == 0 {
		t.Error("activities have more filters")
	}
	if a := s.get("/myorganization/reports/auditEvents", "api-version=beta"); a.status != 200 {
		t.Errorf("myorganization: %d", a.status)
	}
}

func TestRelativeLinks(t *testing.T) {
	s := start(t, sandbox.Options{RelativeLinks: true})
	whole, _ := start(t, sandbox.Options{}).all(reports+"/auditEvents", "api-version=beta", "$filter=eventTime ge 2026-11-16")
	var got []string
	link := s.url + reports + "/auditEvents?api-version=beta&$top=40&$filter=" + url.QueryEscape("eventTime ge 2026-11-16")
	for link != "" {
		var page struct {
			Next  string            `json:"odata.nextLink"`
			Value []json.RawMessage `json:"value"`
		}
		if err := json.Unmarshal(s.link(link).body, &page); err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Value {
			got = append(got, string(e))
		}
		link = ""
		if page.Next != "" {
			if strings.Contains(page.Next, "api-version") || !strings.HasPrefix(page.Next, "reports/auditEvents?") {
				t.Fatal(page.Next)
			}
			link = s.url + "/" + tenant + "/" + page.Next + "&api-version=beta"
		}
	}
	equal(t, got, whole)
}

func TestDailyCounts(t *testing.T) {
	s := start(t, sandbox.Options{})
	events, _ := s.all(reports+"/tenantUserCount", "api-version=beta", "$filter=TimeStamp gt 2026-11-10T23:59:59.9999999Z and TimeStamp lt 2026-11-15")
	if len(events) != 4 {
		t.Errorf("%d days", len(events))
	}
	events, _ = s.all(reports+"/b2cAuthenticationCount", "api-version=beta", "$filter=TimeStamp ge 2026-11-11 and TimeStamp lt 2026-11-12")
	if len(events) != 1 || !strings.Contains(fmt.Sprint(events), `"StartTimeStamp":"2026-11-11T00:00:00Z","EndTimeStamp":"2026-11-12T00:00:00Z"`) {
		t.Errorf("%v", events)
	}
}
