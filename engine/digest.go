package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"sync"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/window"
)

// definition is the digest of everything that decides what a file holds: what
// is asked of the service, and how the output writes it. The place of the file
// is not part of it, nor is how politely the service is asked.
func definition(report *config.Report, output string) string {
	t := report.Type
	return digestOf(struct {
		API, Version, Path, TypeFilter, Time, Lower, Upper string
		Filter                                             string
		Select                                             []string
		Output                                             string
	}{t.API, t.Version, t.Path, t.Filter, t.Time, t.Lower, t.Upper, report.Filter, report.Select, output})
}

// definer returns a function that gives definitions of a report, and makes each
// of them once. It is safe for concurrent use.
func definer(report *config.Report) func(output string) string {
	var made sync.Map // by the output's part
	return func(output string) string {
		digest, ok := made.Load(output)
		if !ok {
			digest, _ = made.LoadOrStore(output, definition(report, output))
		}
		return digest.(string)
	}
}

// digest is the digest of the configuration as evaluated: equal for two
// configurations that mean the same, whatever their files look like.
func (e *Engine) digest() string {
	type tenantFacts struct {
		Address, Name, ID, Cloud, Credential, App, Pacing string
		Labels                                            map[string]string
		Endpoints                                         config.Endpoints
	}
	type outputFacts struct{ Address, Path, Definition string }
	type reportFacts struct {
		Address, Window string
		Definition      string
		Settle          string
		Tenants         []config.Address
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
			Definition: definition(r, ""), Settle: r.Type.Settle.String(),
		}
		for _, t := range r.Tenants {
			f.Tenants = append(f.Tenants, t.Address)
		}
		for _, o := range r.Outputs {
			// One pull stands for all: the digest sees a change of path or
			// options through it.
			target, _ := e.outputs[o.Address].Resolve(samplePull(r))
			f.Outputs = append(f.Outputs, outputFacts{string(o.Address), e.recorded(target.Path), target.Definition})
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
