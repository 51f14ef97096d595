package engine

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/parallel"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// Explanation says where what is at a place comes from.
type Explanation struct {
	Place place.Place // as ledgers have it
	// Origins are what holds the place, or would write it. More than one holds a
	// place after a block was renamed, and many hold one that slices share.
	Origins []Origin
	// Exists reports whether there is a file, and Directory that it is one.
	Exists, Directory bool
	// Damaged are the ledgers that cannot be read: one of them may hold the place
	// as well.
	Damaged []plan.Damaged
	// Nearest is the known place that is most like this one, where nothing
	// leads to it; empty where none is near.
	Nearest string
}

// Origin is one output of one report of one tenant for one slice.
type Origin struct {
	Key      ledger.Key
	Output   string
	From, To time.Time
	Label    string
	// Declared is where the report, tenant, window and output stand in the
	// configuration, those that do.
	Declared []Declaration

	Place place.Place
	// Held is the entry of the ledger, and Left one of a place that holds the
	// slice no longer; both are nil if the place is only declared.
	Held *ledger.Held
	Left *ledger.Left
	// Found says how the place differs from the entry; the zero Finding where
	// there is no entry, or nobody can tell.
	Found place.Finding

	// Reason is why the next apply writes the place; empty if it does not.
	Reason plan.Reason
	// Failed is the last try, where that did not complete.
	Failed *ledger.Failed
	// Lost and Waiting say why the slice cannot be pulled.
	Lost, Waiting *plan.Gap
	// LostAt is when the slice can no longer be had; zero for never.
	LostAt time.Time
	// Orphan says what is no longer declared, in the words of plan.Orphan.
	Orphan string
	// Protected reports that nothing deletes it.
	Protected bool
	// Unwanted says why no plan has the slice although the path is declared:
	// "ahead" (it has not begun), "before" (the tenant's since) or "expired" (keep).
	Unwanted string
}

// Declaration is a block of the configuration.
type Declaration struct {
	Address string
	Range   hcl.Range
}

// Explain says which configuration, slice and pull produced what is at a place,
// or would. The text is a path, absolute, relative to the configuration's
// directory, or as a ledger has it, or the text of a place that is no file. Every
// ledger is read: more than one may hold a place.
func (e *Engine) Explain(ctx context.Context, text string) (*Explanation, error) {
	s := &search{text: text}
	x := &Explanation{}
	s.places, x.Exists, x.Directory = e.archive.Locate(text)
	x.Place = s.places[0]
	s.near = nearest{path: x.Place.Text()}
	if err := e.origins(ctx, x, s); err != nil {
		return nil, err
	}
	for i := range x.Origins {
		if err := e.found(ctx, &x.Origins[i]); err != nil {
			return nil, err
		}
	}
	if err := e.declared(ctx, x, s); err != nil {
		return nil, err
	}
	nearest := s.near.best
	if len(x.Origins) == 0 {
		if err := e.unwanted(ctx, x, s); err != nil {
			return nil, err
		}
	}
	if len(x.Origins) == 0 {
		x.Nearest = nearest
	} else {
		x.Place = x.Origins[0].Place
	}
	return x, nil
}

// search is what somebody asks about.
type search struct {
	text   string
	places []place.Place // that the text may stand for as a path

	mu   sync.Mutex
	near nearest
}

// finds reports whether a place is the one that is asked about, and remembers one
// that is like it.
func (s *search) finds(p place.Place) bool {
	if slices.Contains(s.places, p) || !p.IsFile() && (p.Text() == s.text || p.String() == s.text) {
		return p.Stays()
	}
	if p.Stays() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.near.consider(p.String())
	}
	return false
}

// origins adds what holds the place.
func (e *Engine) origins(ctx context.Context, x *Explanation, s *search) error {
	keys, err := e.archive.Keys(ctx)
	if err != nil {
		return err
	}
	return e.archive.Each(ctx, keys, func(key ledger.Key, l *ledger.Ledger, err error) error {
		if d, ok := damagedBy(key, err); ok {
			x.Damaged = append(x.Damaged, d)
			return nil
		}
		if err != nil {
			return err
		}
		for h := range l.Held() {
			if s.finds(h.Place) {
				x.Origins = append(x.Origins, Origin{Key: key, Output: h.Output, From: h.From, To: h.To, Place: h.Place, Held: h, Protected: l.Protected})
			}
		}
		for i := range l.Left {
			if left := &l.Left[i]; s.finds(left.Place) {
				x.Origins = append(x.Origins, Origin{Key: key, Output: left.Output, From: left.From, To: left.To, Place: left.Place, Left: left, Protected: l.Protected})
			}
		}
		return nil
	})
}

// declared says of each origin how it is declared and what is planned, and
// adds those that nothing is held of. Paths are evaluated for all slices only
// where nothing that is still declared holds the file.
func (e *Engine) declared(ctx context.Context, x *Explanation, s *search) error {
	now := e.now().UTC()
	wants := e.wants(&PlanOptions{}, now)
	undeclared := e.wanted.Undeclared()
	for i := range x.Origins {
		o := &x.Origins[i]
		o.Declared, o.Orphan = e.declarations(o.Key, o.Output), undeclared(o.Key)
	}
	err := parallel.Do(ctx, len(wants), func(i int) error {
		var mine []*Origin
		for n := range x.Origins {
			if x.Origins[n].Key == wants[i].Key() {
				mine = append(mine, &x.Origins[n])
			}
		}
		return e.planned(ctx, &wants[i], now, mine...)
	})
	if err != nil || slices.ContainsFunc(x.Origins, func(o Origin) bool { return o.Orphan == "" }) {
		return err
	}
	var mu sync.Mutex
	var fresh []Origin
	err = parallel.Do(ctx, len(wants), func(i int) error {
		found, err := leading(&wants[i], s)
		if err != nil || found == nil {
			return err
		}
		found.Declared = e.declarations(found.Key, found.Output)
		if err := e.planned(ctx, &wants[i], now, found); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		fresh = append(fresh, *found)
		return nil
	})
	slices.SortFunc(fresh, func(a, b Origin) int {
		return cmp.Or(a.Key.Compare(b.Key), cmp.Compare(a.Output, b.Output), a.From.Compare(b.From))
	})
	x.Origins = append(fresh, x.Origins...)
	return err
}

// unwanted adds what would lead to the place if its slice had begun, or if its
// window kept slices for ever.
func (e *Engine) unwanted(ctx context.Context, x *Explanation, s *search) error {
	now := e.now().UTC()
	ahead := now.AddDate(0, 1, 0) // of slices without end
	wants := e.wants(&PlanOptions{}, now)
	var mu sync.Mutex
	return parallel.Do(ctx, len(wants), func(i int) error {
		want := &wants[i]
		if want.Window.Trailing() {
			return nil
		}
		want.Slices = append(want.Window.WithoutKeep().Named(ahead), want.Window.Sample())
		found, err := leading(want, s)
		if err != nil || found == nil {
			return err
		}
		slice := window.Slice{From: found.From, To: found.To}
		found.Declared, found.Label = e.declarations(found.Key, found.Output), want.Window.Label(slice)
		found.Unwanted = "expired"
		switch tenant := e.config.Tenant(address.Address(want.Tenant)); {
		case found.From.After(now):
			found.Unwanted = "ahead"
		case !slice.To.After(tenant.Since):
			found.Unwanted = "before"
		}
		mu.Lock()
		defer mu.Unlock()
		x.Origins = append(x.Origins, *found)
		return nil
	})
}

// planned says what a plan has to say of origins, all of one want.
func (e *Engine) planned(ctx context.Context, want *plan.Want, now time.Time, origins ...*Origin) error {
	if len(origins) == 0 {
		return nil
	}
	l, err := e.ledgers.Read(ctx, want.Key())
	if _, ok := damagedBy(want.Key(), err); ok {
		return nil // origins has said so
	}
	if err != nil {
		return err
	}
	part, err := e.part(ctx, want, l, now)
	if err != nil {
		return err
	}
	for _, o := range origins {
		if err := o.planned(want, &part, l); err != nil {
			return err
		}
	}
	return nil
}

// leading returns the first slice and output of a want that lead to what is
// searched for, or nil.
func leading(want *plan.Want, s *search) (*Origin, error) {
	for i := range want.Slices {
		slice := &want.Slices[i]
		for _, output := range want.Outputs {
			target, err := output.Resolve(slice)
			if err != nil {
				return nil, err
			}
			if s.finds(target.Place) {
				return &Origin{Key: want.Key(), Output: output.Output, From: slice.From, To: slice.To, Place: target.Place}, nil
			}
		}
	}
	return nil, nil
}

// planned says what a plan has to say of the origin.
func (o *Origin) planned(want *plan.Want, part *plan.Part, l *ledger.Ledger) error {
	slice := window.Slice{From: o.From, To: o.To}
	o.Label = want.Window.Label(slice)
	orphans := part.Orphans
	for i := range part.Deletions {
		orphans = append(orphans, part.Deletions[i].Orphan)
	}
	for i := range orphans {
		// What is left behind is of a slice that is declared, at another path.
		if orphan := &orphans[i]; orphan.Output == o.Output && orphan.From.Equal(o.From) && orphan.To.Equal(o.To) &&
			orphan.Place == o.Place {
			o.Orphan, o.Protected = orphan.Why, orphan.Protected
			return nil
		}
	}
	if o.Left != nil {
		return nil
	}
	for i := range part.Pulls {
		pull := &part.Pulls[i]
		// The one slice of a trailing window has moved: its pull replaces the file.
		if pull.From.Equal(o.From) && pull.To.Equal(o.To) || want.Window.Trailing() {
			for _, output := range pull.Outputs {
				if output.Output == o.Output {
					o.Reason = output.Reason
					if pull.Asks() && !pull.Relocates() {
						o.LostAt = want.LostAt(slice)
					}
				}
			}
		}
	}
	if o.Held == nil || o.Reason == plan.Failed {
		for i := range l.Failed {
			if f := &l.Failed[i]; f.Output == o.Output && f.From.Equal(o.From) && f.To.Equal(o.To) {
				o.Failed = f
			}
		}
	}
	lacking, err := o.lacking(want)
	if lacking && o.Reason == "" {
		o.Lost, o.Waiting = covering(part.Lost, o), covering(part.Waiting, o)
		if o.Lost == nil && want.Snapshot { // one of those that do not count
			o.Lost = &plan.Gap{From: o.From, To: o.To, Slices: 1, Why: plan.MissedSnapshot}
		}
	}
	return err
}

// lacking reports whether the origin does not hold the slice as it is declared:
// what a plan says of the slice may be of another output.
func (o *Origin) lacking(want *plan.Want) (bool, error) {
	if o.Held == nil || o.differs() || !o.Held.Final {
		return true, nil
	}
	for i := range want.Slices {
		s := &want.Slices[i]
		if !s.From.Equal(o.From) || !s.To.Equal(o.To) {
			continue
		}
		for _, output := range want.Outputs {
			if output.Output == o.Output {
				target, err := output.Resolve(s)
				return target.Place != o.Held.Place || !target.Defines(o.Held), err
			}
		}
	}
	return true, nil
}

func covering(gaps []plan.Gap, o *Origin) *plan.Gap {
	for i := range gaps {
		if !o.From.Before(gaps[i].From) && o.From.Before(gaps[i].To) {
			return &gaps[i]
		}
	}
	return nil
}

// declarations are the blocks behind an origin that the configuration has.
func (e *Engine) declarations(key ledger.Key, output string) []Declaration {
	var list []Declaration
	add := func(address address.Address, r hcl.Range) { list = append(list, Declaration{string(address), r}) }
	report := e.config.Report(address.Address(key.Report))
	if report != nil {
		add(report.Address, report.Range)
	}
	if t := e.config.Tenant(address.Address(key.Tenant)); t != nil {
		add(t.Address, t.Range)
	}
	if report != nil {
		add(report.Window.Address, report.Window.Range)
	}
	if o := e.config.Output(address.Address(output)); o != nil {
		add(o.Address, o.Range)
	}
	return list
}

// differs reports whether something else is found than what is recorded.
func (o *Origin) differs() bool { return o.Found.Condition != "" && o.Found.Condition != place.Intact }

// found compares what is at the place of an origin with its entry.
func (e *Engine) found(ctx context.Context, o *Origin) (err error) {
	switch {
	case o.Held != nil:
		o.Found, err = e.archive.Compare(ctx, o.Output, archive.Receipt(o.Held))
	case o.Left != nil:
		o.Found, err = e.archive.Compare(ctx, o.Output, outputs.Receipt{Place: o.Place, Rows: o.Left.Rows, Bytes: o.Left.Bytes, SHA256: o.Left.SHA256})
	}
	return err
}
