package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/config"
)

// A gap has the labels of its first and its last slice.
func TestGapOf(t *testing.T) {
	w := want(config.Window{Every: dur("12h"), From: at("2026-11-20")})
	slices := w.Window.Named(at("2026-11-21"))
	gap, next := gapOf(w, &slices[0]), gapOf(w, &slices[1])
	gap.lengthen(&next)
	wanted := Gap{
		Tenant: w.Tenant, Report: w.Report, From: at("2026-11-20"), To: at("2026-11-21"), Slices: 2,
		First: "2026-11-20T00Z--2026-11-20T12Z", Last: "2026-11-20T12Z--2026-11-21T00Z",
	}
	if diff := cmp.Diff(wanted, gap); diff != "" {
		t.Error(diff)
	}
}
