package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
)

// definer returns a function that gives definitions of a report: digests of
// everything that decides what a file holds, which is whom the service is asked
// about, what it is asked, and how the output writes it. The place of the file is
// not part of it, nor is how politely the service is asked. The function is safe
// for concurrent use.
func definer(report *config.Report) func(tenant *config.Tenant, output string) string {
	var asked sync.Map // by the output's part, what all tenants have in common
	return func(tenant *config.Tenant, output string) string {
		common, ok := asked.Load(output)
		if !ok {
			common, _ = asked.LoadOrStore(output, question(report, output))
		}
		sum := sha256.Sum256([]byte(common.(string) + "\x00" + tenant.Cloud + "\x00" + strings.ToLower(tenant.ID)))
		return hex.EncodeToString(sum[:16])
	}
}

// question is the part of a definition that all tenants have in common.
func question(report *config.Report, output string) string {
	t := report.Type
	return digestOf(struct {
		API, Version, Path, TypeFilter, Time, Lower, Upper, OrderBy string
		ID                                                          []string
		Headers                                                     map[string]string
		Filter                                                      string
		Select                                                      []string
		Output                                                      string
	}{t.API, t.Version, t.Path, t.Filter, t.Time, t.Lower, t.Upper, t.OrderBy, t.ID, t.Headers, report.Filter, report.Select, output})
}

// digest is the digest of the configuration as evaluated: equal for two
// configurations that mean the same, whatever their files look like.
func (e *Engine) digest() string {
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
			Question: question(r, ""), Settle: r.Type.Settle.String(),
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
				_, _ = io.WriteString(targets, e.recorded(target.Path)+"\x00"+target.Definition+"\x00") // a hash takes everything
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

// fileDigest is the SHA-256 of a file in hex.
func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
