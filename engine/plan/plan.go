// Package plan subtracts: for every (tenant, report, output) the wanted slices
// less the held ones are the pulls to do. It is pure: no files, no clock, no
// network, no goroutine.
package plan

import (
	"slices"
	"time"

	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/place"
)

// FormatVersion is the version of a saved plan. Those of version 1 have no digest:
// they are shown, and not carried out.
const FormatVersion = 2

// Reason says why a pull is planned, as a stable word.
type Reason string

// The reasons.
const (
	New     Reason = "new"     // not held
	Derived Reason = "derived" // not held, and made from what another output holds
	Open    Reason = "open"    // held, but fetched before the slice was final
	Moved   Reason = "moved"   // a trailing window whose bounds have moved
	Revisit Reason = "revisit" // held, and the time of its second reading has come
	Changed Reason = "changed" // held under another definition, or at another place from where it cannot be moved
	Missing Reason = "missing" // what was held is gone
	Altered Reason = "altered" // what is there differs from the ledger
	Failed  Reason = "failed"  // the last try did not complete

	Relocated Reason = "relocated" // held at another place, from where it is moved
)

// Header is what the pulls of a plan have in common. It is plain data.
type Header struct {
	Version       int       `json:"version"`
	Tool          string    `json:"reportform_version"`
	Configuration string    `json:"configuration"` // digest
	Now           time.Time `json:"now"`
	// FilesTrusted reports that no held file was looked at: all were taken to be
	// as the ledgers have them.
	FilesTrusted bool `json:"files_trusted,omitempty"`
	// Narrowed reports that the plan is of a selection: what else the
	// configuration declares was not compared.
	Narrowed bool `json:"narrowed,omitempty"`
}

// Plan is what has to be done.
type Plan struct {
	Header
	// Pulls is in order of report, tenant and slice; those that relocate come last of
	// their report and tenant, in order of output and slice.
	Pulls []Pull `json:"pulls"`
	// Deletions are what the plan removes: slices that have expired, and orphans
	// where it prunes.
	Deletions []Deletion `json:"deletions,omitempty"`
	// Orphans are reported and kept.
	Orphans []Orphan `json:"orphans,omitempty"`
	// Protections are what ledgers have to note of the protection of what they hold.
	Protections []Protection `json:"protections,omitempty"`
	// Prune reports that orphans are deleted.
	Prune bool `json:"prune,omitempty"`
	// Hazards are what the plan warns of, and Allowed the kinds that whoever made
	// it has allowed.
	Hazards []Hazard     `json:"hazards,omitempty"`
	Allowed []HazardKind `json:"allowed,omitempty"`
	Lost    []Gap        `json:"lost,omitempty"`
	Waiting []Gap        `json:"waiting,omitempty"`
	// Ahead is what has no slices yet.
	Ahead []Ahead `json:"ahead,omitempty"`
	// Held counts the (output, slice) pairs that need nothing.
	Held int `json:"held"`
	// KeptElsewhere counts the ledgers of undeclared tenants and reports that
	// another configuration keeps in the same state. They are none of this plan's.
	KeptElsewhere int `json:"kept_elsewhere,omitempty"`
	// Clock is set where this machine's clock and the services' are known to differ.
	Clock *Clock `json:"clock,omitempty"`
	// Damaged are the ledgers that cannot be read: what they hold is unknown, so
	// that their reports of their tenants are left out.
	Damaged []Damaged `json:"damaged,omitempty"`
	// Estimate is what the pulls take; nil without pulls.
	Estimate *Estimate `json:"estimate,omitempty"`
	// Schedules are those that cannot hold.
	Schedules []Schedule `json:"schedules,omitempty"`
	// Warnings say what works here and would not elsewhere, one of an output.
	Warnings []Warning `json:"warnings,omitempty"`
	// Digest is that of everything else in a saved plan; empty otherwise.
	Digest string `json:"digest"`
}

// Warning is a sentence about an output, for people.
type Warning struct {
	Output string `json:"output"` // address
	Text   string `json:"text"`
}

// Pull is the unit of work: one report of one tenant for one slice, into the
// outputs that lack it. It is plain data.
type Pull struct {
	Tenant string    `json:"tenant"` // address
	Report string    `json:"report"` // address
	Type   string    `json:"type"`   // report type
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Label  string    `json:"label"` // of the slice
	Date   string    `json:"date"`
	Final  bool      `json:"final"` // the slice has settled
	// Revisit reports that the slice's second reading is due or past.
	Revisit bool `json:"revisit,omitempty"`
	// Clock is what the pull was planned by where the service is known to be behind
	// the plan's clock; zero for the plan's.
	Clock time.Time `json:"clock,omitzero"`
	// LostAt is when the service will have the slice no longer; zero if it
	// keeps it for ever.
	LostAt  time.Time    `json:"lost_at,omitzero"`
	Outputs []PullOutput `json:"outputs"`
	// Source, if set, is what the outputs are made from: the pull
	// asks the service for nothing.
	Source *Source `json:"source,omitempty"`
}

// Same reports whether two pulls are one: of one slice, into the same outputs.
func (p *Pull) Same(other *Pull) bool {
	return p == other || p.Tenant == other.Tenant && p.Report == other.Report && p.From.Equal(other.From) && p.To.Equal(other.To) &&
		slices.EqualFunc(p.Outputs, other.Outputs, func(a, b PullOutput) bool { return a.Output == b.Output && a.From == b.From })
}

// Source is the intact place of another output that holds a pull's events
// unchanged.
type Source struct {
	Output string      `json:"output"` // address
	Place  place.Place `json:"path"`   // as in the ledger
	SHA256 string      `json:"sha256"`
}

// PullOutput is one output of a pull.
type PullOutput struct {
	Output     string      `json:"output"` // address
	Reason     Reason      `json:"reason"`
	Place      place.Place `json:"path"` // as in the ledger
	Definition string      `json:"definition"`
	// From is where what is Relocated is held, and Via where it waits for its place
	// to be free; empty for what does not have to. Leaves are the places at which
	// relocations that were cut off have left it.
	From   place.Place   `json:"from_path,omitempty"`
	Via    place.Place   `json:"via_path,omitempty"`
	Leaves []place.Place `json:"leaves_paths,omitempty"`
}

// Damaged is a ledger that cannot be read.
type Damaged struct {
	Tenant string `json:"tenant"`
	Report string `json:"report"`
	// Why says what is wrong and what to do, in words.
	Why string `json:"why"`
}

func (d *Damaged) Error() string {
	return "the ledger of " + d.Report + " for " + d.Tenant + " cannot be read: " + d.Why
}

// Gap is a run of consecutive slices that are wanted, not held and cannot be
// pulled now.
type Gap struct {
	Tenant string    `json:"tenant"`
	Report string    `json:"report"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	// First and Last are the labels of the first and the last slice; empty in
	// plans that were saved without them.
	First  string `json:"first,omitempty"`
	Last   string `json:"last,omitempty"`
	Slices int    `json:"slices"`
	// Why is a sentence for people: retention, a missed snapshot, not yet settled.
	Why string `json:"why"`
	// Kept reports that the outputs hold lost slices all the same, if not as
	// they are declared now.
	Kept bool `json:"kept,omitempty"`
	// Until is when a waiting slice can be pulled; zero for a lost one.
	Until time.Time `json:"until,omitzero"`
	// LostAt is when the first of lost slices is lost, where that is still to come:
	// it will not have settled. Zero for slices that the service has no longer.
	LostAt time.Time `json:"lost_at,omitzero"`
}

// Ahead is a report that begins in the future, for some tenants.
type Ahead struct {
	Report  string    `json:"report"`
	Begins  time.Time `json:"begins"`
	Tenants []string  `json:"tenants"` // addresses
}

// AheadOf returns which of the wants have no slices because they begin after now.
func AheadOf(wants []Want, now time.Time) []Ahead {
	var list []Ahead
	for i := range wants {
		w := &wants[i]
		if len(w.Slices) > 0 || !w.Begins.After(now) {
			continue
		}
		n := slices.IndexFunc(list, func(a Ahead) bool { return a.Report == w.Report && a.Begins.Equal(w.Begins) })
		if n < 0 {
			n, list = len(list), append(list, Ahead{Report: w.Report, Begins: w.Begins.UTC()})
		}
		list[n].Tenants = append(list[n].Tenants, w.Tenant)
	}
	return list
}

// gapOf is the gap that one slice of a want makes, for a reason to be given.
func gapOf(want *Want, slice *window.Named) Gap {
	return Gap{
		Tenant: want.Tenant, Report: want.Report, From: slice.From, To: slice.To,
		First: slice.Label, Last: slice.Label, Slices: 1,
	}
}

// lengthen takes in the slices of a gap that follows at once.
func (g *Gap) lengthen(next *Gap) {
	g.To, g.Last, g.Slices = next.To, next.Last, g.Slices+next.Slices
}
