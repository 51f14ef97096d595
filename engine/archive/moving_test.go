package archive

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/store"
)

// all is every ledger, by key, as a document without its key.
func (s *shelf) all() map[ledger.Key]*ledger.Document {
	s.t.Helper()
	keys, err := s.Keys(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	all := map[ledger.Key]*ledger.Document{}
	for _, key := range keys {
		d := s.read(key)
		d.Tenant, d.Report = "", ""
		all[key] = d
	}
	return all
}

// What moves has the new address and is as it was; the rest stays.
func TestMove(t *testing.T) {
	one, two := ledger.Key{Tenant: `tenant.t["a$${b"]`, Report: "report.sign_ins.r"}, ledger.Key{Tenant: `tenant.t["c"]`, Report: "report.sign_ins.s"}
	for _, test := range []struct {
		source, destination string
		to                  []ledger.Key // of one and two
		entries             int
		output              string // that output.memory.m is then
	}{
		{"tenant.t", "tenant.u", []ledger.Key{{Tenant: `tenant.u["a$${b"]`, Report: one.Report}, {Tenant: `tenant.u["c"]`, Report: two.Report}}, 5, ""},
		{`tenant.t["c"]`, "tenant.c", []ledger.Key{one, {Tenant: "tenant.c", Report: two.Report}}, 2, ""},
		{"report.sign_ins.r", "report.sign_ins.q", []ledger.Key{{Tenant: one.Tenant, Report: "report.sign_ins.q"}, two}, 3, ""},
		{"output.memory.m", "output.memory.n", []ledger.Key{one, two}, 3, "output.memory.n"},
	} {
		t.Run(test.source, func(t *testing.T) {
			s := newShelf(t)
			s.record(one, s.put("output.ndjson.f", 1, "a", "a"), s.put("output.memory.m", 1, memoryAt("1"), "a"), s.put("output.memory.m", 2, memoryAt("2"), "a"))
			s.record(two, s.put("output.ndjson.f", 1, "b", "b"), s.put("output.memory.m", 1, memoryAt("3"), "c"))
			from, to := day(5)
			if err := s.ledgers.Update(t.Context(), two, func(l *ledger.Ledger) {
				l.Keeper = "k"
				l.Fail(ledger.Failed{Output: "output.memory.m", From: from, To: to, At: testNow, Error: "no"})
				l.Left = []ledger.Left{{Output: "output.memory.m", From: from, To: to, Place: memoryAt("left")}}
				l.Accepted = []ledger.Acceptance{{From: from, To: to, At: testNow, Reason: "known"}}
			}); err != nil {
				t.Fatal(err)
			}
			before := s.all()
			want := map[ledger.Key]*ledger.Document{test.to[0]: before[one], test.to[1]: before[two]}
			for _, d := range want {
				for i := range d.Held {
					rename(&d.Held[i].Output, test.output)
				}
				for i := range d.Failed {
					rename(&d.Failed[i].Output, test.output)
				}
				for i := range d.Left {
					rename(&d.Left[i].Output, test.output)
				}
			}
			m, err := s.PlanMove(t.Context(), test.source, test.destination)
			if err != nil || m.Entries != test.entries {
				t.Fatalf("%+v, %v", m, err)
			}
			for range 2 { // what was cut off is completed by doing it again
				if err := s.Move(t.Context(), test.source, test.destination, m); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, s.all()); diff != "" {
					t.Error(diff)
				}
			}
			if _, err := s.PlanMove(t.Context(), test.source, test.destination); err == nil || !strings.HasPrefix(err.Error(), "nothing is held under "+test.source) {
				t.Errorf("planned once more: %v", err)
			}
			if err := s.Move(t.Context(), test.destination, test.source, &Moving{From: m.To, To: m.From}); err != nil {
				t.Fatal(err)
			}
			if len(s.all()) != 2 {
				t.Errorf("moved back there are %d ledgers", len(s.all()))
			}
		})
	}
}

func rename(output *string, to string) {
	if *output == "output.memory.m" && to != "" {
		*output = to
	}
}

// Addresses that do not match are refused, and what stands at the destination is
// not replaced.
func TestPlanMoveRefuses(t *testing.T) {
	s := newShelf(t)
	for i := range 9 {
		key := ledger.Key{Tenant: fmt.Sprintf("tenant.t[%d]", i), Report: "report.sign_ins.r"}
		s.record(key, s.put("output.memory.m", 1, memoryAt(fmt.Sprint(i)), "a"))
		key.Tenant = fmt.Sprintf("tenant.u[%d]", i)
		s.record(key, s.put("output.memory.m", 1, memoryAt(fmt.Sprint("u", i)), "a"), s.put("output.memory.n", 1, memoryAt(fmt.Sprint("n", i)), "a"))
	}
	for _, test := range []struct{ source, destination, want string }{
		{"t", "tenant.u", "t cannot be moved"},
		{"tenant.t.u", "tenant.u", "cannot be moved"},
		{"report.sign_ins", "report.sign_ins.r", "cannot be moved"},
		{"tenant.t", "t", "only a tenant can become a tenant"},
		{"tenant.t", "report.sign_ins.r", "only a tenant can become a tenant"},
		{"report.sign_ins.r", "report.users.r", "stays of the type"},
		{"output.memory.m", "output.json.m", "stays of the type"},
		{"output.memory.m", "report.sign_ins.r", "only a tenant can become a tenant"},
		{"tenant.t", "tenant.t", "both the old and the new address"},
		{"tenant.v", "tenant.w", "nothing is held under tenant.v"},
		{"output.memory.v", "output.memory.w", "nothing is held under output.memory.v"},
		{"tenant.t", "tenant.u", "and so have 4 more"},
		{"output.memory.m", "output.memory.n", "nothing was moved: report.sign_ins.r of tenant.u[0]: output.memory.n has two entries"},
	} {
		if _, err := s.PlanMove(t.Context(), test.source, test.destination); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s to %s: %v, want %q", test.source, test.destination, err, test.want)
		}
	}
}

// A ledger without entries is in the way where it says anything of slices. The log
// of what was deleted does not: it outlives the ledger, and both logs are kept.
func TestMoveOntoALedgerWithoutEntries(t *testing.T) {
	from, to := day(5)
	for name, test := range map[string]struct {
		says   func(*ledger.Ledger)
		taken  bool
		logged int
	}{
		"its keeper": {says: func(l *ledger.Ledger) { l.Keeper = "k" }},
		"a loss that is accepted": {says: func(l *ledger.Ledger) {
			l.Accepted = []ledger.Acceptance{{From: from, To: to, At: testNow, Reason: "known"}}
		}, taken: true},
		"what was deleted": {says: func(l *ledger.Ledger) {
			l.Deleted = []ledger.Deletion{{Output: "output.memory.m", From: from, To: to, Place: memoryAt("0"), At: testNow}}
		}, logged: 1},
		"how far the service reaches": {says: func(l *ledger.Ledger) { l.Reach = &ledger.Reach{Span: 1, At: testNow} }, taken: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			s.record(keyOf(1), s.put("output.memory.m", 1, memoryAt("1"), "a"))
			if err := s.ledgers.Update(t.Context(), keyOf(2), test.says); err != nil {
				t.Fatal(err)
			}
			m, err := s.PlanMove(t.Context(), keyOf(1).Tenant, keyOf(2).Tenant)
			if test.taken {
				if err == nil || !strings.Contains(err.Error(), "has a ledger already, with other entries") {
					t.Errorf("%v", err)
				}
				return
			}
			if err == nil {
				err = s.Move(t.Context(), keyOf(1).Tenant, keyOf(2).Tenant, m)
			}
			if d := s.read(keyOf(2)); err != nil || len(s.all()) != 1 || len(d.Held) != 1 || len(d.Deleted) != test.logged {
				t.Errorf("%v, %v", s.all(), err)
			}
		})
	}
}

func TestMoveSaysHowFarItIs(t *testing.T) {
	s := newShelf(t)
	s.record(keyOf(1), s.put("output.memory.m", 1, memoryAt("1"), "a"))
	s.record(keyOf(2), s.put("output.memory.m", 1, memoryAt("2"), "a"))
	m := &Moving{From: []ledger.Key{keyOf(1)}, To: []ledger.Key{keyOf(2)}} // taken since it was planned
	err := s.Move(t.Context(), keyOf(1).Tenant, keyOf(2).Tenant, m)
	if err == nil || !strings.Contains(err.Error(), "0 of 1 ledgers are moved, the others are as they were; do it again to complete it") || !strings.Contains(err.Error(), store.ErrExists.Error()) {
		t.Errorf("%v", err)
	}
	if len(s.all()) != 2 {
		t.Errorf("%d ledgers", len(s.all()))
	}
}
