package ledgers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/cmd/reportform/internal/view/viewtest"
	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/place"
)

func TestScreens(t *testing.T) {
	viewtest.Screens(t, NewHuman, map[string]func(*Human){
		"show":         func(h *Human) { h.Ledgers(slices.Values(viewtest.Ledgers())) },
		"show-nothing": func(h *Human) { h.NothingHeld(); h.Ledgers(slices.Values([]*ledger.Ledger{})) },
		"show-long":    func(h *Human) { h.Ledgers(slices.Values(longLedgers())) },
		"state-rm-long": func(h *Human) {
			var list []Extent
			for _, l := range longLedgers() {
				list = append(list, ExtentOf(l))
			}
			h.Forgetting(list[:3], 0)
			h.Forgetting(list, 0)
		},
		"state-list": func(h *Human) { h.LedgerKeys([]ledger.Key{{Tenant: "tenant.a", Report: "report.b.c"}}) },
		"state-show": func(h *Human) {
			h.Ledger(viewtest.Ledgers()[0])
			h.Ledger(&ledger.Ledger{Tenant: "tenant.a", Report: "report.b.c"})
		},
		"state-show-table": func(h *Human) { h.Ledger(viewtest.TableLedger()) },
		"state-rm":         func(h *Human) { h.Forgetting(exampleExtents(), 1); h.Forgotten(4) },
		"state-mv": func(h *Human) {
			h.Moved("tenant.a", "tenant.b", exampleMoving(), true)
			h.Moved("output.csv.bi", "output.csv.sheets", &archive.Moving{From: exampleMoving().From, To: exampleMoving().From, Entries: 1}, false)
		},
		"state-pull": func(h *Human) { h.Document(viewtest.Ledgers()[2].Document()) },
		"state-push": func(h *Human) {
			h.Pushed(&archive.Pushed{Key: exampleMoving().From[0], Added: 1, Changed: 2, Removed: 3, Equal: 1234})
			h.Pushed(&archive.Pushed{Key: exampleMoving().From[0], Equal: 1})
		},
	})
}

func TestJSON(t *testing.T) {
	viewtest.Messages(t, NewJSON, map[string]func(*JSON){
		"show":       func(j *JSON) { j.Ledgers(slices.Values(viewtest.Ledgers())) },
		"show-table": func(j *JSON) { j.Ledgers(slices.Values([]*ledger.Ledger{viewtest.TableLedger()})) },
	})
}

// longLedgers have tenants with long names that differ in the middle, and
// others whose names cannot be shortened.
func longLedgers() (list []*ledger.Ledger) {
	for report, names := range map[string][]string{
		"report.sign_ins.interactive_failures": {"contoso-europe-north-subsidiary", "contoso-europe-south-subsidiary", "x"},
		"report.users.all":                     {"a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r", "a-B-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r", "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-Q-r", "a-b-c-d-e-f-g-h-I-j-k-l-m-n-o-p-q-r"},
	} {
		for _, name := range names {
			list = append(list, ledger.New(ledger.Key{Tenant: fmt.Sprintf("tenant.customer[%q]", name), Report: report}, ledger.Held{
				Output: "output.csv.bi", From: viewtest.Day(22), To: viewtest.Day(23), Place: "a.csv", Rows: 1_234_567, Bytes: 98_765_432_100,
			}.With(ledger.Proof{})))
		}
	}
	slices.SortStableFunc(list, func(a, b *ledger.Ledger) int { return strings.Compare(a.Report, b.Report) })
	return list
}

// What does not go to a terminal keeps its names.
func TestTableOfAPipe(t *testing.T) {
	s := viewtest.NewScreen()
	streams := s.Streams(false)
	streams.Out.Width = 0
	NewHuman(view.NewHuman(streams, s.Now)).Ledgers(slices.Values(longLedgers()))
	if !strings.Contains(s.String(), `  customer["contoso-europe-north-subsidiary"]  `) {
		t.Error(s.String())
	}
}

func exampleMoving() *archive.Moving {
	return &archive.Moving{
		From:    []ledger.Key{{Tenant: "tenant.a", Report: viewtest.FailedReport}, {Tenant: "tenant.a", Report: "report.users.all"}},
		To:      []ledger.Key{{Tenant: "tenant.b", Report: viewtest.FailedReport}, {Tenant: "tenant.b", Report: "report.users.all"}},
		Entries: 1234,
	}
}

func exampleExtents() (list []Extent) {
	for _, l := range viewtest.Ledgers() {
		list = append(list, ExtentOf(l))
	}
	return list
}

// Nothing that comes from outside acts on a terminal.
func TestNothingActsOnTheTerminal(t *testing.T) {
	const evil, evilKind = viewtest.Evil, "evil\x1b[2J"
	at := viewtest.Day(1)
	key := ledger.Key{Tenant: evil, Report: evil}
	held := ledger.Held{Output: evil, Place: evil, From: at, To: viewtest.Day(2)}.With(ledger.Proof{SHA256: evil})
	table := ledger.Held{Output: evil, Place: place.New(evilKind, "evil\x1b[2J", "evil\r"), From: at.AddDate(0, 0, 1), To: viewtest.Day(3)}.With(ledger.Proof{Promise: evil, Ack: evil})
	l := ledger.New(key, held, table)
	l.Failed = []ledger.Failed{{Output: evil, Error: evil + "\nmore " + evil}}
	l.Left = []ledger.Left{{Place: evil}}
	viewtest.Harmless(t, NewHuman, func(_ *viewtest.Screen, h *Human) {
		h.Ledgers(slices.Values([]*ledger.Ledger{l}))
		h.Ledger(l)
		h.LedgerKeys([]ledger.Key{key})
		h.Forgetting([]Extent{ExtentOf(l)}, 0)
		h.Moved(evil, evil, &archive.Moving{From: []ledger.Key{key}, To: []ledger.Key{{}}}, false)
		h.Pushed(&archive.Pushed{Key: key})
	})
}
