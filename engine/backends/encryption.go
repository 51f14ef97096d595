package backends

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
func takeEncryption(b *block) (*sealed.Options, hcl.Diagnostics) {
	content, rest, diags := b.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "encryption"}}})
	diags = diag.Unquoted(diags)
	state := *b.State
	state.Body = rest
	b.State = &state
	if content == nil || len(content.Blocks) == 0 {
		return nil, diags
	}
	found := content.Blocks[0]
	for _, other := range content.Blocks[1:] {
		diags = append(diags, encryptionMistake(other.DefRange, "Declared twice",
			fmt.Sprintf("There is already an encryption block at %s. To replace a key, put the old one into old_identities.", found.DefRange)))
	}
	var body encryptionBlock
	diags = append(diags, diag.Unquoted(gohcl.DecodeBody(found.Body, b.EvalCtx, &body))...)
	if diags.HasErrors() {
		return nil, diags
	}

	var options sealed.Options
	identity, more := decodeSecret(body.Identity, *b)
	diags = append(diags, more...)
	if identity != nil {
		options.Identities = append(options.Identities, identityAt(*identity, *b))
	} else if !more.HasErrors() {
		diags = append(diags, encryptionMistake(found.DefRange, "Missing identity",
			`The encryption block does not say where its key is found. Make one with age-keygen -o age-key.txt, and write identity = secret_file("age-key.txt").`))
	}
	old, more := decodeOldIdentities(body.OldIdentities, *b)
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
func decodeOldIdentities(attribute *hcl.Attribute, b block) ([]sealed.Identity, hcl.Diagnostics) {
	if attribute == nil {
		return nil, nil
	}
	list, diags := attribute.Expr.Value(b.EvalCtx)
	if diags.HasErrors() {
		return nil, diag.Unquoted(diags)
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
		place, more := decodeSecret(&one, b)
		diags = append(diags, more...)
		if place != nil {
			identities = append(identities, identityAt(*place, b))
		}
	}
	return identities, diags
}

func identityAt(place secret.Reference, b block) sealed.Identity {
	return sealed.Identity{Place: place.String(), Read: secret.LinesReader(place, b.getenv)}
}

func encryptionMistake(at hcl.Range, summary, detail string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &at, Extra: diag.SecretHere{}}
}
