package engine

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// Fields that outputs name are held against those of the reports that use them.
func TestFieldsThatOutputsName(t *testing.T) {
	const rest = `
tenant "t" {
  id    = "t.example"
  cloud = "sandbox"
}
window "day" {
  from = "2026-11-20"
  to   = "2026-11-21"
}
report_type "own" {
  path    = "/own"
  columns = ["id", "createdDateTime"]
}
`
	report := func(kind, output string) string {
		return "report \"" + kind + "\" \"" + output + "\" {\n  window  = window.day\n  outputs = output." + output + ".o\n}\n"
	}
	for name, test := range map[string]struct {
		text string
		want []string // "error LINE,COLUMN text" or "warning ..."
	}{
		"case": {
			"output \"csv\" \"o\" {\n  path    = \"o\"\n  columns = [\"ID\", \"createddatetime\", \"status.ErrorCode\"]\n}\n" + report("sign_ins", "csv"),
			[]string{"error 3,14 has no ID, only id", "error 3,20 has no createddatetime, only createdDateTime", "error 3,39 has no status.ErrorCode, only status.errorCode"},
		},
		"unknown": {
			"output \"text\" \"o\" {\n  path    = \"o\"\n  columns = [\"id\", \"createdDateTim\", \"nothing.like.it\", \"@odata.type\"]\n}\n" + report("sign_ins", "text"),
			[]string{"warning 3,20 Did you mean createdDateTime?", "warning 3,38 not known to have nothing.like.it"},
		},
		"the retired API": {
			"output \"csv\" \"o\" {\n  path    = \"o\"\n  columns = [\"id\", \"eventtime\", \"actr\"]\n}\n" + report("audit_events", "csv"),
			[]string{"error 3,20 has no eventtime, only eventTime", "warning 3,33 Did you mean actor?"},
		},
		"of one report of several": {
			"output \"csv\" \"o\" {\n  path    = \"${pull.report.type}\"\n  columns = [\"id\", \"createdDateTime\", \"activityDateTime\"]\n}\n" + report("sign_ins", "csv") + report("directory_audits", "csv"),
			nil,
		},
		"like one of another report": {
			"output \"csv\" \"o\" {\n  path    = \"${pull.report.type}\"\n  columns = [\"id\", \"statos.errorCode\"]\n}\n" + report("directory_audits", "csv") + report("sign_ins", "csv"),
			[]string{"warning 3,20 Did you mean status.errorCode?"},
		},
		"a type of one's own": {
			"output \"csv\" \"o\" {\n  path    = \"o\"\n  columns = [\"id\", \"anything\", \"CreatedDateTime\"]\n}\n" + report("own", "csv"),
			[]string{"error 3,32 has no CreatedDateTime, only createdDateTime"},
		},
		"that mention the pull": {
			"output \"csv\" \"o\" {\n  path    = \"o\"\n  columns = [\"id\", pull.tenant.name == \"t\" ? \"Userid\" : \"userId\"]\n}\n" + report("sign_ins", "csv"),
			[]string{"error 3,20 has no Userid, only userId"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := unconnected(t, nil)
			w.write("main.rf.hcl", test.text+rest)
			e, diags := Load(Options{Dir: w.dir})
			defer func() { _ = e.Close() }()
			for _, d := range diags {
				kind := "error"
				if d.Severity == hcl.DiagWarning {
					kind = "warning"
				}
				got := kind + " " + strings.TrimPrefix(d.Subject.String(), w.dir) + " " + d.Detail
				found := false
				for i, want := range test.want {
					severity, rest, _ := strings.Cut(want, " ")
					at, text, _ := strings.Cut(rest, " ")
					if kind == severity && strings.Contains(d.Subject.String(), ":"+at+"-") && strings.Contains(d.Detail, text) {
						test.want, found = append(test.want[:i:i], test.want[i+1:]...), true
						break
					}
				}
				if !found {
					t.Errorf("unexpected: %s", got)
				}
			}
			for _, want := range test.want {
				t.Errorf("missing: %s", want)
			}
		})
	}
}
