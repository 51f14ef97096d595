package plan

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// HazardKind says what a hazard is, as a stable word.
type HazardKind string

// The hazards that are asked for: what is not allowed is held back.
const (
	DeletesIrrecoverable HazardKind = "deletes_irrecoverable" // what the service has no longer, or a keep that is new or shorter
	RemovesTenant        HazardKind = "removes_tenant"        // everything of a tenant that is no longer declared
	AllFilesMissing      HazardKind = "all_files_missing"     // of an output, as when a disk is not mounted
	ExceedsBudget        HazardKind = "exceeds_budget"        // more pulls, or more requests, than anybody means
)

// The hazards that are shown and not asked for.
const (
	LosesSoon     HazardKind = "loses_soon"     // the service does not have the slices much longer
	ReplacesFiles HazardKind = "replaces_files" // of another definition, or altered by somebody
	Refetches     HazardKind = "refetches"      // what was held already
)

// Hazards returns the kinds that are asked for, in the order in which they are
// shown.
func Hazards() []HazardKind {
	return []HazardKind{DeletesIrrecoverable, RemovesTenant, AllFilesMissing, ExceedsBudget}
}

// Asks reports whether a hazard is asked for.
func (k HazardKind) Asks() bool { return slices.Contains(Hazards(), k) }

// Hazard warns of what a plan does that cannot be undone or costs much.
type Hazard struct {
	Kind HazardKind `json:"hazard"`
	// About are addresses, in order: of the tenants that are removed, the outputs
	// whose files are missing, the reports that exceed the budget.
	About []string `json:"about,omitempty"`
	// Pulls and Deletions count what is held back unless the hazard is allowed,
	// and Bytes is the size of what is deleted.
	Pulls     int   `json:"pulls,omitempty"`
	Deletions int   `json:"deletions,omitempty"`
	Bytes     int64 `json:"bytes,omitempty"`
}

const (
	// allMissing is how many files of an output are missing at least for the
	// output itself to be thought missing.
	allMissing = 8
	// A plan of more pulls, or of requests for more time, is hardly meant.
	mostPulls = 100_000
	mostTime  = 24 * time.Hour
)

// Assess finds the hazards of a plan whose estimate is made. parts are what
// Subtract made of the wants.
func (p *Plan) Assess(wants []Want, parts []Part) {
	missing := missingOutputs(wants, parts)
	for i := range p.Deletions {
		if d := &p.Deletions[i]; missing[d.Output] {
			d.Hazards = append(d.Hazards, AllFilesMissing)
		}
	}
	excessive := p.excessive(wants, parts)
	found := map[HazardKind]*Hazard{}
	of := func(k HazardKind) *Hazard {
		if found[k] == nil {
			found[k] = &Hazard{Kind: k}
		}
		return found[k]
	}
	var kinds []HazardKind
	for i := range p.Pulls {
		kinds = p.Pulls[i].hazards(kinds[:0], p.Now, missing, excessive)
		for _, k := range kinds {
			of(k).Pulls++
		}
	}
	removed := map[string]bool{}
	for i := range p.Deletions {
		d := &p.Deletions[i]
		for _, k := range d.Hazards {
			of(k).Deletions++
			of(k).Bytes += d.Bytes
			if k == RemovesTenant {
				removed[d.Tenant] = true
			}
		}
	}
	for kind, about := range map[HazardKind]map[string]bool{RemovesTenant: removed, AllFilesMissing: missing, ExceedsBudget: excessive} {
		if found[kind] != nil {
			found[kind].About = slices.Sorted(maps.Keys(about))
		}
	}
	p.Hazards = nil
	for _, kind := range append(Hazards(), LosesSoon, ReplacesFiles, Refetches) {
		if h := found[kind]; h != nil {
			p.Hazards = append(p.Hazards, *h)
		}
	}
}

// hazards appends those of a pull, each once.
func (p *Pull) hazards(kinds []HazardKind, now time.Time, missing, excessive map[string]bool) []HazardKind {
	asks := p.Asks()
	if asks && excessive[p.Report] {
		kinds = append(kinds, ExceedsBudget)
	}
	if asks && !p.LostAt.IsZero() && p.LostAt.Sub(now) <= Soon {
		kinds = append(kinds, LosesSoon)
	}
	var gone, replaces, again bool
	for i := range p.Outputs {
		o := &p.Outputs[i]
		gone = gone || missing[o.Output]
		replaces = replaces || o.Reason == Changed || o.Reason == Altered
		again = again || asks && (o.Reason == Changed || o.Reason == Altered || o.Reason == Missing)
	}
	if gone {
		kinds = append(kinds, AllFilesMissing)
	}
	if replaces {
		kinds = append(kinds, ReplacesFiles)
	}
	if again {
		kinds = append(kinds, Refetches)
	}
	return kinds
}

// missingOutputs are the outputs of which nothing is there any more of what was
// looked at, and that was not little.
func missingOutputs(wants []Want, parts []Part) map[string]bool {
	sums := map[string]sight{}
	for i := range parts {
		for n, s := range parts[i].sights {
			output := wants[i].Outputs[n].Output
			sums[output] = sight{sums[output].looked + s.looked, sums[output].missing + s.missing}
		}
	}
	outputs := map[string]bool{}
	for output, s := range sums {
		if s.missing >= allMissing && s.missing == s.looked {
			outputs[output] = true
		}
	}
	return outputs
}

// sight is what was seen of an output's held slices.
type sight struct{ looked, missing int }

// excessive are the reports without which the plan would not exceed the budget:
// the largest ones, as few as do.
func (p *Plan) excessive(wants []Want, parts []Part) map[string]bool {
	reports := map[string]bool{}
	pulls, requests := map[string]float64{}, map[string]float64{}
	types := typeDensities{}
	long := p.Estimate != nil && p.Estimate.Time > mostTime
	if long {
		types = densities(wants, parts)
	}
	for i := range parts {
		w, want := &parts[i].work, &wants[i]
		if w.pulls == 0 {
			continue
		}
		pulls[want.Report] += float64(w.pulls)
		if long {
			d, n := types.of(want, &w.sample), float64(w.pulls)
			requests[want.Report] += d.asked(want.PageSize, n, w.span.Seconds(), d.events(want.Snapshot, n, w.span.Seconds()))
		}
	}
	largest(reports, pulls, mostPulls)
	if long {
		total := 0.0
		for _, n := range requests {
			total += n
		}
		largest(reports, requests, total*float64(mostTime)/float64(p.Estimate.Time))
	}
	return reports
}

// largest adds the reports with the largest numbers, until the others are no more
// than most together.
func largest(reports map[string]bool, numbers map[string]float64, most float64) {
	rest := 0.0
	for _, n := range numbers {
		rest += n
	}
	names := slices.SortedFunc(maps.Keys(numbers), func(a, b string) int {
		return cmp.Or(cmp.Compare(numbers[b], numbers[a]), cmp.Compare(a, b))
	})
	for _, name := range names {
		if rest <= most {
			return
		}
		reports[name] = true
		rest -= numbers[name]
	}
}

// Permitted returns the plan without what its hazards hold back, and those
// hazards: all that are asked for and neither allowed nor among p.Allowed.
func (p *Plan) Permitted(allowed []HazardKind) (*Plan, []Hazard) {
	may := func(k HazardKind) bool {
		return !k.Asks() || slices.Contains(allowed, k) || slices.Contains(p.Allowed, k)
	}
	var back []Hazard
	barred := map[HazardKind][]string{}
	for _, h := range p.Hazards {
		if !may(h.Kind) {
			back = append(back, h)
			barred[h.Kind] = h.About
		}
	}
	rest := *p
	rest.Deletions = slices.DeleteFunc(slices.Clone(p.Deletions), func(d Deletion) bool {
		return slices.ContainsFunc(d.Hazards, func(k HazardKind) bool { return !may(k) })
	})
	if barred[AllFilesMissing] == nil && barred[ExceedsBudget] == nil {
		return &rest, back
	}
	rest.Pulls = make([]Pull, 0, len(p.Pulls))
	for _, pull := range p.Pulls {
		if pull.Asks() && slices.Contains(barred[ExceedsBudget], pull.Report) {
			continue
		}
		isBarred := func(o PullOutput) bool { return slices.Contains(barred[AllFilesMissing], o.Output) }
		if slices.ContainsFunc(pull.Outputs, isBarred) {
			pull.Outputs = slices.DeleteFunc(slices.Clone(pull.Outputs), isBarred)
		}
		if len(pull.Outputs) > 0 {
			rest.Pulls = append(rest.Pulls, pull)
		}
	}
	return &rest, back
}
