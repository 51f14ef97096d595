package view

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
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

// heartbeat is how long a display without a terminal stays silent at most.
const heartbeat = 30 * time.Second

// redraw is how often lines on a terminal are drawn again at most.
const redraw = 200 * time.Millisecond

// maxLive bounds the pulls that a terminal shows at once.
const maxLive = 8

// tally counts what happened in an apply.
type tally struct {
	began                            time.Time
	total, finished, failed, skipped int
	active                           []*activePull // longest first
}

type activePull struct {
	pull          *plan.Pull
	since         time.Time
	events, bytes int64
	pages         int64
}

func (t *tally) done() int { return t.finished + t.failed + t.skipped }

// add takes one report into account.
func (t *tally) add(p run.Progress, now time.Time) {
	switch p := p.(type) {
	case run.Started:
		t.active = append(t.active, &activePull{pull: p.Pull, since: now})
	case run.Progressed:
		if a := t.find(p.Pull); a >= 0 {
			t.active[a].events, t.active[a].bytes, t.active[a].pages = p.Events, p.Bytes, p.Pages
		}
	case run.Finished:
		t.finished++
		t.remove(p.Pull)
	case run.Failed:
		if !stopped(p) {
			t.failed++
		}
		t.remove(p.Pull)
	case run.Skipped:
		t.skipped++
		t.remove(p.Pull)
	}
}

func (t *tally) find(p *plan.Pull) int {
	for i, a := range t.active {
		if a.pull == p {
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
	text := fmt.Sprintf("%s of %s done", count(t.done()), many(t.total, "pull"))
	if t.failed > 0 {
		text += ", " + count(t.failed) + " failed"
	}
	return text + fmt.Sprintf(", %s under way, %s", count(len(t.active)), length(now.Sub(t.began)))
}

// ending is the permanent text for a pull that ended; empty for other reports.
// It is one line, or wrapped to a width if that is not 0.
func (p *printer) ending(progress run.Progress, width int) string {
	switch e := progress.(type) {
	case run.Finished:
		return p.ended(e.Pull, p.green, "done,", finishedText(e), width)
	case run.Failed:
		if stopped(e) {
			return p.ended(e.Pull, plain, "stopped", "", width)
		}
		reason, _, _ := strings.Cut(failureText(e.Err), "\n")
		return p.ended(e.Pull, p.red, "failed", "after "+length(e.Took)+": "+reason, width)
	case run.Skipped:
		return p.ended(e.Pull, plain, "skipped,", "held meanwhile", width)
	}
	return ""
}

// plain is a style that adds nothing.
func plain(s string) styled { return styled(clean(s)) }

// ended says how a pull ended: a head in a style, and text behind it. Where
// the line has no room, a long name of the tenant gives way, if that is enough.
func (p *printer) ended(pull *plan.Pull, style func(string) styled, how, text string, width int) string {
	const least = 12 // columns of a tenant's name on one line
	name := clean(shortName(pull))
	text = " " + clean(text)
	if over := runewidth.StringWidth(name+": "+how+text) - width; width > 0 && over > 0 {
		fits := width - 2 - len(how)
		name = shortNameIn(pull, fits)
		if runewidth.StringWidth(clean(tenantName(pull)))-over >= least {
			name = shortNameIn(pull, fits-runewidth.StringWidth(text))
		}
		column := runewidth.StringWidth(name) + 3 + len(how)
		text = " " + wrap(text, column, 2, width)[column:]
		if strings.HasPrefix(text, " \n") {
			text = text[1:]
		}
	}
	return p.sprintf("%s%s\n", style(name+": "+how), styled(strings.TrimRight(text, " ")))
}

// stopped reports whether it was an interrupt that ended the pull.
func stopped(f run.Failed) bool { return errors.Is(f.Err, context.Canceled) }

// finishedText is the counts of a finished pull.
func finishedText(f run.Finished) string {
	var bytes int64
	for _, r := range f.Receipts {
		bytes += r.Bytes
	}
	parts := []string{many(f.Stats.Events, "event"), size(bytes)}
	if from := sourceOf(f.Pull); from != "" {
		parts = append(parts, "from "+from)
	} else {
		parts = append(parts, many(f.Stats.Pages, "page"))
	}
	for _, extra := range []struct {
		n    int64
		what string
	}{{f.Stats.Repeated, "repeated"}, {f.Stats.Revisions, "revised"}, {f.Stats.Outside, "outside the slice"}} {
		if extra.n > 0 {
			parts = append(parts, count(extra.n)+" "+extra.what)
		}
	}
	return strings.Join(append(parts, length(f.Took)), ", ")
}

// lines is the display for logs and pipes: a line when a pull starts and when
// it ends, and a sign of life when nothing happens.
type lines struct {
	p   *printer
	now func() time.Time

	mu    sync.Mutex
	tally tally
	last  time.Time // of the last line
}

func newLines(p *printer, total int, now func() time.Time) *lines {
	return &lines{p: p, now: now, tally: tally{total: total, began: now()}, last: now()}
}

func (l *lines) report(progress run.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.tally.add(progress, now)
	switch e := progress.(type) {
	case run.Started:
		l.p.printf("%s: started\n", shortName(e.Pull))
	case run.Progressed:
		return
	default:
		l.p.printf("%s", styled(l.p.ending(progress, 0)))
	}
	l.last = now
}

func (l *lines) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now.Sub(l.last) < heartbeat {
		return
	}
	l.last = now
	text := "Still running: " + l.tally.summary(now)
	if len(l.tally.active) > 0 {
		a := l.tally.active[0]
		text += fmt.Sprintf("; the longest is %s with %s after %s", shortName(a.pull), many(a.events, "event"), length(now.Sub(a.since)))
	}
	l.p.printf("%s\n", text)
}

func (l *lines) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.p.printf("%s\n", text)
}

func (l *lines) end() {}

// live is the display for terminals: what ended scrolls by, and below it a few
// lines for what runs are drawn again and again.
type live struct {
	p   *printer
	now func() time.Time

	mu    sync.Mutex
	tally tally
	drawn int       // lines on the screen that will be drawn again
	last  time.Time // of the last drawing
}

func newLive(p *printer, total int, now func() time.Time) *live {
	return &live{p: p, now: now, tally: tally{total: total, began: now()}}
}

func (l *live) report(progress run.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.add(progress, l.now())
	if text := l.p.ending(progress, l.p.width()); text != "" {
		l.draw(text)
	}
}

func (l *live) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now().Sub(l.last) >= redraw {
		l.draw("")
	}
}

func (l *live) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draw(clean(text) + "\n")
}

func (l *live) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.p.printf("%s", styled(l.erase()))
}

// draw replaces the living lines, with permanent text above them, in one write.
func (l *live) draw(permanent string) {
	now := l.now()
	l.last = now
	text := l.erase() + permanent
	width := l.p.width() - 1 // a full line would wrap on some terminals
	for i, a := range l.tally.active {
		if i == maxLive-1 && len(l.tally.active) > maxLive {
			text += l.line(fmt.Sprintf("  and %s more", count(len(l.tally.active)-i)))
			break
		}
		counts := fmt.Sprintf("%s, %s, %s", many(a.events, "event"), size(a.bytes), length(now.Sub(a.since)))
		name := shortNameIn(a.pull, max(10, width-4-len(counts)))
		text += l.line(cut("  "+name+"  "+counts, width))
	}
	text += l.line(cut(l.bar()+" "+l.tally.summary(now), width))
	l.p.printf("%s", styled(text))
}

func (l *live) line(text string) string {
	l.drawn++
	return string(l.p.cyan(text)) + "\n"
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

// erase goes back to where the living lines begin and clears the screen below.
func (l *live) erase() string {
	if l.drawn == 0 {
		return ""
	}
	up := l.drawn
	l.drawn = 0
	return fmt.Sprintf("\x1b[%dA\r\x1b[J", up)
}
