package archive

import (
	"fmt"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/term"
)

// A calendar shows coverage as one mark a day and one row a month. Slices that
// are shorter than a day share its mark, which is that of the worst; longer
// ones have the same mark on each of their days.

// mark is what a calendar shows of a day. The larger counts where slices of a
// day differ.
type mark int

const (
	noMark mark = iota // not wanted
	heldMark
	waitingMark
	openMark
	lostMark
	missingMark
	soonMark // missing, and lost soon
)

// marks are the letters of the marks and what they say, in order of weight.
func marks() []struct{ letter, text string } {
	return []struct{ letter, text string }{
		noMark:      {" ", ""},
		heldMark:    {".", "held, by every output of the report"},
		waitingMark: {"w", "waiting: not settled yet"},
		openMark:    {"o", "open: held, and to be read once more"},
		lostMark:    {"L", "lost: cannot be fetched any more"},
		missingMark: {"M", "missing: apply fetches it"},
		soonMark:    {"!", "missing, and lost within 7 days"},
	}
}

// colored is the letter of a mark.
func colored(p *term.Printer, m mark) term.Styled {
	letter := marks()[m].letter
	switch m {
	case soonMark, lostMark:
		return p.Red(letter)
	case missingMark:
		return p.Yellow(letter)
	case heldMark:
		return p.Green(letter)
	}
	return p.Cyan(letter)
}

// markOf is the mark of the slices of a run.
func markOf(r *plan.Run) mark {
	switch r.Status {
	case plan.StatusHeld:
		return heldMark
	case plan.StatusWaiting:
		return waitingMark
	case plan.StatusOpen:
		return openMark
	case plan.StatusLost:
		return lostMark
	}
	if r.Soon {
		return soonMark
	}
	return missingMark
}

// month is one row of a calendar.
type month struct {
	year  int
	month time.Month
	days  [32]mark // from 1
}

func (m *month) label() string { return fmt.Sprintf("%04d-%02d", m.year, m.month) }

// uniform returns the mark of all days that have one, or noMark where they differ.
func (m *month) uniform() mark {
	all := noMark
	for _, d := range m.days {
		switch {
		case d == noMark || d == all:
		case all == noMark:
			all = d
		default:
			return noMark
		}
	}
	return all
}

// calendar returns the months that runs touch, in order, without gaps.
func calendar(runs []plan.Run) []*month {
	var months []*month
	var first int
	at := func(day time.Time) *month {
		n := day.Year()*12 + int(day.Month())
		if months == nil {
			first = n
		}
		for len(months) <= n-first {
			next := time.Date(0, time.Month(first+len(months)), 1, 0, 0, 0, 0, time.UTC)
			months = append(months, &month{year: next.Year(), month: next.Month()})
		}
		return months[n-first]
	}
	for i := range runs {
		r := &runs[i]
		day, err := time.Parse(time.DateOnly, r.FirstDay)
		last, lastErr := time.Parse(time.DateOnly, r.LastDay)
		if err != nil || lastErr != nil {
			continue
		}
		days := int(last.Sub(day)/(24*time.Hour)) + 1
		for range days {
			slot := &at(day).days[day.Day()]
			*slot = max(*slot, markOf(r))
			day = day.AddDate(0, 0, 1)
		}
	}
	return months
}

const (
	// recentMonths are always shown day by day, and detailedMonths are at most.
	recentMonths   = 2
	detailedMonths = 14
	// collapseFrom is how many months of one mark in a row become one line.
	collapseFrom = 2
)

// calendar shows months, and notes the marks that it used.
func (h *Human) calendar(months []*month, used map[mark]bool) {
	o := &h.Out
	ruler := false
	for i := 0; i < len(months); {
		m := months[i].uniform()
		switch n := min(alike(months[i:]), len(months)-recentMonths-i); {
		case m != noMark && n >= collapseFrom:
			o.Printf("    %s .. %s  %s every day\n", months[i].label(), months[i+n-1].label(), colored(o, m))
			used[m] = true
			i += n
			continue
		case m == noMark && len(months)-i > detailedMonths:
			n = len(months) - i - detailedMonths
			h.months(months[i : i+n])
			i += n
			continue
		}
		if !ruler {
			ruler = true
			o.Printf("             %s\n", o.Faint("1   5    10   15   20   25   30"))
		}
		o.Printf("    %s  %s\n", months[i].label(), h.row(months[i], used))
		i++
	}
}

// alike is how many months from the first on have one and the same mark.
func alike(months []*month) int {
	m := months[0].uniform()
	n := 1
	for m != noMark && n < len(months) && months[n].uniform() == m {
		n++
	}
	return n
}

// row is the days of a month.
func (h *Human) row(m *month, used map[mark]bool) term.Styled {
	last := 31
	for last > 1 && m.days[last] == noMark {
		last--
	}
	var b strings.Builder
	for _, d := range m.days[1 : last+1] {
		used[d] = true
		b.WriteString(string(colored(&h.Out, d)))
	}
	return term.Styled(b.String())
}

// months counts the days of months that are too old for a row each.
func (h *Human) months(list []*month) {
	counts := make([]int, len(marks()))
	for _, m := range list {
		for _, d := range m.days {
			counts[d]++
		}
	}
	var parts []string
	for _, of := range []struct {
		mark mark
		word string
	}{{heldMark, "held"}, {missingMark, "missing"}, {soonMark, "missing and lost soon"}, {openMark, "open"}, {lostMark, "lost"}} {
		if n := counts[of.mark]; n > 0 {
			parts = append(parts, term.Count(n)+" "+of.word)
		}
	}
	label := list[0].label() + " .. " + list[len(list)-1].label()
	h.Out.Hanging(term.Styled("    "+label+"  "), 26, "days: "+strings.Join(parts, ", "))
}

// marksLegend explains the marks that were used.
func (h *Human) marksLegend(used map[mark]bool) {
	for m, of := range marks() {
		if used[mark(m)] && mark(m) != noMark {
			h.Out.Printf("  %s  %s\n", colored(&h.Out, mark(m)), h.Out.Faint(of.text))
		}
	}
}
