package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// contender is one way to get the events.
type contender struct {
	name, what string
	// slow ones get fewer events, and their figures are scaled.
	slow bool
	// command returns what to run in dir against a server.
	command func(dir, origin string, l load, reportform string) ([]string, error)
}

func contenders() []contender {
	return []contender{
		{name: "curl", what: "`curl -o /dev/null` of all pages on one connection: the limit", command: curlNull},
		{name: "curl-file", what: "`curl` of all pages into one file, without a hash", command: curlFile},
		{name: "reportform-ndjson", what: "Reportform, `ndjson`, with ledger and SHA-256", command: reportform("ndjson")},
		{name: "reportform-five", what: "Reportform, `json`, `ndjson`, `csv` (40 columns), `xml` and `text` at once", command: reportform("json", "ndjson", "csv", "xml", "text")},
		{name: "curl-jq", what: "`curl` piped into `jq -c '.value[]'`, into a file", slow: true, command: curlJQ},
		{name: "python", what: "a Python loop with `urllib` and `json` that follows the links and writes NDJSON", slow: true, command: python},
	}
}

// urls writes a curl configuration that names every page.
func urls(dir, origin string, l load, output string) (string, error) {
	var b strings.Builder
	for p := range l.pages() {
		fmt.Fprintf(&b, "url = \"%s/v1.0/auditLogs/signIns?$top=%d&$skiptoken=%d\"\n", origin, l.pageSize, p)
		if output != "" {
			fmt.Fprintf(&b, "output = %q\n", output)
		}
	}
	path := filepath.Join(dir, "pages.curl")
	return path, os.WriteFile(path, []byte(b.String()), 0o600)
}

func curlNull(dir, origin string, l load, _ string) ([]string, error) {
	config, err := urls(dir, origin, l, os.DevNull)
	return []string{"curl", "-s", "-K", config}, err
}

func curlFile(dir, origin string, l load, _ string) ([]string, error) {
	config, err := urls(dir, origin, l, "")
	return []string{"sh", "-c", fmt.Sprintf("exec curl -s -K %s >%s", config, filepath.Join(dir, "curl.json"))}, err
}

func curlJQ(dir, origin string, l load, _ string) ([]string, error) {
	config, err := urls(dir, origin, l, "")
	return []string{"sh", "-c", fmt.Sprintf("curl -s -K %s | jq -c '.value[]' >%s", config, filepath.Join(dir, "jq.ndjson"))}, err
}

func python(dir, origin string, l load, _ string) ([]string, error) {
	script := fmt.Sprintf(`
import json, urllib.request, urllib.parse
form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": "x", "client_secret": "x"}).encode()
token = json.load(urllib.request.urlopen("%[1]s/contoso/oauth2/v2.0/token", form))["access_token"]
link = "%[1]s/v1.0/auditLogs/signIns?$top=%[2]d"
with open(%[3]q, "w", encoding="utf-8") as out:
    while link:
        page = json.load(urllib.request.urlopen(urllib.request.Request(link, headers={"Authorization": "Bearer " + token})))
        for event in page["value"]:
            json.dump(event, out, ensure_ascii=False)
            out.write("\n")
        link = page.get("@odata.nextLink")
`, origin, l.pageSize, filepath.Join(dir, "python.ndjson"))
	path := filepath.Join(dir, "loop.py")
	return []string{"python3", path}, os.WriteFile(path, []byte(script), 0o600)
}

// reportform writes a configuration for the given formats and applies it.
func reportform(formats ...string) func(dir, origin string, l load, binary string) ([]string, error) {
	return func(dir, origin string, l load, binary string) ([]string, error) {
		var b strings.Builder
		fmt.Fprintf(&b, `
tenant "t" {
  for_each = toset(split("\n", file("tenants.txt")))
  id       = "t${each.key}.example"
  cloud    = "sandbox"
  endpoints {
    login     = "%[1]s"
    graph     = "%[1]s"
    aad_graph = "%[1]s"
  }
}

window "month" {
  from = "2026-11-01"
  to   = "2026-12-01"
  settle = "0s"
  open   = true
}
`, origin)
		var tenants, names []string
		for i := range l.tenants {
			tenants = append(tenants, strconv.Itoa(i))
		}
		if err := os.WriteFile(filepath.Join(dir, "tenants.txt"), []byte(strings.Join(tenants, "\n")), 0o600); err != nil {
			return nil, err
		}
		for _, format := range formats {
			columns := ""
			if format == "csv" {
				columns = "\n  columns = " + csvColumns()
			}
			fmt.Fprintf(&b, "\noutput %q \"o\" {\n  path = \"out/${pull.tenant.name}.%s\"%s\n}\n", format, format, columns)
			names = append(names, "output."+format+".o")
		}
		fmt.Fprintf(&b, "\nreport \"sign_ins\" \"r\" {\n  window  = window.month\n  outputs = [%s]\n}\n", strings.Join(names, ", "))
		err := os.WriteFile(filepath.Join(dir, "main.rf.hcl"), []byte(b.String()), 0o600)
		return []string{binary, "-chdir=" + dir, "apply", "-auto-approve", fmt.Sprintf("-parallelism=%d", max(1, min(64, l.tenants)))}, err
	}
}

// csvColumns are 40 columns of a sign-in, as a list of the language.
func csvColumns() string {
	columns := strings.Fields(`id createdDateTime userDisplayName userPrincipalName userId appId appDisplayName ipAddress clientAppUsed
		userAgent correlationId conditionalAccessStatus isInteractive riskDetail riskLevelAggregated riskLevelDuringSignIn riskState
		resourceDisplayName resourceId resourceTenantId homeTenantId servicePrincipalId servicePrincipalName status.errorCode
		status.failureReason status.additionalDetails deviceDetail.deviceId deviceDetail.displayName deviceDetail.operatingSystem
		deviceDetail.browser deviceDetail.isCompliant deviceDetail.isManaged deviceDetail.trustType location.city location.state
		location.countryOrRegion location.geoCoordinates.latitude location.geoCoordinates.longitude appliedConditionalAccessPolicies
		riskEventTypes_v2`)
	return `["` + strings.Join(columns, `", "`) + `"]`
}
