package engine

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/auth"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/outputs"
)

func decodeOutputs(c *config.Config, formats outputs.Registry, dir string, getenv func(string) string, console *outputs.Console) (map[address.Address]outputs.Output, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	decoded := make(map[address.Address]outputs.Output, len(c.Outputs))
	for _, o := range c.Outputs {
		format, ok := formats[o.Type]
		if !ok {
			diags = append(diags, diag.UnknownType("output format", o.Type, formats, o.Range))
			continue
		}
		output, more := format.Decode(&outputs.Block{
			Type: o.Type, Name: o.Name, Address: string(o.Address),
			Body: o.Body, EvalCtx: o.EvalCtx, Range: o.Range, Getenv: getenv, Dir: dir, Console: console,
		})
		diags = append(diags, more...)
		if !more.HasErrors() {
			decoded[o.Address] = output
		}
	}
	return decoded, diags
}

func decodeCredentials(c *config.Config, getenv func(string) string) (map[address.Address]auth.Credential, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	types := auth.Types()
	decoded := make(map[address.Address]auth.Credential, len(c.Credentials))
	for _, block := range c.Credentials {
		kind, ok := types[block.Type]
		if !ok {
			diags = append(diags, diag.UnknownType("credential type", block.Type, types, block.Range))
			continue
		}
		credential, more := kind.Decode(block, getenv)
		diags = append(diags, more...)
		if !more.HasErrors() {
			decoded[block.Address] = credential
		}
	}
	return decoded, diags
}

// environment returns a lookup in a list as of os.Environ, in which the last
// entry of a name counts.
func environment(environ []string) func(string) string {
	values := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			values[name] = value
		}
	}
	return func(name string) string { return values[name] }
}
