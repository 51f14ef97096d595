package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reportform/reportform/engine"
)

// Verified is the outcome of state verify.
type Verified struct {
	engine.Verified
	Complete bool // it was not cut off
	Took     time.Duration
}

// maxBadFiles bounds the bad files that are shown.
const maxBadFiles = 50

// verification collects and shows what happens while files are read.
type verification struct {
	p   *printer
	now func() time.Time

	mu          sync.Mutex
	began, last time.Time // last: of the last line
	total       engine.VerifyBegun
	files       int64 // done
	bytes       int64 // read
	bad         []engine.BadFile
	badFiles    int64
	ledgers     []engine.BadLedger
	drawn       bool // a line on the terminal will be drawn again
}

// BeginVerify prepares for what Verifying shows.
func (h *Human) BeginVerify() {
	now := h.now()
	h.verify = &verification{p: &h.err, now: h.now, began: now, last: now}
}

// Verifying takes one thing that happened into account, after BeginVerify.
func (h *Human) Verifying(value engine.Verifying) {
	v := h.verify
	v.mu.Lock()
	defer v.mu.Unlock()
	switch x := value.(type) {
	case engine.VerifyBegun:
		v.total = x
	case engine.Hashed:
		v.bytes += x.Bytes
	case engine.GoodFile:
		v.files++
	case engine.BadFile:
		v.files++
		v.badFiles++
		if len(v.bad) < maxBadFiles {
			v.bad = append(v.bad, x)
		}
	case engine.BadLedger:
		v.ledgers = append(v.ledgers, x)
	}
}

// tick shows a line: on a terminal again and again, otherwise a sign of life.
func (v *verification) tick() {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now()
	interval := heartbeat
	if v.p.stream.Terminal {
		interval = redraw
	}
	if now.Sub(v.last) < interval {
		return
	}
	v.last = now
	took := now.Sub(v.began)
	text := fmt.Sprintf("%s of %s read, %s of %s", count(v.files), many(v.total.Files, "file"), size(v.bytes), size(v.total.Bytes))
	if seconds := took.Seconds(); seconds > 0 && v.bytes > 0 {
		text += ", " + size(int64(float64(v.bytes)/seconds)) + "/s"
	}
	if v.badFiles > 0 {
		text += ", " + count(v.badFiles) + " bad"
	}
	text += ", " + length(took)
	if !v.p.stream.Terminal {
		v.p.printf("Still reading: %s\n", text)
		return
	}
	text = string(v.p.cyan(cut(text, v.p.width()-1))) + "\n"
	v.p.printf("%s", styled(v.erase()+text))
	v.drawn = true
}

func (v *verification) erase() string {
	if !v.drawn {
		return ""
	}
	v.drawn = false
	return "\x1b[1A\r\x1b[J"
}

// EndVerify shows what is bad, and the outcome in numbers.
func (h *Human) EndVerify(sum Verified) {
	v, o := h.verify, &h.out
	v.mu.Lock()
	defer v.mu.Unlock()
	h.err.printf("%s", styled(v.erase()))
	for i, l := range v.ledgers {
		if i > 0 {
			o.printf("\n")
		}
		o.printf("%s\n", o.bold(l.Key.Report+" "+l.Key.Tenant))
		o.hanging("  "+o.red("unreadable")+"  ", 14, "the ledger: "+l.Err.Error())
	}
	if len(v.ledgers) > 0 && len(v.bad) > 0 {
		o.printf("\n")
	}
	h.badFiles(v.bad)
	if more := v.badFiles - int64(len(v.bad)); more > 0 {
		o.printf("\nand %s; %s\n", many(more, "more bad file"), allInJSON)
	}
	if len(v.ledgers)+len(v.bad) > 0 {
		o.printf("\n")
	}
	good := many(sum.Good, "file") + ", " + size(sum.GoodBytes) + ", as recorded"
	var parts []string
	for _, of := range []struct {
		n    int64
		word string
	}{{sum.Missing, "missing"}, {sum.Altered, "altered"}, {sum.Unreadable, "unreadable"}} {
		if of.n > 0 {
			parts = append(parts, count(of.n)+" "+of.word)
		}
	}
	if sum.BadLedgers > 0 {
		parts = append(parts, many(sum.BadLedgers, "ledger")+" unreadable")
	}
	head := o.green("All good:")
	switch {
	case sum.Bad():
		head = o.red("Not all good:")
	case !sum.Complete:
		head = o.yellow("Incomplete:")
	}
	text := strings.Join(append([]string{good}, parts...), ", ") + "; " + many(sum.Ledgers, "ledger") + ", " + length(sum.Took) + "."
	o.hanging(head+" ", len(head)+1-escapes(head), text)
	switch {
	case sum.Altered+sum.Unreadable > 0:
		o.paragraphs(2, "To have a bad file fetched again, delete it where it is still there, and run apply: it fetches what the service still has. reportform explain PATH says where a file comes from.")
	case sum.Missing > 0:
		o.paragraphs(2, "The next apply fetches missing files again, as far as the service still has them.")
	}
	if sum.Console > 0 {
		o.paragraphs(2, many(sum.Console, "slice")+" went to standard output and cannot be verified.")
	}
	if sum.Left > 0 {
		text := " were left behind at paths where their slices are held no longer. They were not read, and apply -prune deletes them."
		if sum.Left == 1 {
			text = " was left behind at a path where its slice is held no longer. It was not read, and apply -prune deletes it."
		}
		o.paragraphs(2, many(sum.Left, "file")+text)
	}
	if sum.Unnamed > 0 {
		o.paragraphs(2, "The state has "+many(sum.Unnamed, "page")+" that no ledger names, left behind by a process that was killed. They do no harm, and apply -prune deletes them.")
	}
}

// escapes is how many bytes of a styled text a terminal does not show.
func escapes(s styled) int {
	if !strings.HasPrefix(string(s), "\x1b[") {
		return 0
	}
	return strings.IndexByte(string(s), 'm') + 1 + len("\x1b[0m")
}

func (h *Human) badFiles(list []engine.BadFile) {
	slices.SortFunc(list, func(a, b engine.BadFile) int {
		return cmp.Or(a.Key.Compare(b.Key), a.From.Compare(b.From), cmp.Compare(a.Output, b.Output))
	})
	o := &h.out
	for i, f := range list {
		if i == 0 || f.Key != list[i-1].Key {
			if i > 0 {
				o.printf("\n")
			}
			o.printf("%s\n", o.bold(f.Key.Report+" "+f.Key.Tenant))
		}
		o.printf("  %s%s%s\n", o.red(string(f.Fault)), styled(strings.Repeat(" ", max(1, 12-len(f.Fault)))), f.Path)
		text := f.Output + ", " + interval(f.From, f.To)
		if what := mismatchText(f.Mismatch, f.Bytes, f.SHA256); what != "" {
			text += "; " + what
		}
		o.hanging(styled(strings.Repeat(" ", 14)), 14, text)
	}
}

// mismatchText says how a file differs from what was recorded; empty for one
// that is not there.
func mismatchText(m engine.Mismatch, bytes int64, sha256 string) string {
	switch m.Fault {
	case engine.FileUnreadable:
		return "it cannot be read: " + m.Err.Error()
	case engine.FileAltered:
		if m.FoundSHA256 == "" {
			return "it has " + many(m.FoundBytes, "byte") + ", recorded are " + count(bytes)
		}
		return "its sha256 begins with " + short(m.FoundSHA256) + ", recorded is " + short(sha256)
	}
	return ""
}
