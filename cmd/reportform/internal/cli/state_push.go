package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view/ledgers"
	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/diag"
)

func (a *App) statePush(ctx context.Context, o *args.StatePush) int {
	v := ledgers.NewHuman(a.human())
	s, code := a.open(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	d, err := a.readDocument(o.File)
	if err != nil {
		name := o.File
		if name == "-" {
			name = "Standard input"
		}
		return fail(v, "No ledger to store", fmt.Sprintf("%s: %v.", name, err))
	}
	p, err := s.Archive().Push(ctx, d, o.Force)
	var loss *archive.LossError
	switch {
	case errors.As(err, &loss):
		return fail(v, "The ledger was not stored", fmt.Sprintf("Entries would be lost: %v. "+
			"Add them to the document, or give -force to lose them.", err))
	case err != nil:
		return failIn(ctx, v, s, "The ledger was not stored", err)
	}
	v.Pushed(p)
	if names := undeclared(s.Config(), p.Key); names != "" {
		v.Note("The configuration does not declare " + names + ": a plan shows what the ledger holds as orphans.")
	}
	return ok
}

// undeclared names the addresses of a ledger that are not declared, or nothing.
func undeclared(c *config.Config, key ledger.Key) string {
	var names []string
	for _, address := range []string{key.Report, key.Tenant} {
		if !declares(c, address) {
			names = append(names, address)
		}
	}
	return strings.Join(names, " and ")
}

// readDocument reads a ledger's document from a file, or from standard input.
func (a *App) readDocument(file string) (*ledger.Document, error) {
	var data []byte
	var err error
	if file == "-" {
		data, err = io.ReadAll(a.Streams.In)
	} else {
		data, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, diag.Reason(err)
	}
	d, err := ledger.ReadDocument(data)
	if err != nil {
		return nil, fmt.Errorf("it is no document of state pull: %w", err)
	}
	return d, nil
}
