package engine

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/config/catalog"
	"github.com/reportform/reportform/engine/sandbox"
	"github.com/reportform/reportform/engine/wire"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/place"
)

// Every example is loaded, planned and applied as a new user would, on the
// sandbox of this process; each pull's formats have to agree with each other
// and with the sandbox's own count.
func TestExamples(t *testing.T) {
	dirs, err := os.ReadDir("../examples")
	if err != nil || len(dirs) < 3 {
		t.Fatalf("%d examples, %v", len(dirs), err)
	}
	types, classes, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	// What is counted and what is fetched is what there is at one moment.
	now := func() time.Time { return testNow }
	options := wire.SandboxOf(types, nil, classes)
	options.Now = now
	count := sandbox.New(options).Count
	for _, dir := range dirs {
		t.Run(dir.Name(), func(t *testing.T) {
			copied := t.TempDir()
			if err := os.CopyFS(copied, os.DirFS(filepath.Join("../examples", dir.Name()))); err != nil {
				t.Fatal(err)
			}
			_ = os.RemoveAll(filepath.Join(copied, "out"))
			_ = os.RemoveAll(filepath.Join(copied, ".reportform"))
			var console bytes.Buffer
			e, diags := Load(Options{
				Dir: copied, Version: "0.0.0-test", Stdout: &console, Logger: hclog.NewNullLogger(), Now: now,
			})
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			defer e.Close()
			p, err := e.Plan(context.Background(), PlanOptions{})
			if err != nil {
				t.Fatal(err)
			}
			summary, err := e.Apply(context.Background(), p, ApplyOptions{})
			if err != nil || len(summary.Failed) > 0 || summary.Finished != len(p.Pulls) || summary.Events == 0 {
				t.Fatalf("%+v, %v", summary, err)
			}
			onConsole := 0
			for _, pull := range p.Pulls {
				report := e.Config().Report(address.Address(pull.Report))
				tenant := e.Config().Tenant(address.Address(pull.Tenant))
				want := -1
				if report.Filter == "" {
					want = count(tenant.ID, pull.Type, pull.From, pull.To)
				}
				for _, o := range pull.Outputs {
					if o.Place == place.Console {
						onConsole += 1 + want // a header and the events
						continue
					}
					got := countEvents(t, filepath.Join(e.dir, o.Place.Text()))
					if want < 0 {
						want = got
					}
					if got != want {
						t.Errorf("%s has %d events, want %d", o.Place, got, want)
					}
				}
			}
			if got := strings.Count(console.String(), "\n"); onConsole > 0 && got != onConsole {
				t.Errorf("%d lines on the console, want %d", got, onConsole)
			}
		})
	}
}

// countEvents reads a file of any format with the standard library.
func countEvents(t *testing.T, path string) int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	switch filepath.Ext(path) {
	case ".json":
		var list []json.RawMessage
		if err := json.Unmarshal(data, &list); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		count = len(list)
	case ".ndjson":
		for line := range bytes.Lines(data) {
			count++
			if !json.Valid(line) {
				t.Errorf("%s: line %d is not JSON", path, count)
			}
		}
	case ".csv":
		rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		count = len(rows) - 1
	case ".xml":
		decoder := xml.NewDecoder(bytes.NewReader(data))
		depth := 0
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			switch token.(type) {
			case xml.StartElement:
				if depth++; depth == 2 {
					count++
				}
			case xml.EndElement:
				depth--
			}
		}
	case ".txt":
		count = bytes.Count(data, []byte("\n\n"))
	default:
		t.Fatalf("nobody reads %s", path)
	}
	return count
}
