package sandbox

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/sandbox/shape"
	"github.com/reportform/reportform/engine/sandbox/timeline"
)

// request is a reading request with its options understood.
type request struct {
	view   *timeline.View
	query  *timeline.Query
	top    int  // events on a page
	topped bool // $top was sent
	skip   int
	count  bool
	wanted map[string]bool
	at     link
}

// link is where a page begins.
type link struct {
	timeline.Position
	page   int // pages before it
	offset int // events before it
	// revised makes the first event of the page another version of itself.
	revised bool
	// blanks makes the link good only where no blank of it is a plus sign.
	blanks bool
}

// maxScan bounds how many events one page looks at: a filter that matches few
// of many gets short or empty pages with a link to the next one.
const maxScan = 50_000

// page is what is sent.
type page struct {
	events []byte // JSON, separated by commas
	ends   []int  // where each event ends
	places []timeline.Position
	next   *link // nil on the last page
	total  int   // of all pages; -1 if not asked for
}

func (p *page) add(r *request, ref timeline.Ref, at timeline.Position) {
	if len(p.events) > 0 {
		p.events = append(p.events, ',')
	}
	event := r.view.Event(r.query, ref, r.wanted)
	start := len(p.events)
	p.events = ref.Source.Shape.Append(p.events, event)
	if r.at.revised && len(p.ends) == 0 {
		original := string(p.events[start:])
		for event.Revision = 1; event.Revision < 16 && string(p.events[start:]) == original; event.Revision++ {
			p.events = ref.Source.Shape.Append(p.events[:start], event)
		}
	}
	if len(p.ends) == 0 { // the others will be about as long
		p.events = slices.Grow(p.events, len(p.events)*min(r.top, 1000)*11/10)
	}
	p.ends, p.places = append(p.ends, len(p.events)), append(p.places, at)
}

// build reads the events of a page.
func (r *request) build() *page {
	p := &page{total: -1}
	if r.count {
		p.total = 0
		r.view.Walk(r.query, r.view.Start(r.query), func(ref timeline.Ref, _ timeline.Position) bool {
			if r.view.Matches(r.query, ref) {
				p.total++
			}
			return true
		})
	}
	scanned, skip := 0, r.skip
	r.view.Walk(r.query, r.at.Position, func(ref timeline.Ref, at timeline.Position) bool {
		if scanned++; scanned > maxScan {
			p.next = &link{Position: at}
			return false
		}
		if !r.view.Matches(r.query, ref) {
			return true
		}
		if skip > 0 {
			skip--
			return true
		}
		if len(p.ends) == r.top {
			p.next = &link{Position: at}
			return false
		}
		p.add(r, ref, at)
		return true
	})
	if p.next != nil {
		p.next.page, p.next.offset = r.at.page+1, r.at.offset+len(p.ends)
	}
	return p
}

// span is how much time a request asks for; 0 for a snapshot.
func (r *request) span() time.Duration {
	if r.view.Endpoint.Snapshot() || r.query.High <= r.query.Low {
		return 0
	}
	return time.Duration(r.query.High-r.query.Low) * shape.Tick
}

// skipToken writes a link as the service's tokens look: 32 hexadecimal digits
// and the number of events before the page. Only the sandbox can make one, and
// only for the same query.
func (s *Sandbox) skipToken(l link, query string) string {
	var b [16]byte
	binary.BigEndian.PutUint32(b[0:], uint32(l.Bucket))
	binary.BigEndian.PutUint32(b[4:], uint32(l.Index))
	binary.BigEndian.PutUint16(b[8:], uint16(l.page))
	if l.revised {
		b[10] = 1
	}
	if l.blanks {
		b[10] |= 2
	}
	suffix := "_" + strconv.Itoa(l.offset)
	copy(b[11:], s.key.MAC("link "+string(b[:11])+suffix+" "+query))
	mask := s.key.MAC("mask " + string(b[11:]))
	for i := range 11 {
		b[i] ^= mask[i]
	}
	return hex.EncodeToString(b[:]) + suffix
}

// skipLink reads a skip token.
func (s *Sandbox) skipLink(token, query string) (link, bool) {
	digits, offset, _ := strings.Cut(token, "_")
	n, err := strconv.Atoi(offset)
	b, errHex := hex.DecodeString(digits)
	if err != nil || errHex != nil || len(b) != 16 || n < 0 {
		return link{}, false
	}
	mask := s.key.MAC("mask " + string(b[11:]))
	for i := range 11 {
		b[i] ^= mask[i]
	}
	if !hmac.Equal(b[11:], s.key.MAC("link " + string(b[:11]) + "_" + offset + " " + query)[:5]) {
		return link{}, false
	}
	return link{
		Position: timeline.Position{Bucket: int64(binary.BigEndian.Uint32(b[0:])), Index: int64(binary.BigEndian.Uint32(b[4:]))},
		page:     int(binary.BigEndian.Uint16(b[8:])), offset: n, revised: b[10]&1 != 0, blanks: b[10]&2 != 0,
	}, true
}

// nextLink is the request's own URL with another skip token, or with none for
// an empty one. Options keep their order.
func (c *call) nextLink(token string) string {
	return c.baseURL() + c.r.URL.EscapedPath() + "?" + c.nextQuery(token)
}

func (c *call) nextQuery(token string) string {
	var kept []string
	for option := range strings.SplitSeq(c.r.URL.RawQuery, "&") {
		name, _, _ := strings.Cut(option, "=")
		name, err := url.QueryUnescape(name)
		if option != "" && err == nil && !strings.EqualFold(name, "$skiptoken") && !strings.EqualFold(name, "$skip") {
			kept = append(kept, strings.Replace(option, "%24", "$", 1))
		}
	}
	return strings.Join(append(kept, "$skiptoken="+token), "&")
}

// envelope joins the parts of a page's JSON.
func envelope(context string, p *page, linkName, next string, linkFirst bool) []byte {
	var b bytes.Buffer
	b.Grow(len(p.events) + 1024)
	b.WriteString(`{"@odata.context":`)
	b.Write(mustJSON(context))
	if p.total >= 0 {
		b.WriteString(`,"@odata.count":` + strconv.Itoa(p.total))
	}
	link := ""
	if next != "" {
		link = `,"` + linkName + `":` + string(quoteURL(next))
	}
	if linkFirst {
		b.WriteString(link)
	}
	b.WriteString(`,"value":[`)
	b.Write(p.events)
	b.WriteByte(']')
	if !linkFirst {
		b.WriteString(link)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// quoteURL is JSON of a link with & as it is, as the service writes it.
func quoteURL(s string) []byte {
	return bytes.ReplaceAll(mustJSON(s), []byte(`\u0026`), []byte("&"))
}
