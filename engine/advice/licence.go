package advice

import (
	"fmt"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/internal/diag"
)

// undeclared says which licence the directory may have without its tenant saying
// so: with that the service has the slice no longer, and refuses its dates. It is
// empty where that explains nothing.
func (s *Subject) undeclared(kind fetch.Kind) string {
	tenant, t := s.Tenant, s.Report.Type
	if tenant.Licence != "" || kind != fetch.BadRequest || s.From.IsZero() {
		return ""
	}
	var licences []string
	text := ""
	for _, licence := range config.Licences() {
		kept := t.Kept(licence)
		if kept == nil || *kept == *t.Retention || !t.Offered(licence) || s.Now().Before(config.ForgottenAt(*kept, s.From)) {
			continue
		}
		licences = append(licences, licence)
		text += fmt.Sprintf(", with %q for %s", licence, kept)
	}
	if licences == nil {
		return ""
	}
	return fmt.Sprintf(" How long the service keeps %s depends on the directory's licence: %s at the longest%s. If %s has such a licence, declare it, "+
		"licence = %s: what it no longer has counts as lost then, and is not asked for.", t.Name, t.Retention, text, tenant.Address, diag.Quoted(licences))
}
