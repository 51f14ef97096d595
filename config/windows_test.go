package config_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"

	"github.com/reportform/reportform/config"
)

// What people wrote or exported on Windows is read as it is meant.
func TestFilesOfWindows(t *testing.T) {
	dir := t.TempDir()
	wide := []byte("\xff\xfe")
	for _, unit := range utf16.Encode([]rune("variable \"customers\" {\r\n  type = string\r\n}\r\n")) {
		wide = binary.LittleEndian.AppendUint16(wide, unit)
	}
	for name, content := range map[string]string{
		"main.rf.hcl":        "\ufefftenant \"customer\" {\r\n  for_each = { for c in csvdecode(file(var.customers)) : c.name => c }\r\n  id = each.value.tenant_id\r\n  cloud = \"sandbox\"\r\n}\r\n",
		"more.rf.json":       "\ufeff{\"window\": {\"w\": {\"last\": \"7d\"}}}",
		"variables.rf.hcl":   string(wide),
		"a.auto.rfvars":      "\ufeffcustomers = \"nowhere.csv\"\r\n",
		"b.auto.rfvars.json": "\ufeff{\"customers\": \"customers.csv\"}",
		"customers.csv":      "\ufeffname,tenant_id\r\ncontoso,contoso.example\r\nfabrikam,fabrikam.example\r\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, diags := config.Load(dir, config.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if len(c.Tenants) != 2 || c.Tenants[0].ID != "contoso.example" || len(c.Windows) != 1 {
		t.Errorf("%d tenants, %d windows", len(c.Tenants), len(c.Windows))
	}
}
