package lang_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/config/lang/variables"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/diag"
)

// A language of its own, with nothing of the program's: shelves, books that
// stand on them and have a body for others, and readers.

func rootSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "variable", LabelNames: []string{"name"}},
		{Type: "locals"},
		{Type: "shelf", LabelNames: []string{"name"}},
		{Type: "book", LabelNames: []string{"type", "name"}},
		{Type: "reader", LabelNames: []string{"name"}},
		{Type: "door", LabelNames: []string{"name"}},
	}}
}

func shelfSchema() *hcl.BodySchema {
	return &hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "room", Required: true}, {Name: "boards"}, {Name: "labels"}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: "lamp"}},
	}
}

func lampSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "watts"}}}
}

func readerSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "shelf"}, {Name: "books"}}}
}

// library is what a source declares, one line a block that was decoded.
type library struct {
	lines []string
	diags []string
}

func (l *library) add(format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func load(t *testing.T, src string) *library {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(src), "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	shelf := &lang.Kind{Name: "shelf", Example: "shelf.tall", Labels: 1, Object: map[string]cty.Type{"room": cty.String}}
	book := &lang.Kind{Name: "book", Example: "book.novel.emma", Labels: 2, Body: &lang.Body{
		Secret: true, Filled: []string{"page"},
		Instead: map[string]lang.Refusal{"shelf": {Summary: "No shelves", Detail: "Books are moved."}},
	}}
	reader := &lang.Kind{Name: "reader", Labels: 1, Last: true}
	scope := &lang.Scope{
		Kinds:     []*lang.Kind{shelf, book, reader},
		Path:      cty.EmptyObjectVal,
		Functions: map[string]function.Function{"toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType))},
		Elsewhere: map[string]lang.Refusal{"page": {Summary: "No page", Detail: "Pages are in books."}},
	}
	content, diags := file.Body.Content(rootSchema())
	if diags.HasErrors() {
		scope.Hidden.Note(file.Body, rootSchema())
	}
	take := func(d hcl.Diagnostics) { diags = append(diags, d...) }
	for _, k := range scope.Kinds {
		for _, block := range content.Blocks.OfType(k.Name) {
			take(k.Declare(block))
		}
	}
	declared, d := variables.Declare(content.Blocks.OfType("variable"), &scope.Hidden)
	take(d)
	scope.Variables, d = declared.Values()
	take(d)
	take(scope.DeclareLocals(content.Blocks.OfType("locals")))
	take(declared.Validate(scope))

	found := &library{}
	shelves, books := map[address.Address]string{}, map[address.Address]string{}
	take(scope.Decode(shelf, shelfSchema(), func(i *lang.Instance) map[string]cty.Value {
		room, _ := i.NonEmpty("room")
		boards, _ := i.Integer("boards", 1, 9)
		watts := 0
		for _, block := range i.Blocks() {
			i.Nested(block, lampSchema(), func(a *lang.Attributes) { watts, _ = a.Integer("watts", 1, 99) })
		}
		shelves[i.Address] = room
		found.add("%s in %s, %d boards, %d W", i.Address, room, boards, watts)
		if i.Broken() {
			return map[string]cty.Value{"room": cty.UnknownVal(cty.String)}
		}
		return map[string]cty.Value{"room": cty.StringVal(room)}
	}))
	take(scope.Decode(book, &hcl.BodySchema{}, func(i *lang.Instance) map[string]cty.Value {
		_, hclCtx, ok := i.Body()
		books[i.Address] = i.Name
		found.add("%s, %t, knows shelves: %t", i.Address, ok, hclCtx.Variables["shelf"] != cty.NilVal)
		return nil
	}))
	take(scope.Decode(reader, readerSchema(), func(i *lang.Instance) map[string]cty.Value {
		room, _ := lang.One(i, "shelf", shelf, shelves)
		names := lang.Many(i, "books", book, books).Distinct(func(name string) address.Address { return address.Address(name) })
		found.add("%s at %q with %v", i.Address, room, names)
		return nil
	}))
	for _, block := range content.Blocks.OfType("door") {
		hclCtx, ok, d := scope.OwnContext("door", block.Body)
		take(d)
		found.add("door %s, %t, knows shelves: %t", block.Labels[0], ok, hclCtx.Variables["shelf"] != cty.NilVal)
	}
	for _, d := range lang.Tidy(diags) {
		secret := ""
		if _, marked := hcl.DiagnosticExtra[diag.SecretHere](d); marked {
			secret = " (secret)"
		}
		found.diags = append(found.diags, fmt.Sprintf("%d%s %s: %s", d.Subject.Start.Line, secret, d.Summary, d.Detail))
	}
	return found
}

func TestLanguageOfItsOwn(t *testing.T) {
	for name, test := range map[string]struct {
		src         string
		want, diags []string
	}{
		"for_each, locals, references": {
			src: `
			variable "rooms" { default = ["attic", "hall"] }
			locals {
			  there = shelf.tall["hall"].room
			  both  = [book.novel.emma, book.atlas.world]
			}
			shelf "tall" {
			  for_each = toset(var.rooms)
			  room     = each.key
			  boards   = 5
			  lamp { watts = 40 }
			}
			book "novel" "emma" { pages = page.count }
			book "atlas" "world" { room = local.there }
			reader "ann" {
			  shelf = shelf.tall["attic"]
			  books = [local.both, book.novel.emma]
			}
			door "front" { key = local.there }`,
			want: []string{
				"shelf.tall[\"attic\"] in attic, 5 boards, 40 W", "shelf.tall[\"hall\"] in hall, 5 boards, 40 W",
				"book.novel.emma, true, knows shelves: false", "book.atlas.world, true, knows shelves: false",
				"reader.ann at \"attic\" with [emma world]", "door front, true, knows shelves: true",
			},
		},
		"where names do not belong": {
			src: `
			shelf "low" {
			  room   = page.count
			  boards = book.novel.emma.name
			}
			book "novel" "emma" { place = shelf.low.room }
			book "atlas" "world" { other = book.novel.emma }
			reader "ann" { books = [book.novel.ema, reader.ann] }
			door "front" { key = reader.ann }`,
			want: []string{
				"shelf.low in , 0 boards, 0 W", "book.novel.emma, false, knows shelves: false", "book.atlas.world, false, knows shelves: false",
				"reader.ann at \"\" with []", "door front, false, knows shelves: true",
			},
			diags: []string{
				"3 No page: Pages are in books.",
				"4 Not known here: A shelf block cannot refer to a book. Blocks are read in this order, and know those before them: shelfs, books, then readers.",
				"6 (secret) No shelves: Books are moved.",
				"7 (secret) Not known here: The attributes of a book block cannot refer to a book: they know var, local, each and path.",
				"8 Unknown book: There is no book \"novel\" \"ema\" in this configuration. Did you mean \"emma\"?",
				"8 Readers cannot be referred to: Nothing can refer to a reader.",
				"9 Readers cannot be referred to: Nothing can refer to a reader.",
			},
		},
		"a local that refers to what nothing can refer to": {
			src: `
			locals { who = reader.ann }
			shelf "low" {
			  room   = "cellar"
			  boards = local.who
			}
			reader "ann" {}`,
			want:  []string{"shelf.low in cellar, 0 boards, 0 W", "reader.ann at \"\" with []"},
			diags: []string{"2 Readers cannot be referred to: Nothing can refer to a reader."},
		},
		"an instance's own mistakes name it, a shared one comes once, what depends on it is silent": {
			src: `
			shelf "tall" {
			  for_each = { a = 1, b = 20, c = 30 }
			  room     = true ? "" : "x"
			  boards   = each.value
			  labels   = var.none
			  lamp { watts = each.value * 5 }
			}
			reader "ann" { shelf = shelf.tall["a"].room }
			reader "bob" { shelf = shelf.tall }`,
			want: []string{
				"shelf.tall[\"a\"] in , 1 boards, 5 W", "shelf.tall[\"b\"] in , 0 boards, 0 W", "shelf.tall[\"c\"] in , 0 boards, 0 W",
				"reader.ann at \"\" with []", "reader.bob at \"\" with []",
			},
			diags: []string{
				"4 Empty value: \"room\" must not be empty.",
				"5 Number out of range: shelf.tall[\"b\"]: \"boards\" is a whole number from 1 to 9.",
				"5 Number out of range: shelf.tall[\"c\"]: \"boards\" is a whole number from 1 to 9.",
				"7 Number out of range: shelf.tall[\"b\"]: \"watts\" is a whole number from 1 to 99.",
				"7 Number out of range: shelf.tall[\"c\"]: \"watts\" is a whole number from 1 to 99.",
				"10 Unsuitable reference: \"shelf\" takes one shelf, and this is 3 of them. Choose one by its key, such as shelf.tall[\"a\"].",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := load(t, test.src)
			if diff := cmp.Diff(test.want, got.lines); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(test.diags, got.diags); diff != "" {
				t.Errorf("diagnostics, -want +got:\n%s", diff)
			}
		})
	}
}

// TestAttributesOfNoInstance reads attributes in a context in which each stands
// for something else than an instance.
func TestAttributesOfNoInstance(t *testing.T) {
	file, diags := hclsyntax.ParseConfig([]byte("watts = each.key\n"), "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	content, _ := file.Body.Content(lampSchema())
	hclCtx := &hcl.EvalContext{Variables: map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": cty.NumberIntVal(100)})}}
	a := lang.NewAttributes(content, lampSchema(), hclCtx)
	if _, ok := a.Integer("watts", 1, 99); ok || len(a.Diagnostics()) != 1 || a.Diagnostics()[0].Detail != `"watts" is a whole number from 1 to 99.` {
		t.Errorf("%t, %v", ok, a.Diagnostics())
	}
}
