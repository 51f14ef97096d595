package archive

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/internal/term"
)

// Verified is the outcome of state verify.
type Verified struct {
	archive.Verified
	Complete bool // it was not cut off
	Took     time.Duration
}

// maxBadFiles bounds the bad files that are shown.
const maxBadFiles = 50

// verification collects and shows what happens while files are read.
type verification struct {
	p   *term.Printer
	now func() time.Time

	mu          sync.Mutex
	began, last time.Time // last: of the last line
	total       archive.VerifyBegun
	files       int64 // done
	bytes       int64 // read
	bad         []archive.Bad
	badFiles    int64
	ledgers     []archive.BadLedger
	line        *term.Live
}

// BeginVerify prepares for what Verifying shows.
func (h *Human) BeginVerify() {
	now := h.Now()
	h.verify = &verification{p: &h.Err, now: h.Now, began: now, last: now, line: term.NewLive(&h.Err)}
}

// Tick shows that time passes, after BeginVerify; it is called a few times a
// second.
func (h *Human) Tick() { h.verify.tick() }

// Verifying takes one thing that happened into account, after BeginVerify.
func (h *Human) Verifying(value archive.Verifying) {
	v := h.verify
	v.mu.Lock()
	defer v.mu.Unlock()
	switch x := value.(type) {
	case archive.VerifyBegun:
		v.total = x
	case archive.Hashed:
		v.bytes += x.Bytes
	case archive.Good:
		v.files++
	case archive.Bad:
		v.files++
		v.badFiles++
		if len(v.bad) < maxBadFiles {
			v.bad = append(v.bad, x)
		}
	case archive.BadLedger:
		v.ledgers = append(v.ledgers, x)
	}
}

// tick shows a line: on a terminal again and again, otherwise a sign of life.
func (v *verification) tick() {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now()
	interval := term.Heartbeat
	if v.p.Terminal {
		interval = term.Redraw
	}
	if now.Sub(v.last) < interval {
		return
	}
	v.last = now
	took := now.Sub(v.began)
	text := fmt.Sprintf("%s of %s read, %s of %s", term.Count(v.files), term.Many(v.total.Entries, "file"), term.Size(v.bytes), term.Size(v.total.Bytes))
	if seconds := took.Seconds(); seconds > 0 && v.bytes > 0 {
		text += ", " + term.Size(int64(float64(v.bytes)/seconds)) + "/s"
	}
	if v.badFiles > 0 {
		text += ", " + term.Count(v.badFiles) + " bad"
	}
	text += ", " + term.Length(took)
	if !v.p.Terminal {
		v.p.Printf("Still reading: %s\n", text)
		return
	}
	v.line.Draw("", text)
}

// EndVerify shows what is bad, and the outcome in numbers.
func (h *Human) EndVerify(sum Verified) {
	v, o := h.verify, &h.Out
	v.mu.Lock()
	defer v.mu.Unlock()
	v.line.End()
	for i, l := range v.ledgers {
		if i > 0 {
			o.Printf("\n")
		}
		o.Printf("%s\n", o.Bold(l.Key.Report+" "+l.Key.Tenant))
		o.Hanging("  "+o.Red("unreadable")+"  ", 14, "the ledger: "+l.Err.Error())
	}
	if len(v.ledgers) > 0 && len(v.bad) > 0 {
		o.Printf("\n")
	}
	h.badFiles(v.bad)
	if more := v.badFiles - int64(len(v.bad)); more > 0 {
		o.Printf("\nand %s; %s\n", term.Many(more, "more bad file"), view.AllInJSON)
	}
	if len(v.ledgers)+len(v.bad) > 0 {
		o.Printf("\n")
	}
	good := term.Many(sum.Good, "file") + ", " + term.Size(sum.GoodBytes) + ", as recorded"
	var parts []string
	for _, of := range []struct {
		n    int64
		word string
	}{{sum.Missing, "missing"}, {sum.Altered, "altered"}, {sum.Unreadable, "unreadable"}} {
		if of.n > 0 {
			parts = append(parts, term.Count(of.n)+" "+of.word)
		}
	}
	if sum.BadLedgers > 0 {
		parts = append(parts, term.Many(sum.BadLedgers, "ledger")+" unreadable")
	}
	head := o.Green("All good:")
	switch {
	case sum.Bad():
		head = o.Red("Not all good:")
	case !sum.Complete:
		head = o.Yellow("Incomplete:")
	}
	text := strings.Join(append([]string{good}, parts...), ", ") + "; " + term.Many(sum.Ledgers, "ledger") + ", " + term.Length(sum.Took) + "."
	o.Hanging(head+" ", head.Width()+1, text)
	switch {
	case sum.Altered+sum.Unreadable > 0:
		o.Paragraphs(2, "To have a bad file fetched again, delete it where it is still there, and run apply: it fetches what the service still has. reportform explain PATH says where a file comes from.")
	case sum.Missing > 0:
		o.Paragraphs(2, "The next apply fetches missing files again, as far as the service still has them.")
	}
	if sum.Console > 0 {
		o.Paragraphs(2, term.Many(sum.Console, "slice")+" went to standard output and cannot be verified.")
	}
	for _, output := range slices.Sorted(maps.Keys(sum.Unverifiable)) {
		o.Paragraphs(2, term.Many(sum.Unverifiable[output], "slice")+" of "+output+" cannot be read again: what the destination has said is all the proof there is.")
	}
	if sum.Left > 0 {
		text := " were left behind at paths where their slices are held no longer. They were not read, and apply -prune deletes them."
		if sum.Left == 1 {
			text = " was left behind at a path where its slice is held no longer. It was not read, and apply -prune deletes it."
		}
		o.Paragraphs(2, term.Many(sum.Left, "file")+text)
	}
	if sum.Unnamed > 0 {
		o.Paragraphs(2, "The state has "+term.Many(sum.Unnamed, "page")+" that no ledger names, left behind by a process that was killed. They do no harm, and apply -prune deletes them.")
	}
}

func (h *Human) badFiles(list []archive.Bad) {
	slices.SortFunc(list, func(a, b archive.Bad) int {
		return cmp.Or(a.Key.Compare(b.Key), a.From.Compare(b.From), cmp.Compare(a.Output, b.Output))
	})
	o := &h.Out
	for i, f := range list {
		if i == 0 || f.Key != list[i-1].Key {
			if i > 0 {
				o.Printf("\n")
			}
			o.Printf("%s\n", o.Bold(f.Key.Report+" "+f.Key.Tenant))
		}
		o.Printf("  %s%s%s\n", o.Red(string(f.Condition)), term.Styled(strings.Repeat(" ", max(1, 12-len(f.Condition)))), f.Place)
		text := f.Output + ", " + term.Interval(f.From, f.To)
		if what := differenceText(&f.Finding, f.Bytes, f.SHA256); what != "" {
			text += "; " + what
		}
		o.Hanging(term.Styled(strings.Repeat(" ", 14)), 14, text)
	}
}

// differenceText says how what is found differs from what was recorded; empty for
// what is not there.
func differenceText(f *place.Finding, bytes int64, sha256 string) string {
	switch {
	case f.Condition == place.Unreadable:
		return "it cannot be read: " + f.Err.Error()
	case f.Condition != place.Altered:
		return ""
	case f.Err != nil:
		return f.Err.Error()
	case f.SHA256 == "" && f.Bytes == bytes:
		return "something else is there"
	case f.SHA256 == "":
		return "it has " + term.Many(f.Bytes, "byte") + ", recorded are " + term.Count(bytes)
	}
	return "its sha256 begins with " + view.Digest(f.SHA256) + ", recorded is " + view.Digest(sha256)
}

// faultOf is what is wrong with what is found; empty for nothing.
func faultOf(f *place.Finding) place.Condition {
	if f.Condition == place.Intact {
		return ""
	}
	return f.Condition
}
