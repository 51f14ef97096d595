package archive

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/cmd/reportform/internal/view/ledgers"
	"github.com/reportform/reportform/cmd/reportform/internal/view/plans"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/internal/term"
	"github.com/reportform/reportform/outputs"
)

// maxOrigins bounds the slices of one place that are shown.
const maxOrigins = 20

// Explanation shows where what is at a place comes from.
func (h *Human) Explanation(x *engine.Explanation) {
	o := &h.Out
	o.Printf("%s\n", o.Bold(x.Place.String()))
	if len(x.Origins) == 0 {
		h.unexplained(x)
		return
	}
	heading := x.Place
	for i := range x.Origins {
		if i > 0 {
			o.Printf("\n")
		}
		if i == maxOrigins {
			o.Printf("and %s; %s\n", term.Many(len(x.Origins)-i, "more slice"), view.AllInJSON)
			break
		}
		if p := x.Origins[i].Place; p != heading {
			o.Printf("%s\n", o.Bold(p.String()))
			heading = p
		}
		h.origin(x, &x.Origins[i])
	}
}

func (h *Human) unexplained(x *engine.Explanation) {
	o := &h.Out
	text := "Nothing leads to this path: no ledger has it, and no declared output writes it."
	switch {
	case x.Directory:
		text = "This is a directory. Name one of the files in it."
	case x.Exists:
		text = "The file is there, but Reportform did not write it, or has forgotten it: no ledger has it, and no declared output writes it."
	}
	o.Paragraphs(2, text)
	if x.Nearest != "" {
		o.Printf("  Did you mean %s?\n", x.Nearest)
	}
}

// origin shows one origin of a file.
func (h *Human) origin(x *engine.Explanation, or *engine.Origin) {
	o := &h.Out
	h.onDisk(x, or)
	h.next(or)
	o.Printf("\n")
	h.declarations(or)
	o.Printf("\n")
	slice := term.Interval(or.From, or.To)
	if or.Label != "" && or.Label != slice {
		slice = or.Label + ", " + slice
	}
	h.fact("slice", slice)
	switch {
	case or.Held != nil:
		h.run(or.Held)
	case or.Left != nil:
		h.fact("sha256", or.Left.SHA256)
	}
}

// declarations shows where the blocks behind an origin stand.
func (h *Human) declarations(or *engine.Origin) {
	o := &h.Out
	type line struct {
		address string
		place   term.Styled
	}
	var lines []line
	declared := map[string]bool{}
	for _, d := range or.Declared {
		declared[d.Address] = true
		lines = append(lines, line{d.Address, o.Sprintf("%s:%d", filepath.ToSlash(d.Range.Filename), d.Range.Start.Line)})
	}
	for _, address := range []string{or.Key.Report, or.Key.Tenant, or.Output} {
		if !declared[address] {
			lines = append(lines, line{address, o.Yellow("not declared")})
		}
	}
	width := 0
	for _, l := range lines {
		width = max(width, term.Width(term.Clean(l.address)))
	}
	for _, l := range lines {
		pad := width - term.Width(term.Clean(l.address))
		o.Printf("  %s%*s  %s\n", l.address, pad, "", l.place)
	}
}

// fact shows one line with a name.
func (h *Human) fact(name, text string) {
	if text != "" {
		h.Out.Hanging(term.Styled("  "+name+strings.Repeat(" ", 12-len(name))), 14, text)
	}
}

// run shows how a held slice was fetched.
func (h *Human) run(e *ledger.Held) {
	p := e.Proof()
	fetched := term.Moment(p.FetchedAt) + " in " + term.Length(p.Took) + ", " + term.Many(p.Requests, "request") + ", " + term.Many(p.Pages, "page")
	if e.Revisited {
		fetched += ledgers.Revisited
	}
	if !e.Final {
		fetched += ", before the slice had settled"
	}
	h.fact("fetched", fetched)
	h.fact("made from", p.Derived.String())
	rows := term.Many(e.Rows, "row")
	if ledgers.HasBytes(e, &p) {
		rows += ", " + term.Size(e.Bytes)
	}
	for _, extra := range ledgers.Extras(p) {
		rows += ", " + extra
	}
	h.fact("holds", rows)
	if !p.First.IsZero() {
		h.fact("events", term.Moment(p.First)+" to "+term.Moment(p.Last))
	}
	switch {
	case p.FirstID == p.LastID:
		h.fact("request-id", p.FirstID)
	default:
		h.fact("request-ids", p.FirstID+" to "+p.LastID)
	}
	h.fact("sha256", p.SHA256)
	h.fact("promise", p.Promise)
	h.fact("ack", p.Ack)
	h.fact("definition", e.Definition)
}

// onDisk says whether what is there is what was written.
func (h *Human) onDisk(x *engine.Explanation, or *engine.Origin) {
	o := &h.Out
	say := func(head term.Styled, width int, text string) { o.Hanging("  "+head+" ", 3+width, text) }
	bytes, sum := int64(0), ""
	switch {
	case or.Held != nil:
		bytes, sum = or.Held.Bytes, or.Held.Proof().SHA256
	case or.Left != nil:
		bytes, sum = or.Left.Bytes, or.Left.SHA256
	case x.Exists && or.Place.IsFile():
		say(o.Yellow("Not held."), 9, "A file is there, but no ledger has it.")
		return
	case or.Place.IsFile():
		say(o.Yellow("Not held."), 9, "The file is declared, and is not there.")
		return
	default:
		say(o.Yellow("Not held."), 9, "The place is declared, and no ledger has it.")
		return
	}
	file, was, gone := "the file", "what was written: size and SHA-256 are as recorded.", "The ledger has the file, and it is gone."
	if !or.Place.IsFile() {
		file, was, gone = "what is there", "what was written.", "The ledger has it, and nothing is there."
	}
	switch or.Found.Condition {
	case place.Intact:
		say(o.Green("Intact."), 7, diag.Capitalize(file)+" is "+was)
	case place.Missing:
		say(o.Red("Missing."), 8, gone)
	case place.Altered:
		say(o.Red("Altered."), 8, diag.Capitalize(file)+" is not what was written: "+differenceText(&or.Found, bytes, sum)+".")
	case place.Unreadable:
		say(o.Red("Unreadable."), 11, "Whether "+file+" is what was written is not known: "+differenceText(&or.Found, bytes, sum)+".")
	default:
		h.unread(or)
	}
}

// unread says what is known of a place that nobody can read again.
func (h *Human) unread(or *engine.Origin) {
	o := &h.Out
	var promise outputs.Promise
	if or.Held != nil {
		promise = outputs.Promise(or.Held.Proof().Promise)
	}
	head, said := o.Green("Acknowledged."), ""
	switch promise {
	case outputs.Accepted:
		said = "The destination has accepted it"
	case outputs.Stored:
		said = "The destination has stored it"
	case outputs.Indexed:
		said = "The destination has stored and indexed it"
	default:
		head, said = o.Yellow("Not known."), "The destination has confirmed nothing"
		if or.Held == nil {
			said = "No ledger holds it any more"
		}
	}
	o.Hanging("  "+head+" ", head.Width()+3, said+"; it cannot be read again.")
}

// next says what becomes of the file.
func (h *Human) next(or *engine.Origin) { h.Out.Paragraphs(2, nextText(or, h.Now())) }

func nextText(or *engine.Origin, now time.Time) string {
	file := "the file"
	if !or.Place.IsFile() {
		file = "it"
	}
	switch {
	case or.Left != nil && or.Left.Relocated && or.Orphan == "":
		return "Moved: the slice is held at another path since. The next apply deletes " + file + " here."
	case or.Protected && (or.Orphan != "" || or.Left != nil):
		why := or.Orphan
		if why == "" {
			why = "path"
		}
		return "Orphan: " + plans.OrphanText(why) + ". It is protected, so nothing deletes " + file + "."
	case or.Left != nil && or.Orphan != "expired":
		return "Orphan: " + plans.OrphanText("path") + ". apply -prune deletes " + file + "."
	case or.Orphan == "expired":
		return "Expired: " + plans.OrphanText(or.Orphan) + ". The next apply deletes " + file + "."
	case or.Orphan == "slice":
		return "Orphan: " + plans.OrphanText(or.Orphan) + ". apply -prune deletes " + file + "."
	case or.Orphan != "":
		return "Orphan: " + plans.OrphanText(or.Orphan) + ". apply -prune deletes " + file + "; if the block was renamed, state mv keeps it."
	case or.Unwanted == "ahead":
		return "Not begun: the slice begins at " + term.Moment(or.From) + "."
	case or.Unwanted == "before":
		return "Not wanted: the slice ended before the tenant's since."
	case or.Unwanted != "":
		return "Not wanted: the slice is older than what the window keeps."
	case or.Lost != nil && !or.Lost.LostAt.IsZero():
		return "Will be lost at " + term.Moment(or.Lost.LostAt) + ": " + or.Lost.Why + "."
	case or.Lost != nil:
		return "Lost: the slice cannot be fetched any more; " + or.Lost.Why + "."
	case or.Waiting != nil:
		return "Waiting: not settled; " + "a plan after " + term.Moment(or.Waiting.Until) + " has it."
	case or.Reason != "":
		does := "writes"
		if or.Reason == plan.Relocated {
			does = "moves"
		}
		text := "The next apply " + does + " it: " + string(or.Reason) + " (" + plans.ReasonAt(or.Reason, or.Place) + ")."
		if !or.LostAt.IsZero() && or.Reason != plan.Moved {
			text += " The service has the slice until " + term.Moment(or.LostAt) + " (in " + away(or.LostAt.Sub(now)) + ")."
		}
		if or.Failed != nil {
			text += " The last try, at " + term.Moment(or.Failed.At) + ", failed: " + or.Failed.Error
		}
		return text
	}
	switch {
	case or.Found.Condition == place.Altered && !or.Place.IsFile():
		return "The next apply leaves it as it is, because only reading it all shows the difference. Remove it there to have it fetched again."
	case or.Found.Condition == place.Altered:
		return "The next apply leaves it as it is, because its size and time are as recorded. Delete the file to have it fetched again."
	}
	return "The next apply leaves it as it is."
}
