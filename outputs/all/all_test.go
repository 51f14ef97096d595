package all

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/outputstest"
)

// open starts a writer of every format in dir.
func open(t *testing.T, dir string) (*outputs.Tee, int) {
	t.Helper()
	var writers []outputs.Writer
	for name, format := range Registry() {
		o, diags := outputstest.Decode(format, fmt.Sprintf("path = \"${pull.tenant.name}/report.%s\"", name), dir, nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		target, diags := o.Resolve(outputstest.Pull())
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		w, err := o.Open(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		writers = append(writers, w)
	}
	return outputs.NewTee(writers...), len(writers)
}

func TestEveryFormatAtOnce(t *testing.T) {
	dir := t.TempDir()
	tee, count := open(t, dir)
	events := outputstest.NastyEvents()
	for _, e := range events {
		if err := tee.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tee.Stage(); err != nil {
		t.Fatal(err)
	}
	receipts, err := tee.Publish()
	if err != nil {
		t.Fatal(err)
	}
	if len(receipts) != count || count < 5 {
		t.Errorf("%d receipts of %d outputs", len(receipts), count)
	}
	for _, r := range receipts {
		info, err := os.Stat(r.Path)
		if err != nil || info.Size() != r.Bytes || r.Rows != int64(len(events)) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestOneFailureLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	tee, count := open(t, dir)
	if err := tee.Write(outputstest.GoldenEvents()[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := tee.Stage(); err != nil {
		t.Fatal(err)
	}
	// The writers are published in some order; a directory in the way of every
	// file stops the first of them.
	for name := range Registry() {
		if err := os.MkdirAll(filepath.Join(dir, "contoso", "report."+name, "x"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	_, err := tee.Publish()
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "contoso", "report.")) {
		t.Errorf("the error is %v", err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "contoso"))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != count {
		t.Errorf("files: %v", entries)
	}
}
