// Package backends turns state blocks into ledger backends.
package backends

import (
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/local"
	"github.com/reportform/reportform/engine/ledger/sealed"
	"github.com/reportform/reportform/internal/diag"
)

// block is a state block on its way to its backend.
type block struct {
	*config.State
	dir    string // the configuration's, absolute
	getenv func(string) string
}

// types are the backends by the label of their state blocks.
func types() map[string]func(block) (ledger.Backend, hcl.Diagnostics) {
	return map[string]func(block) (ledger.Backend, hcl.Diagnostics){
		"blob":     decodeBlob,
		"local":    decodeLocal,
		"postgres": decodePostgres,
	}
}

// Decode returns the backend that a state block describes, nil where it has
// mistakes. Relative paths begin in dir, which is absolute. It contacts nobody
// and reads no secret.
func Decode(state *config.State, dir string, getenv func(string) string) (ledger.Backend, hcl.Diagnostics) {
	b, known := block{state, dir, getenv}, types()
	decode, ok := known[b.Type]
	if !ok {
		return nil, hcl.Diagnostics{diag.UnknownType("state backend", b.Type, known, b.Range)}
	}
	encryption, diags := takeEncryption(&b)
	backend, more := decode(b)
	diags = append(diags, more...)
	if diags.HasErrors() || encryption == nil {
		return backend, diags
	}
	return sealed.New(backend, *encryption), diags
}

// decodeLocal reads state "local": path is the directory, relative to the
// configuration's.
func decodeLocal(b block) (ledger.Backend, hcl.Diagnostics) {
	options := struct {
		Path string `hcl:"path,optional"`
	}{".reportform/state"}
	diags := gohcl.DecodeBody(b.Body, b.EvalCtx, &options)
	if diags.HasErrors() {
		return nil, diags
	}
	return local.New(b.under(options.Path)), nil
}

// under returns a path of the configuration, relative to its directory.
func (b block) under(path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(b.dir, path)
}
