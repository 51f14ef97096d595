package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/window"
)

// The language refuses a window if, and only if, one of its slices can never be had
// as plans see it.
func TestWindowsThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		duration := func(name string, units ...string) string {
			unit := rapid.SampledFrom(units).Draw(t, name+" unit")
			most := map[string]int{"h": 60, "d": 45, "w": 6, "mo": 3}[unit]
			return fmt.Sprintf("%d%s", rapid.IntRange(1, most).Draw(t, name), unit)
		}
		zone := rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"}).Draw(t, "zone")
		from := time.Date(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		end := ""
		if rapid.Bool().Draw(t, "ends") {
			end = "to = \"" + from.AddDate(0, 0, rapid.IntRange(1, 400).Draw(t, "days")).Format(time.DateOnly) + "\""
		}
		every := "every = \"" + duration("every", "h", "d", "w", "mo") + "\""
		if end != "" && rapid.Bool().Draw(t, "fixed") {
			every = ""
		}
		src := fmt.Sprintf(`
tenant "t" {
  id    = "t.example"
  cloud = "sandbox"
}
report_type "r" {
  path      = "/r"
  time      = "t"
  settle    = "0s"
  retention = %q
}
window "w" {
  %s
  from     = %q
  timezone = %q
  settle   = %q
  %s
}
output "json" "o" { path = "o" }
report "r" "x" {
  window  = window.w
  outputs = output.json.o
}
`, duration("retention", "d", "w", "mo"), every, from.Format(time.DateOnly), zone, duration("settle", "h", "d", "w", "mo"), end)
		if err := os.WriteFile(filepath.Join(dir, "main.rf.hcl"), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		c, diags := config.Load(dir, config.Options{})
		refused := false
		for _, d := range diags {
			if d.Summary != "Slices that can never be had" {
				if d.Summary != "Unsuitable beginning" {
					t.Fatal(d)
				}
				t.Skip("this drawn window begins at a midnight that its zone skips, which the language refuses: another one is drawn")
			}
			refused = true
		}
		r := c.Reports[0]
		w := Want{Window: window.New(r.Window), Settle: r.Type.Settle, Retention: r.Type.Retention}
		for s := range w.Window.Slices(from.AddDate(2, 0, 0)) {
			if w.never(s) != "" {
				if !refused {
					t.Fatalf("%s: %s to %s can never be had, and the window is not refused", src, s.From, s.To)
				}
				return
			}
		}
		if refused {
			t.Fatalf("%s: every slice can be had, and the window is refused: %s", src, diags)
		}
	})
}
