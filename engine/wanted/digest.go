package wanted

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
)

// Digest is the digest of the configuration as evaluated: equal for two
// configurations that mean the same, whatever their files look like.
func (w *Wanted) Digest() string {
	type tenantFacts struct {
		Address, Name, ID, Cloud, Credential, App, Pacing string
		Labels                                            map[string]string
		Endpoints                                         config.Endpoints
		Licence, Since                                    string `json:",omitempty"`
	}
	type outputFacts struct{ Address, Targets string }
	type reportFacts struct {
		Address, Window string
		Question        string
		Settle          string
		Protected       bool `json:",omitempty"`
		Tenants         []address.Address
		Outputs         []outputFacts
	}
	var facts struct {
		Tenants []tenantFacts
		Reports []reportFacts
	}
	for _, t := range w.Config.Tenants {
		f := tenantFacts{
			Address: string(t.Address), Name: t.Name, ID: t.ID, Cloud: t.Cloud, Pacing: t.Pacing,
			Labels: t.Labels, Endpoints: t.Endpoints, Licence: t.Licence,
		}
		if !t.Since.IsZero() {
			f.Since = t.Since.UTC().Format(time.RFC3339Nano)
		}
		if t.Credential != nil {
			f.Credential, f.App = string(t.Credential.Address), w.App(t)
		}
		facts.Tenants = append(facts.Tenants, f)
	}
	for _, r := range w.Config.Reports {
		f := reportFacts{
			Address: string(r.Address), Window: window.New(r.Window).String(),
			Question: question(r, ""), Settle: r.Type.Settle.String(), Protected: r.Protected(),
		}
		for _, t := range r.Tenants {
			f.Tenants = append(f.Tenants, t.Address)
		}
		for _, o := range r.Outputs {
			// One slice stands for all: the digest sees a change of path or
			// options through it.
			targets, sample := sha256.New(), window.New(r.Window).Sample()
			for _, t := range r.Tenants {
				target, _ := w.Outputs[o.Address].Resolve(Pull(t, r, &sample))
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
