package wanted

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/reportform/reportform/config"
)

// earlierTypes is how the built-in report types were asked when definitions had
// that in them. It does not follow the catalog: what is held was recorded so.
//
//go:embed earlier.json
var earlierTypes []byte

// manner is how the service is asked for a report type.
type manner struct {
	Version string            `json:"version"`
	Lower   string            `json:"lower,omitempty"`
	Upper   string            `json:"upper,omitempty"`
	OrderBy string            `json:"order_by,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

// manners are those of the built-in types, by name.
var manners = sync.OnceValue(func() map[string]manner { //nolint:gochecknoglobals // it never changes
	var known map[string]manner
	if err := json.Unmarshal(earlierTypes, &known); err != nil {
		panic(fmt.Sprintf("wanted: earlier.json: %v", err)) // it is part of the program
	}
	return known
})

// earlierQuestion is question as versions before 0.2 had it.
func earlierQuestion(report *config.Report, output string) string {
	t := report.Type
	m, builtIn := manners()[t.Name]
	if !builtIn {
		m = manner{t.Version, t.Lower, t.Upper, t.OrderBy, t.Headers}
	}
	return digestOf(struct {
		API, Version, Path, TypeFilter, Time, Lower, Upper, OrderBy string
		ID                                                          []string
		Headers                                                     map[string]string
		Filter                                                      string
		Select                                                      []string
		Output                                                      string
	}{t.API, m.Version, t.Path, t.Filter, t.Time, m.Lower, m.Upper, m.OrderBy, t.ID, m.Headers, report.Filter, report.Select, output})
}
