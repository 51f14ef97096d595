package engine

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/reportform/reportform/engine/ledger/postgres/pgtest"
	"github.com/reportform/reportform/engine/sandbox"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/all"
	"github.com/reportform/reportform/outputs/outputstest"
)

// oddEvents are 22 events, one of which has a NUL in its id, and others what
// ends a cell, a line, a copy or a file for somebody.
func oddEvents() []outputs.Event {
	texts := []string{
		`x`, `half \ud800 and \udc00`, "\ufffe\uffff\ufeff", `\u0001\u001a\u001b\u007f\u0085\u2028\u2029`, `a\r\nb\nc\rd`, `x\n\\.\ny`, `\\.`, `\r\n\\.\r\n`,
		`\"`, `a,b;c|d`, ``, ` `, `=1+1`, `]]>`, strings.Repeat("long ", 20_000), "\ufeffmarked", `\u0000`, `null`, `NULL`, `\\N`, `\t`,
	}
	list := []outputs.Event{*outputstest.Event(`{"id":"nul\u0000x","createdDateTime":"\\."}`)}
	for i, text := range texts {
		list = append(list, *outputstest.Event(fmt.Sprintf(`{"id":"%d","createdDateTime":"%s","other":"%[2]s"}`, i, text)))
	}
	return list
}

// A service that sends text that is none loses no event: each is in the file of
// every format, and a table has what its cell cannot say in extra.
func TestOddText(t *testing.T) {
	w := fullArchive(t)
	before := w.files("out")
	w.sandbox.SetFaults(sandbox.Fault{Kind: "odd-text", Times: -1})
	w.edit("main.rf.hcl", "label}.csv\"", "label}.csv\"\n columns = [\"id\", \"userDisplayName\"]")
	if err := os.RemoveAll(filepath.Join(w.dir, "out")); err != nil {
		t.Fatal(err)
	}
	w.mustApplied(6)
	odd := 0
	for name, content := range w.files("out") {
		if strings.HasSuffix(name, ".ndjson") {
			if got, want := strings.Count(content, "\n"), strings.Count(before[name], "\n"); got != want {
				t.Errorf("%s has %d events, want %d", name, got, want)
			}
			records, err := csv.NewReader(strings.NewReader(w.files("out")[strings.TrimSuffix(name, ".ndjson")+".csv"])).ReadAll()
			if err != nil || len(records)-1 != strings.Count(content, "\n") {
				t.Fatalf("%s: %d records, %v", name, len(records)-1, err)
			}
			for _, r := range records[1:] {
				if strings.Contains(r[1], `nul\u0000 half \ud800 `) && strings.Contains(r[2], `"userDisplayName":"nul\u0000 half \ud800 `) {
					odd++
				}
			}
		} else if strings.ContainsAny(content, "\x00") {
			t.Errorf("%s has a NUL", name)
		}
	}
	if odd == 0 {
		t.Error("no text was odd")
	}
}

// TestReadersAgree counts the records of files with text that is none, with the
// programs of other people: each finds as many as were written, none are merged,
// and every id is one of its own.
func TestReadersAgree(t *testing.T) {
	t.Parallel()
	odd := oddEvents()
	formats, dir := all.Registry(), t.TempDir()
	write := func(t *testing.T, format, body string, events []outputs.Event) (path string) {
		t.Helper()
		name := strings.NewReplacer("/", "-", " ", "-").Replace(t.Name()) + "." + format
		o, diags := outputstest.Decode(formats[format], fmt.Sprintf("path = %q\n%s", name, body), dir, nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		target, diags := o.Resolve(outputstest.Pull())
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		w, err := o.Open(t.Context(), target)
		if err == nil {
			err = w.Write(events)
		}
		if err == nil {
			_, err = w.Stage()
		}
		if err == nil {
			_, err = w.Publish()
		}
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	const columns = "columns = [\"id\", \"createdDateTime\"]\n"
	for _, test := range []struct {
		name, format, body string
		program            []string // FILE and DIR are replaced
	}{
		{"python csv", "csv", columns, []string{"python3", "-c", "import csv\ncsv.field_size_limit(1<<30)\nrows=list(csv.reader(open('FILE',newline='',encoding='utf-8')))\nassert all(len(r)==3 for r in rows)\nprint(len(set(r[0] for r in rows[1:])))"}},
		{"python csv crlf", "csv", columns + "crlf = true\nextra = false", []string{"python3", "-c", "import csv\ncsv.field_size_limit(1<<30)\nprint(len(list(csv.reader(open('FILE',newline='',encoding='utf-8'))))-1)"}},
		{"sqlite", "csv", columns, []string{"sqlite3", ":memory:", ".mode csv", ".import FILE t", "select count(distinct id) from t where length(id) > 0"}},
		{"sqlite without a header", "csv", "columns = [\"createdDateTime\"]\nheader = false\nextra = false", []string{"sqlite3", ":memory:", "create table t (a)", ".mode csv", ".import FILE t", "select count(*) from t"}},
		{"jq", "json", "", []string{"jq", "map(.id) | unique | length", "FILE"}},
		{"jq indented", "json", "indent = 2", []string{"jq", "length", "FILE"}},
		{"jq by line", "ndjson", "", []string{"jq", "-s", "map(.id) | unique | length", "FILE"}},
		{"python by line", "ndjson", "", []string{"python3", "-c", "import json\nprint(len(set(json.loads(l)['id'] for l in open('FILE',encoding='utf-8'))))"}},
		{"wc", "ndjson", "", []string{"sh", "-c", "wc -l < 'FILE'"}},
		{"xmllint", "xml", "", []string{"xmllint", "--huge", "--xpath", "count(/events/event)", "FILE"}},
		{"python xml", "xml", "", []string{"python3", "-c", "import xml.etree.ElementTree as e\nprint(len(set(x.findtext('id') for x in e.parse('FILE').getroot())))"}},
		{"grep xml", "xml", "", []string{"grep", "-c", "^<event>", "FILE"}},
		{"grep text", "text", "", []string{"grep", "-c", "^$", "FILE"}},
		{"wc text", "text", columns + "header = false", []string{"sh", "-c", "wc -l < 'FILE'"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			program, err := exec.LookPath(test.program[0])
			if errors.Is(err, exec.ErrNotFound) {
				pgtest.Absent(t, "there is no "+test.program[0]+" in PATH: install the package that has it")
			}
			events := odd
			if test.program[0] == "jq" { // before 1.7 it refuses half of a surrogate pair
				events = slices.DeleteFunc(slices.Clone(events), func(e outputs.Event) bool { return bytes.Contains(e.Raw, []byte(`\udc00`)) })
			}
			path := write(t, test.format, test.body, events)
			var arguments []string
			for _, a := range test.program[1:] {
				arguments = append(arguments, strings.ReplaceAll(a, "FILE", path))
			}
			out, err := exec.CommandContext(t.Context(), program, arguments...).CombinedOutput()
			if n, bad := strconv.Atoi(strings.TrimSpace(string(out))); err != nil || bad != nil || n != len(events) {
				t.Errorf("%d events are counted as %.500s (%v)", len(events), out, err)
			}
		})
	}
	t.Run("psql", func(t *testing.T) {
		server := pgtest.Start(t)
		if server.Psql == "" {
			pgtest.Absent(t, "there is no psql beside the server: install the package postgresql-client")
		}
		psql := func(commands ...string) string {
			arguments := []string{"-h", server.Socket, "-p", strconv.Itoa(server.Port), "-U", server.User, "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", "postgres"}
			for _, c := range commands {
				arguments = append(arguments, "-c", c)
			}
			cmd := exec.CommandContext(t.Context(), server.Psql, arguments...)
			cmd.Env = append(os.Environ(), "PGPASSWORD="+server.Password)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			return strings.TrimSpace(string(out))
		}
		want := strconv.Itoa(len(odd))
		path := write(t, "csv", columns, odd)
		got := psql("create table t (id text primary key, at text, extra text)", `\copy t from '`+path+`' with (format csv, header)`, "select count(*) from t")
		if got != want {
			t.Errorf("%s of %s rows are loaded", got, want)
		}
		// What the cell cannot say is whole in extra, which is JSON there too.
		if got := psql("select id, extra::json from t where id like 'nul%'"); got != `nul\u0000x|{"id":"nul\u0000x"}` {
			t.Errorf("the row is %s", got)
		}
		if got := psql("select extra::json->>'createdDateTime' from t where id = '5'"); got != "x\n\\.\ny" {
			t.Errorf("the text is %q", got)
		}
		one := write(t, "csv", "columns = [\"createdDateTime\"]\nextra = false", odd)
		if got := psql("create table one (at text)", `\copy one from '`+one+`' with (format csv, header)`, "select count(*) from one"); got != want {
			t.Errorf("%s of %s rows of one column are loaded", got, want)
		}
	})
}
