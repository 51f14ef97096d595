package wanted

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"

	"github.com/reportform/reportform/config"
)

// Definition is the digest of everything that decides what an output holds of a
// slice: what the user wrote, the report type's path and id, and who is asked.
// Neither where the output keeps it nor how the service is asked (operators,
// order, page size, version, headers) is part of it, so that no release of the
// program makes another one of it.
type Definition struct {
	Now string
	// Earlier is the digest as versions before 0.2 recorded it, which how the
	// service is asked was part of.
	Earlier string
}

// definer gives definitions of a report. It is safe for concurrent use.
type definer struct {
	report *config.Report
	common sync.Map // by the output's part, the questions that all tenants have in common
}

// Define returns the definition of what an output, by its own part of the
// definition, holds of slices of a tenant's report.
func Define(tenant *config.Tenant, report *config.Report, output string) Definition {
	return (&definer{report: report}).of(tenant, output)
}

// questions are the parts of a definition that all tenants have in common.
type questions struct{ now, earlier string }

// of returns the definition of an output's part for a tenant.
func (d *definer) of(tenant *config.Tenant, output string) Definition {
	common, ok := d.common.Load(output)
	if !ok {
		common, _ = d.common.LoadOrStore(output, questions{question(d.report, output), earlierQuestion(d.report, output)})
	}
	asked := "\x00" + tenant.Cloud + "\x00" + strings.ToLower(tenant.ID)
	digest := func(question string) string {
		sum := sha256.Sum256([]byte(question + asked))
		return hex.EncodeToString(sum[:16])
	}
	return Definition{digest(common.(questions).now), digest(common.(questions).earlier)}
}

// question is the part of a definition that all tenants have in common.
func question(report *config.Report, output string) string {
	t := report.Type
	return digestOf(struct {
		API, Path, TypeFilter, Time string
		ID                          []string
		Filter                      string
		Select                      []string
		Output                      string
	}{t.API, t.Path, t.Filter, t.Time, t.ID, report.Filter, report.Select, output})
}
