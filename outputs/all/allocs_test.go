package all

import (
	"io"
	"testing"

	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/csv"
	"github.com/reportform/reportform/outputs/json"
	"github.com/reportform/reportform/outputs/ndjson"
	"github.com/reportform/reportform/outputs/outputstest"
	"github.com/reportform/reportform/outputs/text"
	"github.com/reportform/reportform/outputs/xml"
)

// Memory must not follow the number of events: in the steady state an event
// costs no allocation.
func TestNoAllocationsInTheSteadyState(t *testing.T) {
	events := make([]outputs.Event, 200)
	for i := range events {
		events[i] = *outputstest.Event(string(outputstest.SignIn(i)))
	}
	encodings := map[string]outputs.Encoding{
		"json": &json.Options{}, "ndjson": &ndjson.Options{}, "xml": &xml.Options{},
		"csv":  &csv.Options{Columns: []string{"id", "createdDateTime", "status.errorCode", "location.city"}, Delimiter: ",", Header: true, Extra: true},
		"text": &text.Options{Separator: "  "},
	}
	for _, name := range files() {
		encoding, ok := encodings[name]
		if !ok {
			t.Errorf("%s is not tried", name)
			continue
		}
		encoder, err := encoding.NewEncoder(io.Discard, outputstest.Pull())
		if err != nil {
			t.Fatal(err)
		}
		page := func() {
			for i := range events {
				if err := encoder.Encode(&events[i]); err != nil {
					t.Fatal(err)
				}
			}
		}
		page() // buffers grow
		if allocs := testing.AllocsPerRun(5, page); allocs > 1 {
			t.Errorf("%s: %.1f allocations for %d events", name, allocs, len(events))
		}
	}
}
