package term

import (
	"fmt"
	"time"
)

const (
	// Heartbeat is how long a log or a pipe hears nothing at most, while
	// Heartbeat is how long a log or a pipe hears nothing at most, while
	// something runs that does not wait.
	Heartbeat = 30 * time.Second
	// Redraw is how often lines on a terminal are drawn again at most.
	Redraw = 200 * time.Millisecond
)

// Live is a few lines at the end of a terminal that are drawn again and again,
// below text that lasts.
type Live struct {
	p     *Printer
	drawn int // lines on the screen that will be drawn again
}

// NewLive returns lines of which none is drawn yet.
func NewLive(p *Printer) *Live { return &Live{p: p} }

// Room is how many columns of a line are shown: a full line would wrap on some
// terminals.
func (l *Live) Room() int { return l.p.Columns() - 1 }

// Draw replaces the living lines, with lasting text above them, in one write.
// The lasting text is whole lines, or nothing.
func (l *Live) Draw(lasting Styled, lines ...string) {
	text := l.erase() + lasting
	for _, line := range lines {
		text += l.p.Cyan(Cut(Clean(line), l.Room())) + "\n"
	}
	l.drawn = len(lines)
	l.p.Printf("%s", text)
}

// End takes the living lines away.
func (l *Live) End() { l.p.Printf("%s", l.erase()) }

// erase goes back to where the living lines begin and clears the screen below.
func (l *Live) erase() Styled {
	if l.drawn == 0 {
		return ""
	}
	up := l.drawn
	l.drawn = 0
	return Styled(fmt.Sprintf("\x1b[%dA\r\x1b[J", up))
}
