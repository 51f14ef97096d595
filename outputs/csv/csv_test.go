package csv

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/internal/column"
	"github.com/reportform/reportform/internal/rawjson"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/outputstest"
)

func TestFormat(t *testing.T) {
	outputstest.Run(t, outputstest.Subject{
		Name: "csv", Format: Format(), Body: `columns = ["id", "status.errorCode"]`, Decode: decode,
		Bodies: []string{"columns = [\"id\", \"status.errorCode\"]\ndelimiter = \";\"\nheader = false\nextra = false\nbom = true\ncrlf = true"},
	})
}

// decode reads a file with the columns id and status.errorCode back.
func decode(data []byte) ([]any, error) {
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(records) == 0 || strings.Join(records[0], "|") != "id|status.errorCode|extra" {
		return nil, fmt.Errorf("the header is %v", records)
	}
	var events []any
	for _, record := range records[1:] {
		event := map[string]any{}
		if record[2] != "" {
			v, err := outputstest.Value([]byte(record[2]))
			if err != nil {
				return nil, err
			}
			event = v.(map[string]any)
		}
		if _, unsaid := event["id"]; record[0] != "" && !unsaid {
			event["id"] = record[0]
		}
		if record[1] != "" {
			status, ok := event["status"].(map[string]any)
			if !ok {
				status = map[string]any{}
				event["status"] = status
			}
			status["errorCode"] = json.Number(record[1])
		}
		events = append(events, event)
	}
	return events, nil
}

func encode(t testing.TB, o *Options, raw ...string) string {
	t.Helper()
	var b bytes.Buffer
	e, err := o.NewEncoder(&b, outputstest.Pull())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range raw {
		if err := e.Encode(outputstest.Event(r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRecords(t *testing.T) {
	for _, test := range []struct {
		name    string
		options Options
		raw     string
		want    string
	}{
		{"scalars", Options{Columns: []string{"s", "n", "t", "f", "z", "gone"}}, `{"s":"a","n":1.50e400,"t":true,"f":false,"z":null}`, "a,1.50e400,true,false,,\n"},
		{"an empty string is not null", Options{Columns: []string{"a", "b"}}, `{"a":""}`, "\"\",\n"},
		{"quoting", Options{Columns: []string{"a", "b", "c"}}, `{"a":"x,y","b":"say \"hi\"","c":"1\r\n2"}`, "\"x,y\",\"say \"\"hi\"\"\",\"1\r\n2\"\n"},
		{"quoting with another delimiter", Options{Columns: []string{"a", "b"}, Delimiter: ";"}, `{"a":"x,y","b":"x;y"}`, "x,y;\"x;y\"\n"},
		{"containers", Options{Columns: []string{"o", "l"}}, `{"o":{"a": [1, "x"]},"l":[ ]}`, `"{""a"":[1,""x""]}",[]` + "\n"},
		{"nested", Options{Columns: []string{"a.b.c", "a.d"}}, `{"a":{"b":{"c":1},"d":2}}`, "1,2\n"},
		{"a name with a dot", Options{Columns: []string{"@odata.type", "x.@odata.id"}}, `{"@odata.type":"#t","x":{"@odata.id":"i"}}`, "#t,i\n"},
		{"the exact name wins, before", Options{Columns: []string{"a.b"}, Extra: true}, `{"a.b":1,"a":{"b":2}}`, `1,"{""a"":{""b"":2}}"` + "\n"},
		{"the exact name wins, after", Options{Columns: []string{"a.b"}, Extra: true}, `{"a":{"b":2},"a.b":1}`, `1,"{""a"":{""b"":2}}"` + "\n"},
		{"the last repeat wins", Options{Columns: []string{"a", "b.c"}}, `{"a":1,"a":2,"b":{"c":1},"b":{"d":2}}`, "2,\n"},
		{"the last repeat wins over an object", Options{Columns: []string{"b.c"}}, `{"b":{"c":1},"b":3}`, "\"\"\n"},
		{"an object and a part of it", Options{Columns: []string{"a", "a.b"}, Extra: true}, `{"a":{"b":1,"c":2}}`, `"{""b"":1,""c"":2}",1,` + "\n"},
		{"the rest stays nested", Options{Columns: []string{"a.b", "d"}, Extra: true}, `{"a":{"b":1,"c":{"x":[]}},"d":2,"e":3}`, `1,2,"{""a"":{""c"":{""x"":[]}},""e"":3}"` + "\n"},
		{"an empty object is something", Options{Columns: []string{"a.b"}, Extra: true}, `{"a":{}}`, `,"{""a"":{}}"` + "\n"},
		{"an object of which nothing is left", Options{Columns: []string{"a.b.c"}, Extra: true}, `{"a":{"b":{"c":1}}}`, "1,\n"},
		{"not an object", Options{Columns: []string{"a.b"}, Extra: true}, `{"a":[{"b":1}]}`, `,"{""a"":[{""b"":1}]}"` + "\n"},
		{"an escaped name", Options{Columns: []string{"ab"}, Extra: true}, `{"a\u0062":1}`, "1,\n"},
		{"a single empty cell is still a record", Options{Columns: []string{"a"}}, `{}`, "\"\"\n"},
		{"crlf", Options{Columns: []string{"a", "b"}, CRLF: true, Header: true, BOM: true}, `{"a":1}`, "\ufeffa,b\r\n1,\r\n"},
		{"columns of the report type", Options{Header: true}, `{"id":"1"}`, "id,createdDateTime,status.errorCode\n1,,\n"},
		{"a header that needs quotes", Options{Columns: []string{`a"b`, "c,d"}, Header: true}, `{"c,d":1}`, "\"a\"\"b\",\"c,d\"\n,1\n"},
		{"no text is in extra too", Options{Columns: []string{"a", "b", "s.c"}, Extra: true}, `{"a":"nul\u0000x","b":"\ud800 \ud83d\ude00 \ufffd","s":{"c":"\uDC00","d":1}}`, `nul\u0000x,\ud800 😀 ` + "\ufffd" + `,\uDC00,"{""a"":""nul\u0000x"",""b"":""\ud800 \ud83d\ude00 \ufffd"",""s"":{""c"":""\uDC00"",""d"":1}}"` + "\n"},
		{"no text, and columns are all there is", Options{Columns: []string{"a", "b"}}, `{"a":"\u0000","b":1}`, `\u0000,1` + "\n"},
		{"what looks like an escape is text", Options{Columns: []string{"a"}, Extra: true}, `{"a":"\\u0000"}`, `\u0000,` + "\n"},
		{"a line that ends a copy", Options{Columns: []string{"a", "b"}, Extra: true}, `{"a":"x\n\\.\r\n\\.\ny","b":"\n\\.","c":"\n\\.\n"}`, "\"x\\n\\.\r\\n\\.\ny\",\"\n\\.\"," + `"{""a"":""x\n\\.\r\n\\.\ny"",""c"":""\n\\.\n""}"` + "\n"},
		{"a record that would end a copy", Options{Columns: []string{"a"}}, `{"a":"\\."}`, `"\."` + "\n"},
		{"a mark at the beginning", Options{Columns: []string{"a", "b"}}, `{"a":"` + "\ufeff" + `1","b":"\ufeff"}`, "\"\ufeff1\",\"\ufeff\"\n"},
		{"controls", Options{Columns: []string{"a"}}, `{"a":"\u0001\u001a\u007f\u0085\u2028\uffff"}`, "\x01\x1a\x7f\u0085\u2028\uffff\n"},
		{"line breaks between values", Options{Columns: []string{"l"}, Extra: true}, "{\"l\":[1,\n2],\"m\":\n{\n}}", `"[1,2]","{""m"":{}}"` + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.options.Delimiter == "" {
				test.options.Delimiter = ","
			}
			if diff := cmp.Diff(test.want, encode(t, &test.options, test.raw)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeaderDoesNotVary(t *testing.T) {
	o := &Options{Columns: []string{"b", "a"}, Delimiter: ",", Header: true, Extra: true}
	for _, raw := range []string{`{}`, `{"a":1,"c":2}`, `{"b":{"x":1}}`} {
		if got := encode(t, o, raw); !strings.HasPrefix(got, "b,a,extra\n") {
			t.Errorf("%s gives %q", raw, got)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		body string
		line int
		want string
	}{
		{`columns = ["a", "b", "a"]`, 2, "named twice"},
		{`columns = ["a", ""]`, 2, "empty name"},
		{`columns = ["extra"]`, 2, "extra = false"},
		{`columns = "id"`, 2, `"columns"`},
		{`delimiter = ";;"`, 2, "cannot separate"},
		{`delimiter = "\n"`, 2, "cannot separate"},
		{`delimiter = "0"`, 2, "cannot separate"},
		{`header = "perhaps"`, 2, `"header"`},
		{`colums = ["a"]`, 2, `Did you mean "columns"`},
	} {
		_, diags := outputstest.Decode(Format(), "path = \"a\"\n"+test.body, "/", nil)
		if len(diags) != 1 || diags[0].Subject.Start.Line != test.line || !strings.Contains(diags[0].Error(), test.want) {
			t.Errorf("%s: %v", test.body, diags)
		}
	}
	if _, diags := outputstest.Decode(Format(), "path = \"a\"\ncolumns = [\"extra\"]\nextra = false", "/", nil); diags.HasErrors() {
		t.Error(diags)
	}
}

func TestDefaultColumns(t *testing.T) {
	o, diags := outputstest.Decode(Format(), `path = "a"`, "/", nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	pull := outputstest.Pull()
	before, diags := o.Resolve(pull)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for i := range pull.Columns {
		pull.Columns[i].Type = column.Struct
	}
	if typed, diags := o.Resolve(pull); diags.HasErrors() || before.Definition != typed.Definition {
		t.Errorf("types changed the definition from %s to %s, %v", before.Definition, typed.Definition, diags)
	}
	pull.Columns = append(pull.Columns, column.Column{Path: "another"})
	after, diags := o.Resolve(pull)
	if diags.HasErrors() || before.Definition == after.Definition {
		t.Errorf("other columns, the same definition %s, %v", after.Definition, diags)
	}
	for want, columns := range map[string][]string{"must name its own": nil, "extra = false": {"extra"}, "named twice": {"a", "a"}} {
		pull.Columns = column.Typed(columns, nil)
		_, diags := o.Resolve(pull)
		if len(diags) != 1 || !strings.Contains(diags[0].Detail, want) || !strings.Contains(diags[0].Detail, `report type "`+pull.Report.Type+`"`) {
			t.Errorf("%v: %v", columns, diags)
		}
	}
}

func FuzzLossless(f *testing.F) {
	for _, e := range outputstest.NastyEvents() {
		if len(e.Raw) < 1000 {
			f.Add(string(e.Raw))
		}
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if rawjson.KindOf([]byte(raw)) != rawjson.Object || rawjson.Valid([]byte(raw)) != nil {
			t.Skip()
		}
		v, err := outputstest.Value([]byte(raw))
		if err != nil {
			t.Skip()
		}
		// Nothing is in the column, so the rest is the whole event.
		want := v.(map[string]any)
		if _, ok := want["id"]; ok {
			t.Skip()
		}
		o := &Options{Columns: []string{"id"}, Delimiter: ",", Extra: true}
		records, err := csv.NewReader(strings.NewReader(encode(t, o, raw))).ReadAll()
		if err != nil || len(records) != 1 || len(records[0]) != 2 {
			t.Fatalf("%v, %v", records, err)
		}
		got := map[string]any{}
		if records[0][1] != "" {
			v, err := outputstest.Value([]byte(records[0][1]))
			if err != nil {
				t.Fatal(err)
			}
			got = v.(map[string]any)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// signInColumns are 40 columns of a sign-in.
func signInColumns() []string {
	return strings.Fields(`id createdDateTime userDisplayName userPrincipalName userId appId appDisplayName ipAddress
		clientAppUsed userAgent correlationId conditionalAccessStatus originalRequestId isInteractive tokenIssuerName
		tokenIssuerType processingTimeInMilliseconds riskDetail riskLevelAggregated riskLevelDuringSignIn riskState
		riskEventTypes_v2 resourceDisplayName resourceId resourceTenantId homeTenantId authenticationRequirement
		servicePrincipalId servicePrincipalName status.errorCode status.failureReason status.additionalDetails
		deviceDetail.deviceId deviceDetail.displayName deviceDetail.operatingSystem deviceDetail.browser
		deviceDetail.trustType location.city location.state location.countryOrRegion`)
}

func BenchmarkEncode40Columns(b *testing.B) {
	outputstest.BenchmarkEncoding(b, &Options{Columns: signInColumns(), Delimiter: ",", Extra: true})
}

func BenchmarkEncode3Columns(b *testing.B) {
	outputstest.BenchmarkEncoding(b, &Options{Columns: signInColumns()[:3], Delimiter: ",", Extra: true})
}

var _ outputs.Encoding = (*Options)(nil)

// Quotes and delimiters at every place of the eight that are looked at together.
func TestEveryPlace(t *testing.T) {
	e := &encoder{delimiter: ';'}
	for length := range 26 {
		for first := range length {
			for second := range length {
				text := bytes.Repeat([]byte("a"), length)
				text[first], text[second] = '"', '"'
				want := `x"` + strings.ReplaceAll(string(text), `"`, `""`) + `"`
				if got := string(appendQuoted([]byte("x"), text)); got != want {
					t.Fatalf("%s is quoted as %s", text, got)
				}
			}
			text := bytes.Repeat([]byte("a"), length)
			text[first] = ';'
			value := `"` + string(text) + `"`
			if got := string(e.appendValue(nil, []byte(value), false)); got != value {
				t.Fatalf("%s becomes %s", value, got)
			}
			for _, other := range []byte{';' - 1, ';' + 1, ';' | 0x80} {
				text[first] = other
				value := `"` + string(text) + `"`
				if got := e.appendValue(nil, []byte(value), false); string(got) != string(text) {
					t.Fatalf("%s becomes %s", value, got)
				}
			}
		}
		quotes := strings.Repeat(`"`, length)
		if got := string(appendQuoted(nil, []byte(quotes))); got != quotes+quotes+`""` {
			t.Fatalf("%d quotes become %s", length, got)
		}
	}
}
