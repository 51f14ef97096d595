package odatafilter

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

const event = `{
	"id": "1", "createdDateTime": "2026-11-01T10:00:00.1234567Z", "userPrincipalName": "tara.o'connell@alderbrook.example",
	"status": {"errorCode": 50126, "failureReason": null}, "isInteractive": true, "signInEventTypes": ["interactiveUser"],
	"initiatedBy": {"app": null, "user": {"displayName": "Tara"}}, "riskLevel": "medium",
	"targetResources": [{"id": "a", "displayName": "Alpha"}, {"id": "b", "displayName": "Beta"}]
}`

func decode(t *testing.T) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(event), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMatch(t *testing.T) {
	object := decode(t)
	for _, test := range []struct {
		filter string
		want   bool
	}{
		{"id eq '1'", true},
		{"id ne '1'", false},
		{"'1' eq id", true},
		{"50000 lt status/errorCode", true},
		{"id eq '1'\n  and\r\n\tstatus/errorCode ne 0\n", true},
		{"status/errorCode gt 50126", false},
		{"status/errorCode ge 50126", true},
		{"status/errorCode le 50126.0", true},
		{"status/errorCode eq -1", false},
		{"status/failureReason eq null", true},
		{"status/failureReason ne null", false},
		{"status/failureReason ne 'x'", true},
		{"initiatedBy/app/displayName eq null", true},
		{"initiatedBy/user/displayName eq 'Tara'", true},
		{"initiatedBy/user/displayName eq 'tara'", false},
		{"isInteractive eq true", true},
		{"isInteractive eq false", false},
		{"riskLevel eq microsoft.graph.r'medium'", true},
		{"riskLevel in ('low', 'medium')", true},
		{"riskLevel in ('low','high')", false},
		{"not riskLevel eq 'low'", true},
		{"not (riskLevel eq 'low') and id eq '2'", false},
		{"id eq '2' and id eq '1' or id eq '1'", true},
		{"id eq '1' or id eq '1' and id eq '2'", true},
		{"(id eq '1' or id eq '1') and id eq '2'", false},
		{"createdDateTime gt 2026-11-01", true},
		{"createdDateTime ge 2026-11-01T10:00:00Z", true},
		{"createdDateTime eq 2026-11-01T10:00:00.1234567Z", true},
		{"createdDateTime lt 2026-11-01T10:00:00.1234567Z", false},
		{"createdDateTime lt 2026-11-01T10:00:00.1234568Z", true},
		{"createdDateTime lt 2026-11-01T11:00:00.2+01:00", true},
		{"userPrincipalName eq 'tara.o''connell@alderbrook.example'", true},
		{"startswith(userPrincipalName,'tara')", true},
		{"startsWith(userPrincipalName, 'Tara')", false},
		{"endswith(userPrincipalName,'.example')", true},
		{"contains(userPrincipalName,'''con')", true},
		{"contains(status/failureReason,'x')", false},
		{"signInEventTypes/any(t: t eq 'interactiveUser')", true},
		{"signInEventTypes/any(t:t eq 'nonInteractiveUser' or t eq 'servicePrincipal')", false},
		{"signInEventTypes/any()", true},
		{"missing/any()", false},
		{"targetResources/any(t: t/id eq 'b' and startswith(t/displayName, 'B'))", true},
		{"targetResources/any(t: t/id eq 'a' and t/displayName eq 'Beta')", false},
		{"targetResources/all(t: t/id eq 'a')", false},
		{"targetResources/all(t: t/id eq 'a' or t/id eq 'b')", true},
		{"targetResources/any(t: t/id eq 'a' and signInEventTypes/any(s: s eq t))", false},
		{"targetResources/any(t: signInEventTypes/any(s: s eq 'interactiveUser') and id eq '1')", true},
		{"initiatedBy/Some.Cast.Type/user/displayName eq 'Tara'", true},
	} {
		e, err := Parse(test.filter)
		if strings.Contains(test.filter, "s eq t)") {
			if err == nil {
				t.Errorf("%s: a comparison of two properties was read", test.filter)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.filter, err)
			continue
		}
		if got := Match(e, object); got != test.want {
			t.Errorf("%s is %v", test.filter, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, filter := range []string{
		"", "id", "id eq", "eq '1'", "id eq '1", "id eq '1' and", "id = '1'", "id eq '1' id eq '2'", "(id eq '1'", "id eq '1')",
		"id add 1 eq 2", "tolower(id) eq '1'", "id has 'x'", "id in ()", "id in ('1'", "startswith(id)", "startswith(id,1)",
		"t/any(x)", "t/any(x: )", "any(x: x eq 1)", "t/all()", "createdDateTime gt datetime'2014-01-01'", "createdDateTime gt 2026-13-01",
		"createdDateTime gt 2026-11-01T10:00:00.12345678Z", "id eq 1x", "id eq \"1\"", "id eq \x00", "/id eq 1", "id/ eq 1",
		strings.Repeat("(", 1000) + "id eq '1'" + strings.Repeat(")", 1000), strings.Repeat("not ", 1000) + "id eq '1'",
		strings.Repeat("a/", 1000) + "a eq 1", "id eq '" + strings.Repeat("x", 9000) + "'",
	} {
		if _, err := Parse(filter); err == nil {
			t.Errorf("%.60q was read", filter)
		}
	}
}

func TestCheck(t *testing.T) {
	schema := &Schema{Kind: Object, Members: map[string]*Schema{
		"createdDateTime": {Kind: Time}, "id": {Kind: String}, "count": {Kind: Number}, "open": {},
		"status":  {Kind: Object, Members: map[string]*Schema{"errorCode": {Kind: Number}}},
		"types":   {Kind: Collection, Element: &Schema{Kind: String}},
		"targets": {Kind: Collection, Element: &Schema{Kind: Object, Members: map[string]*Schema{"id": {Kind: String}}}},
		"empty":   {Kind: Collection},
	}}
	for filter, ok := range map[string]bool{
		"createdDateTime gt 2026-11-01":                           true,
		"CREATEDdatetime gt 2026-11-01 and Status/ErrorCode eq 1": true,
		"createdDateTime gt '2026-11-01'":                         false,
		"id eq 2026-11-01":                                        false,
		"id eq null":                                              true,
		"count eq 'x'":                                            false,
		"missing eq 1":                                            false,
		"status/missing eq 1":                                     false,
		"status eq 1":                                             false,
		"open/anything eq 1":                                      true,
		"types/any(t: t eq 'x')":                                  true,
		"types/any(t: t eq 1)":                                    false,
		"targets/any(t: t/id eq 'x' and id eq 'y')":               true,
		"targets/any(t: t/nope eq 'x')":                           false,
		"empty/any(t: t eq 'x')":                                  true,
		"id/any(t: t eq 'x')":                                     false,
		"not (missing eq 1) or id eq 'x'":                         false,
		"contains(count,'1')":                                     false,
		"id in ('a', 1)":                                          false,
	} {
		e, err := Parse(filter)
		if err != nil {
			t.Fatalf("%s: %v", filter, err)
		}
		if err := Check(e, schema); (err == nil) != ok {
			t.Errorf("%s: %v", filter, err)
		}
	}
	e, err := Parse("STATUS/errorcode eq 1")
	if err != nil || Check(e, schema) != nil {
		t.Fatal(err)
	}
	if path := strings.Join(e.(*Compare).Path, "/"); path != "status/errorCode" {
		t.Errorf("the path reads %s", path)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"id eq '1'", "a/b ge 2026-11-01T10:00:00.1Z and (not c lt 5 or d in ('x',null))",
		"t/any(x: x/y eq 'a' and startswith(x/z,'b'))", "t/any()", "r eq microsoft.graph.risk'low'", "'", "((", "a/any(b:",
	} {
		f.Add(s)
	}
	var object any
	if err := json.Unmarshal([]byte(event), &object); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := Parse(s)
		var mistake *Error
		if errors.As(err, &mistake) && (mistake.At < 0 || mistake.At > len(s) || mistake.End <= mistake.At) {
			t.Errorf("a mistake from %d to %d of %d", mistake.At, mistake.End, len(s))
		}
		if err != nil {
			return
		}
		Match(e, object)
		_ = Check(e, &Schema{Kind: Object, Members: map[string]*Schema{"id": {Kind: String}, "t": {}}})
		Match(e, nil)
		Properties(e, func([]string) {})
		Uses(e)
	})
}

// A mistake says where it is and, if that can be told, what to write; what is OData
// and not known here is no mistake.
func TestMistakes(t *testing.T) {
	for filter, want := range map[string]Error{
		"status/errorCode != 0":            {17, 19, "", "ne"},
		"a eq 1 && b eq 2":                 {7, 9, "", "and"},
		"a eq 1 || b eq 2":                 {7, 9, "", "or"},
		"a == 'x'":                         {2, 4, "", "eq"},
		"a >= 5":                           {2, 4, "", "ge"},
		"! a eq 5":                         {0, 1, "", "not"},
		`a eq "it's"`:                      {5, 11, "", "'it''s'"},
		"a eq high":                        {5, 9, "", "'high'"},
		"a like 'x'":                       {2, 6, "", "contains(a, '...')"},
		"b/c contains 'x'":                 {4, 12, "", "contains(b/c, '...')"},
		"a equals 1":                       {2, 8, "", "eq"},
		"$filter=a eq 1":                   {0, 8, "", ""},
		"a eq 'x":                          {5, 7, "", ""},
		"a eq 1 b eq 2":                    {7, 8, "", ""},
		"a eq 12ab":                        {5, 9, "", ""},
		"startwith(a,'x')":                 {0, 9, "", ""},
		"(a eq 1":                          {7, 8, "", ""},
		"a eq ünder":                       {5, 7, "", ""},
		"f(a,'x')":                         {0, 1, "", ""},
		"contains(a,b)":                    {11, 12, "", ""},
		"a in 1":                           {5, 6, "", ""},
		"":                                 {0, 1, "", ""},
		"t/any(x: x/y != 1) and b = 'c'":   {13, 15, "", "ne"},
		"a eq text'x'":                     {5, 12, "", ""},
		"a eq 1 and":                       {10, 11, "", ""},
		"x/any(5: x eq 1)":                 {6, 8, "", ""},
		"startswith(a,'x') and b eq true)": {31, 32, "", ""},
	} {
		_, err := Parse(filter)
		var got *Error
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if got.At != want.At || got.End != want.End || got.Instead != want.Instead || got.Message == "" {
			t.Errorf("%s: %+v, want %+v", filter, *got, want)
		}
	}
	for _, filter := range []string{
		"tolower(a) eq 'x'", "startswith(tolower(a),'x')", "a has b.c'd'", "a add 1 gt 2", "1 add a gt 2", "a/$count gt 0",
		"startswith(a,'x') eq true", "enabled", "enabled and a eq 1", "a eq datetime'2026-11-01'", "a eq tolower('X')",
		"a/microsoft.graph.f(b='c') eq 1", strings.Repeat("not ", 100) + "a eq 1",
	} {
		if _, err := Parse(filter); err != nil {
			if unsupported := new(Unsupported); !errors.As(err, &unsupported) {
				t.Errorf("%s: %v", filter, err)
			}
		}
	}
}

func TestUses(t *testing.T) {
	e, err := Parse("a/b eq 1 and (t/any(x: x/y ne 'a' and x/z/all(v: startswith(v/w,'b')) and c lt 2) or not (d in (1,2)))")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range Uses(e) {
		got = append(got, strings.Join(u.Path, "/")+" "+u.Op)
	}
	want := "a/b eq, t any, t/y ne, t/z all, t/z/w startswith, c lt, d in"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("uses %s, want %s", s, want)
	}
}
