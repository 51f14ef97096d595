package pulls

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/internal/term"
)

// display shows pulls while they run. Its methods may be called from several
// goroutines.
type display interface {
	report(run.Progress)
	// tick lets time pass: it is called a few times a second.
	tick()
	// note shows a line beside the progress.
	note(text string)
	// end takes away what was only there while pulls ran.
	end()
}

// maxLive bounds the pulls that a terminal shows at once.
const maxLive = 8

// tally counts what happened in an apply.
type tally struct {
	began                            time.Time
	total, finished, failed, skipped int
	waiting                          int
	active                           []*activePull // longest first
	said                             map[failing]bool
	waits                            []wait // as they began
}

// failing is what is said once, however many slices fail so.
type failing struct{ tenant, report, cause string }

// again reports whether a pull has failed as others of the tenant's report have,
// of which one is said.
func (t *tally) again(progress run.Progress) bool {
	e, ok := progress.(run.Ended)
	if !ok || e.Failure == nil || e.Failure.Stopped {
		return false
	}
	if e.Failure.Unasked {
		return true
	}
	if t.said == nil {
		t.said = map[failing]bool{}
	}
	f := failing{e.Pull.Tenant, e.Pull.Report, e.Failure.Cause}
	said := t.said[f]
	t.said[f] = true
	return said
}

type activePull struct {
	pull          *plan.Pull
	since         time.Time
	events, bytes int64
	pages         int64
}

func (t *tally) done() int { return t.finished + t.failed + t.skipped + t.waiting }

// add takes one report into account.
func (t *tally) add(p run.Progress, now time.Time) {
	switch p := p.(type) {
	case run.Started:
		t.active = append(t.active, &activePull{pull: p.Pull, since: now})
	case run.Progressed:
		if a := t.find(p.Pull); a >= 0 {
			t.active[a].events, t.active[a].bytes, t.active[a].pages = p.Events, p.Bytes, p.Pages
		}
	case run.Waits:
		t.wait(p, now)
	case run.Ended:
		switch {
		case p.Skipped:
			t.skipped++
		case p.Waiting != nil:
			t.waiting++
		case p.Failure == nil:
			t.finished++
		case !p.Failure.Stopped:
			t.failed++
		}
		t.remove(p.Pull)
	}
}

func (t *tally) find(p *plan.Pull) int {
	for i, a := range t.active {
		if a.pull.Same(p) {
			return i
		}
	}
	return -1
}

func (t *tally) remove(p *plan.Pull) {
	if i := t.find(p); i >= 0 {
		t.active = append(t.active[:i], t.active[i+1:]...)
	}
}

// summary is the tally on one line.
func (t *tally) summary(now time.Time) string {
	text := fmt.Sprintf("%s of %s done", term.Count(t.done()), term.Many(t.total, "pull"))
	if t.failed > 0 {
		text += ", " + term.Count(t.failed) + " failed"
	}
	return text + fmt.Sprintf(", %s under way, %s", term.Count(len(t.active)), term.Length(now.Sub(t.began)))
}

// ending is the permanent text for a pull that ended; empty for other reports.
// It is one line, or wrapped to a width if that is not 0.
func ending(p *term.Printer, progress run.Progress, width int) term.Styled {
	e, ok := progress.(run.Ended)
	switch {
	case !ok:
		return ""
	case e.Skipped:
		return ended(p, e.Pull, term.Plain, "skipped,", "held meanwhile", width)
	case e.Waiting != nil:
		return ended(p, e.Pull, term.Plain, "waits", "until "+term.Moment(e.Waiting.Until), width)
	case e.Failure == nil:
		return ended(p, e.Pull, p.Green, "done,", finishedText(&e), width)
	case e.Failure.Stopped:
		return ended(p, e.Pull, term.Plain, "stopped", "", width)
	}
	reason, _, _ := strings.Cut(e.Failure.Message, "\n")
	return ended(p, e.Pull, p.Red, "failed", "after "+term.Length(e.Took)+": "+reason, width)
}

// ended says how a pull ended: a head in a style, and text behind it. Where
// the line has no room, a long name of the tenant gives way, if that is enough.
func ended(p *term.Printer, pull *plan.Pull, style func(string) term.Styled, how, text string, width int) term.Styled {
	const least = 12 // columns of a tenant's name on one line
	name := term.Clean(shortName(pull))
	text = " " + term.Clean(text)
	if over := term.Width(name+": "+how+text) - width; width > 0 && over > 0 {
		fits := width - 2 - len(how)
		name = shortNameIn(pull, fits)
		if term.Width(term.Clean(tenantName(pull)))-over >= least {
			name = shortNameIn(pull, fits-term.Width(text))
		}
		column := term.Width(name) + 3 + len(how)
		text = " " + term.Wrap(text, column, 2, width)[column:]
		if strings.HasPrefix(text, " \n") {
			text = text[1:]
		}
	}
	return p.Sprintf("%s%s\n", style(name+": "+how), term.Styled(strings.TrimRight(text, " ")))
}

// finishedText is the counts of a finished pull.
func finishedText(f *run.Ended) string {
	var bytes int64
	for _, w := range f.Written {
		bytes += w.Receipt.Bytes
	}
	if f.Pull.Relocates() {
		return fmt.Sprintf("moved to %s, %s", f.Pull.Outputs[0].Place, term.Length(f.Took))
	}
	parts := []string{term.Many(f.Stats.Events, "event"), term.Size(bytes)}
	if from := f.Pull.Source; from != nil {
		parts = append(parts, "from "+from.Output)
	} else {
		parts = append(parts, term.Many(f.Stats.Pages, "page"))
	}
	parts = append(parts, view.Extras(f.Stats.Repeated, f.Stats.Revisions, f.Stats.Outside, f.Stats.Untimed)...)
	if l := f.Later; l != nil {
		parts = append(parts, view.Later(l.Late, l.Vanished, l.Changed, l.ByRows)...)
	}
	return strings.Join(append(parts, term.Length(f.Took)), ", ")
}

// lines is the display for logs and pipes: a line when a pull starts and when
// it ends, but for failures that were said, one for all that wait for the same,
// and a sign of life when nothing happens.
type lines struct {
	p   *term.Printer
	now func() time.Time

	mu     sync.Mutex
	tally  tally
	crowds []*crowd
	last   time.Time     // of the last line
	beat   time.Duration // until the next sign of life
}

// longestBeat is how far apart signs of life are at most, if pulls wait.
const longestBeat = 5 * time.Minute

func newLines(p *term.Printer, total int, now func() time.Time) *lines {
	return &lines{p: p, now: now, tally: tally{total: total, began: now()}, last: now(), beat: term.Heartbeat}
}

func (l *lines) report(progress run.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.tally.add(progress, now)
	switch e := progress.(type) {
	case run.Started:
		l.beat = term.Heartbeat
		l.p.Printf("%s: started\n", shortName(e.Pull))
	case run.Waits:
		c := l.crowd(kindOf(&e))
		c.hear(e, now)
		l.waits(c, now)
		return
	case run.Progressed:
		l.beat = term.Heartbeat
		return
	default:
		l.beat = term.Heartbeat
		if l.tally.again(progress) {
			return
		}
		l.p.Printf("%s", ending(l.p, progress, 0))
	}
	l.last = now
}

// crowd is that of a kind of wait.
func (l *lines) crowd(kind waitKind) *crowd {
	for _, c := range l.crowds {
		if c.waitKind == kind {
			return c
		}
	}
	c := &crowd{waitKind: kind}
	l.crowds = append(l.crowds, c)
	return c
}

// waits says who waits, if that is due.
func (l *lines) waits(c *crowd, now time.Time) {
	if text := c.line(now); text != "" {
		l.p.Printf("%s\n", text)
		l.last = now
	}
}

func (l *lines) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	waits := false
	for _, c := range l.crowds {
		l.waits(c, now)
		waits = waits || c.goesOn.Add(waitEnds).After(now)
	}
	if !waits {
		l.beat = term.Heartbeat
	}
	if now.Sub(l.last) < l.beat {
		return
	}
	l.last = now
	if waits {
		l.beat = min(2*l.beat, longestBeat)
	}
	text := "Still running: " + l.tally.summary(now)
	if len(l.tally.active) > 0 {
		a := l.tally.active[0]
		text += fmt.Sprintf("; the longest is %s with %s after %s", shortName(a.pull), term.Many(a.events, "event"), term.Length(now.Sub(a.since)))
	}
	l.p.Printf("%s\n", text)
}

func (l *lines) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.p.Printf("%s\n", text)
}

func (l *lines) end() {}

// live is the display for terminals: what ended scrolls by, and below it a few
// lines for what runs are drawn again and again.
type live struct {
	p   *term.Printer
	now func() time.Time

	mu    sync.Mutex
	tally tally
	lines *term.Live
	last  time.Time // of the last drawing
}

func newLive(p *term.Printer, total int, now func() time.Time) *live {
	return &live{p: p, now: now, tally: tally{total: total, began: now()}, lines: term.NewLive(p)}
}

func (l *live) report(progress run.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.add(progress, l.now())
	if l.tally.again(progress) {
		return
	}
	if text := ending(l.p, progress, l.p.Columns()); text != "" {
		l.draw(text)
	}
}

func (l *live) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now().Sub(l.last) >= term.Redraw {
		l.draw("")
	}
}

func (l *live) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draw(term.Plain(text) + "\n")
}

func (l *live) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines.End()
}

// draw draws a line for each of the pulls that run longest and one for all,
// below lasting text.
func (l *live) draw(lasting term.Styled) {
	now := l.now()
	l.last = now
	var lines []string
	for i, a := range l.tally.active {
		if i == maxLive-1 && len(l.tally.active) > maxLive {
			lines = append(lines, fmt.Sprintf("  and %s more", term.Count(len(l.tally.active)-i)))
			break
		}
		counts := fmt.Sprintf("%s, %s, %s", term.Many(a.events, "event"), term.Size(a.bytes), term.Length(now.Sub(a.since)))
		name := shortNameIn(a.pull, max(10, l.lines.Room()-4-len(counts)))
		lines = append(lines, "  "+name+"  "+counts)
	}
	for i, w := range l.tally.longWaits(now) {
		if i == maxWaits {
			lines = append(lines, "  and others wait")
			break
		}
		lines = append(lines, term.Cut("  "+waitingText(&w, now, false), l.lines.Room()))
	}
	l.lines.Draw(lasting, append(lines, l.bar()+" "+l.tally.summary(now))...)
}

func (l *live) bar() string {
	const width = 12
	full := width
	if l.tally.total > 0 {
		full = width * l.tally.done() / l.tally.total
	}
	full = min(full, width)
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "]"
}
