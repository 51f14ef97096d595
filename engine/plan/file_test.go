package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// saved is a saved plan, as text.
func saved(t *testing.T) string {
	t.Helper()
	p := &Plan{
		Header: Header{Version: FormatVersion, Tool: "0.1.0", Configuration: "c", Now: at("2026-11-22")},
		Pulls: []Pull{{
			Tenant: `tenant.customer["<é>"]`, Report: "report.r.x", Type: "r", From: at("2026-11-20"), To: at("2026-11-21"), Label: "2026-11-20", Date: "2026-11-20", Final: true,
			Outputs: []PullOutput{{Output: "a", Reason: New, Place: `out/a "digest": "b".json`, Definition: "d"}},
		}},
		Deletions: []Deletion{{Orphan: Orphan{Place: "old", Why: "expired"}, Hazards: []HazardKind{DeletesIrrecoverable}}},
	}
	var b strings.Builder
	if err := Write(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A plan that is not what was saved is refused, whatever was changed.
func TestDigest(t *testing.T) {
	text := saved(t)
	if _, err := Read(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(string) string{
		"from, six days back": func(s string) string {
			return strings.Replace(s, `"from": "2026-11-20T00:00:00Z"`, `"from": "2026-11-14T00:00:00Z"`, 1)
		},
		"a path":         func(s string) string { return strings.Replace(s, "out/a", "out/b", 1) },
		"a hazard":       func(s string) string { return strings.Replace(s, "deletes_irrecoverable", "loses_soon", 1) },
		"a clock":        func(s string) string { return strings.Replace(s, "2026-11-22", "2026-11-23", 1) },
		"a blank":        func(s string) string { return strings.Replace(s, "out/a ", "out/a  ", 1) },
		"the digest":     func(s string) string { return strings.Replace(s, `"digest": "`, `"digest": "0`, 1) },
		"no digest":      func(s string) string { return s[:strings.LastIndex(s, ",")] + "}" },
		"an empty one":   func(s string) string { return s[:strings.LastIndex(s, ",")] + `, "digest": ""}` },
		"more behind it": func(s string) string { return strings.TrimSuffix(s, "}\n") + `, "deletions": []}` },
		"more before it": func(s string) string { return strings.Replace(s, `"held": 0`, `"held": 0, "new": 1`, 1) },
		"another case":   func(s string) string { return strings.Replace(s, `"digest"`, `"Digest"`, 2) },
		"the order of members": func(s string) string {
			var members map[string]any
			if err := json.Unmarshal([]byte(s), &members); err != nil {
				t.Fatal(err)
			}
			sorted, _ := json.Marshal(members)
			return string(sorted)
		},
	} {
		edited := edit(text)
		if edited == text {
			t.Errorf("%s: nothing was edited", name)
		}
		if _, err := Read(strings.NewReader(edited)); err == nil || !strings.Contains(err.Error(), "edited or damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// How it is laid out is nobody's business.
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		t.Fatal(err)
	}
	for _, laid := range []string{compact.String(), strings.ReplaceAll(text, "\n", "\r\n"), strings.ReplaceAll(text, "\n  ", "\n\t")} {
		if _, err := Read(strings.NewReader(laid)); err != nil {
			t.Errorf("%v: %.60q", err, laid)
		}
	}
}

// Plans of the first version are shown, and not carried out.
func TestFirstVersion(t *testing.T) {
	p, err := Read(strings.NewReader(`{"version": 1, "reportform_version": "0.1.0", "configuration": "c", "now": "2026-11-22T00:00:00Z", "pulls": null, "held": 3}`))
	if err != nil || p.Held != 3 {
		t.Fatal(p, err)
	}
	if err := p.Carried(); err == nil || !strings.Contains(err.Error(), "format 1") || !strings.Contains(err.Error(), "make it again") {
		t.Errorf("%v", err)
	}
	if p, err = Read(strings.NewReader(saved(t))); err != nil || p.Carried() != nil {
		t.Error(err, p.Carried())
	}
}

// counting is a writer that counts.
type counting struct{ writes, most, bytes int }

func (c *counting) Write(p []byte) (int, error) {
	c.writes, c.most, c.bytes = c.writes+1, max(c.most, len(p)), c.bytes+len(p)
	return len(p), nil
}

// However many pulls there are, they are encoded one at a time.
func TestWriteStreams(t *testing.T) {
	p := &Plan{Header: Header{Version: FormatVersion, Configuration: "c", Now: time.Unix(0, 0).UTC()}}
	for i := range 20_000 {
		p.Pulls = append(p.Pulls, Pull{Tenant: fmt.Sprint("tenant.", i), Outputs: []PullOutput{{Output: "a", Reason: New}}})
	}
	var c counting
	if err := Write(&c, p); err != nil {
		t.Fatal(err)
	}
	if c.writes < len(p.Pulls) || c.most > 4<<10 {
		t.Errorf("%d bytes in %d writes of up to %d", c.bytes, c.writes, c.most)
	}
}
