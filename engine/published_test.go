package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Published events of the service are kept outside of this repository; where
// they are there, every one of them has to come through in every format.
func TestPublishedEvents(t *testing.T) {
	paths, err := filepath.Glob("../../shared/data/graph*/*.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skip("there are no published events beside the checkout")
	}
	published := map[string][][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.ToLower(strings.NewReplacer("-", "_").Replace(filepath.Base(filepath.Dir(path)) + "_" + strings.TrimSuffix(filepath.Base(path), ".ndjson")))
		published[name] = bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	}
	passThrough(t, published)
}

// The same with events that are nasty on purpose.
func TestNastyEventsComeThrough(t *testing.T) {
	var events [][]byte
	for i, member := range []string{
		`"n":12345678901234567890.123456789012345678901234567890e-400`, `"n":-0`, `"n":1E400`, `"s":"a\u0000b\u001b[31m\ud800"`,
		`"s":"\u2028\"\\\/\b\f\n\r\t"`, `"":"empty name","a.b":1,"@odata.type":"#x","item":[],"event":{}`, `"a":{"b":{"c":[[1,[2]],{"d":null}]}}`,
		`"s":"日本語 🙂 ]]>&lt;<!--","t":"=1+1"`, `"id2":"x","dup":1,"dup":2`, `"x":[{"k":"v"},{"k":null},[],{},""]`,
	} {
		events = append(events, fmt.Appendf(nil, `{"id":"%d",%s}`, i, member))
	}
	passThrough(t, map[string][][]byte{"nasty": events})
}

// passThrough serves events page by page, pulls them into every format and
// compares.
func passThrough(t *testing.T, events map[string][][]byte) {
	const perPage = 3
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"t"}`)
	})
	mux.HandleFunc("GET /v1.0/{name}", func(w http.ResponseWriter, r *http.Request) {
		list := events[r.PathValue("name")]
		skip, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
		end := min(skip+perPage, len(list))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, "{\"@odata.context\":\"x\",\"value\":[%s]", bytes.Join(list[skip:end], []byte(", \n ")))
		if end < len(list) {
			fmt.Fprintf(w, ",\"@odata.nextLink\":\"%s%s?$skiptoken=%d\"", server.URL, r.URL.Path, end)
		}
		fmt.Fprint(w, "}")
	})
	w := newWorld(t, nil)
	var b strings.Builder
	fmt.Fprintf(&b, "tenant \"t\" {\n id = \"t.example\"\n cloud = \"sandbox\"\n %s}\nwindow \"now\" {\n last = \"1d\"\n}\n", endpointsBlock(server.URL))
	for _, format := range []string{"json", "ndjson", "csv", "xml", "text"} {
		fmt.Fprintf(&b, "output %q \"o\" {\n path = \"out/${pull.report.name}.%s\"\n}\n", format, map[string]string{"text": "txt"}[format]+strings.TrimPrefix(format, "text"))
	}
	for name := range events {
		fmt.Fprintf(&b, "report_type %q {\n path = \"/%s\"\n columns = [\"id\"]\n}\nreport %q %q {\n window = window.now\n outputs = [output.json.o, output.ndjson.o, output.csv.o, output.xml.o, output.text.o]\n}\n", name, name, name, name)
	}
	w.write("main.rf.hcl", b.String())
	if s := w.apply(); len(s.Failed) > 0 || s.Finished != len(events) {
		t.Fatalf("%+v", s)
	}
	for name, list := range events {
		for _, extension := range []string{"json", "ndjson", "csv", "xml", "txt"} {
			path := filepath.Join(w.dir, "out", name+"."+extension)
			if got := countEvents(t, path); got != len(list) {
				t.Errorf("%s.%s has %d events, want %d", name, extension, got, len(list))
			}
		}
		files := w.files("out")
		if want := string(bytes.Join(list, []byte("\n"))) + "\n"; files[name+".ndjson"] != want {
			t.Errorf("%s.ndjson: %s", name, cmp.Diff(want, files[name+".ndjson"]))
		}
		var array []json.RawMessage
		if err := json.Unmarshal([]byte(files[name+".json"]), &array); err != nil {
			t.Fatal(err)
		}
		for i := range list {
			if string(array[i]) != string(list[i]) {
				t.Errorf("%s.json: event %d is %s, want %s", name, i, array[i], list[i])
			}
		}
	}
}
