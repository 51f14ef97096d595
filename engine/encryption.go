package engine

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/reportform/reportform/engine/ledger/sealed"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/secret"
)

// encryptionBlock is the body of an encryption block, which any state block may
// have. An attribute that is null counts as unset.
type encryptionBlock struct {
	Identity      *hcl.Attribute `hcl:"identity,optional"`
	OldIdentities *hcl.Attribute `hcl:"old_identities,optional"`
	Migrate       *bool          `hcl:"migrate,optional"`
}

// takeEncryption decodes the encryption block and leaves the rest of the body
// to the backend. It returns nil where there is none.
func takeEncryption(block *stateBlock) (*sealed.Options, hcl.Diagnostics) {
	content, rest, diags := block.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "encryption"}}})
	diags = unquoted(diags)
	state := *block.State
	state.Body = rest
	block.State = &state
	if content == nil || len(content.Blocks) == 0 {
		return nil, diags
	}
	found := content.Blocks[0]
	for _, other := range content.Blocks[1:] {
		diags = append(diags, encryptionMistake(other.DefRange, "Declared twice",
			fmt.Sprintf("There is already an encryption block at %s. To replace a key, put the old one into old_identities.", found.DefRange)))
	}
	var body encryptionBlock
	diags = append(diags, unquoted(gohcl.DecodeBody(found.Body, block.EvalCtx, &body))...)
	if diags.HasErrors() {
		return nil, diags
	}

	var options sealed.Options
	identity, more := decodeSecret(body.Identity, *block)
	diags = append(diags, more...)
	if identity != nil {
		options.Identities = append(options.Identities, identityAt(*identity, *block))
	} else if !more.HasErrors() {
		diags = append(diags, encryptionMistake(found.DefRange, "Missing identity",
			`The encryption block does not say where its key is found. Make one with age-keygen -o age-key.txt, and write identity = secret_file("age-key.txt").`))
	}
	old, more := decodeOldIdentities(body.OldIdentities, *block)
	diags = append(diags, more...)
	options.Identities = append(options.Identities, old...)
	if body.Migrate != nil && *body.Migrate {
		options.Migrate = true
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning,
			Summary:  "Plain text is accepted as state",
			Detail: "With migrate, what is stored in plain text is believed. Run reportform init, which encrypts everything with identity, " +
				"then remove migrate; old_identities are needed no longer then.",
			Subject: found.DefRange.Ptr(),
			Extra:   diag.SecretHere{},
		})
	}
	return &options, diags
}

// decodeOldIdentities reads a list of secrets.
func decodeOldIdentities(attribute *hcl.Attribute, block stateBlock) ([]sealed.Identity, hcl.Diagnostics) {
	if attribute == nil {
		return nil, nil
	}
	list, diags := attribute.Expr.Value(block.EvalCtx)
	if diags.HasErrors() {
		return nil, unquoted(diags)
	}
	if list.IsNull() || !list.IsKnown() {
		return nil, nil
	}
	if !list.CanIterateElements() || list.Type().IsObjectType() || list.Type().IsMapType() {
		return nil, hcl.Diagnostics{encryptionMistake(attribute.NameRange, "Not a list of secrets",
			`old_identities is a list of secrets: [secret_file("age-key-2025.txt")].`)}
	}
	var identities []sealed.Identity
	for _, element := range list.Elements() {
		one := *attribute
		one.Expr = hcl.StaticExpr(element, attribute.Expr.Range())
		place, more := decodeSecret(&one, block)
		diags = append(diags, more...)
		if place != nil {
			identities = append(identities, identityAt(*place, block))
		}
	}
	return identities, diags
}

func identityAt(place secret.Reference, block stateBlock) sealed.Identity {
	return sealed.Identity{Place: place.String(), Read: secret.LinesReader(place, block.getenv)}
}

func encryptionMistake(at hcl.Range, summary, detail string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &at, Extra: diag.SecretHere{}}
}
