package engine

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/local"
	"github.com/reportform/reportform/engine/ledger/sealed"
	"github.com/reportform/reportform/internal/diag"
)

// stateBlock is a state block on its way to its backend.
type stateBlock struct {
	*config.State
	dir    string // the configuration's, absolute
	getenv func(string) string
}

// backends are the state backends by the label of their state blocks. Decoding
// contacts nobody and reads no secret.
func backends() map[string]func(stateBlock) (ledger.Backend, hcl.Diagnostics) {
	return map[string]func(stateBlock) (ledger.Backend, hcl.Diagnostics){
		"blob":     decodeBlob,
		"local":    decodeLocal,
		"postgres": decodePostgres,
	}
}

func decodeBackend(block stateBlock) (ledger.Backend, hcl.Diagnostics) {
	known := backends()
	decode, ok := known[block.Type]
	if !ok {
		return nil, hcl.Diagnostics{unknownType("state backend", block.Type, known, block.Range)}
	}
	encryption, diags := takeEncryption(&block)
	backend, more := decode(block)
	diags = append(diags, more...)
	if diags.HasErrors() || encryption == nil {
		return backend, diags
	}
	return sealed.New(backend, *encryption), diags
}

// CheckState says what would keep ledgers from being stored, as far as the
// backend can tell without storing one.
func (e *Engine) CheckState(ctx context.Context) error {
	if err := e.ledgers.Check(ctx); err != nil {
		return fmt.Errorf("the state cannot be written: %w", err)
	}
	return nil
}

// decodeLocal reads state "local": path is the directory, relative to the
// configuration's.
func decodeLocal(block stateBlock) (ledger.Backend, hcl.Diagnostics) {
	options := struct {
		Path string `hcl:"path,optional"`
	}{".reportform/state"}
	diags := gohcl.DecodeBody(block.Body, block.EvalCtx, &options)
	if diags.HasErrors() {
		return nil, diags
	}
	path := filepath.FromSlash(options.Path)
	if !filepath.IsAbs(path) {
		path = filepath.Join(block.dir, path)
	}
	return local.New(path), nil
}

// unquoted marks mistakes in a body in which, under a misspelt name, a line may
// hold a secret in plain text.
func unquoted(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		d.Extra, d.Context, d.Expression, d.EvalContext = diag.SecretHere{}, nil, nil, nil
	}
	return diags
}
