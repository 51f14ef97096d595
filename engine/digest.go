package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
	"sync"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
)

// definition is the digest of everything that decides what an output holds of a
// slice: what the user wrote, the report type's path and id, and who is asked.
// Neither where the output keeps it nor how the service is asked (operators,
// order, page size, version, headers) is part of it, so that no release of the
// program makes another one of it.
type definition struct {
	now string
	// earlier is the digest as versions before 0.2 recorded it, which how the
	// service is asked was part of.
	earlier string
}

// definer gives definitions of a report. It is safe for concurrent use.
type definer struct {
	report *config.Report
	common sync.Map // by the output's part, the questions that all tenants have in common
}

func newDefiner(report *config.Report) *definer { return &definer{report: report} }

// questions are the parts of a definition that all tenants have in common.
type questions struct{ now, earlier string }

// of returns the definition of an output's part for a tenant.
func (d *definer) of(tenant *config.Tenant, output string) definition {
	common, ok := d.common.Load(output)
	if !ok {
		common, _ = d.common.LoadOrStore(output, questions{question(d.report, output), earlierQuestion(d.report, output)})
	}
	asked := "\x00" + tenant.Cloud + "\x00" + strings.ToLower(tenant.ID)
	digest := func(question string) string {
		sum := sha256.Sum256([]byte(question + asked))
		return hex.EncodeToString(sum[:16])
	}
	return definition{digest(common.(questions).now), digest(common.(questions).earlier)}
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

// digest is the digest of the configuration as evaluated: equal for two
// configurations that mean the same, whatever their files look like. ask gives
// the question of a report.
func (e *Engine) digest(ask func(report *config.Report, output string) string) string {
	type tenantFacts struct {
		Address, Name, ID, Cloud, Credential, App, Pacing string
		Labels                                            map[string]string
		Endpoints                                         config.Endpoints
	}
	type outputFacts struct{ Address, Targets string }
	type reportFacts struct {
		Address, Window string
		Question        string
		Settle          string
		Tenants         []address.Address
		Outputs         []outputFacts
	}
	var facts struct {
		Tenants []tenantFacts
		Reports []reportFacts
	}
	for _, t := range e.config.Tenants {
		f := tenantFacts{
			Address: string(t.Address), Name: t.Name, ID: t.ID, Cloud: t.Cloud, Pacing: t.Pacing,
			Labels: t.Labels, Endpoints: t.Endpoints,
		}
		if t.Credential != nil {
			f.Credential, f.App = string(t.Credential.Address), e.credentials[t.Credential.Address].App()
		}
		facts.Tenants = append(facts.Tenants, f)
	}
	for _, r := range e.config.Reports {
		f := reportFacts{
			Address: string(r.Address), Window: window.New(r.Window).String(),
			Question: ask(r, ""), Settle: r.Type.Settle.String(),
		}
		for _, t := range r.Tenants {
			f.Tenants = append(f.Tenants, t.Address)
		}
		for _, o := range r.Outputs {
			// One slice stands for all: the digest sees a change of path or
			// options through it.
			targets, sample := sha256.New(), window.New(r.Window).Sample()
			for _, t := range r.Tenants {
				target, _ := e.outputs[o.Address].Resolve(pullOf(t, r, &sample))
				_, _ = io.WriteString(targets, string(target.Place)+"\x00"+target.Definition+"\x00") // a hash takes everything
			}
			f.Outputs = append(f.Outputs, outputFacts{string(o.Address), hex.EncodeToString(targets.Sum(nil))})
		}
		facts.Reports = append(facts.Reports, f)
	}
	return digestOf(facts)
}

// digestOf is the SHA-256 of v's JSON, shortened to 128 bits in hex. v is made
// of strings, lists and maps, which JSON always can hold.
func digestOf(v any) string {
	h := sha256.New()
	_ = json.NewEncoder(h).Encode(v)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
