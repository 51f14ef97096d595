package rawjson

import "strconv"

// Keys names the properties that Split picks out of each event: members of the
// event itself, not of objects in it. Names are compared byte for byte; one
// that data writes with escapes is decoded first.
type Keys struct {
	// Time is empty for none.
	Time string
	// ID has at most two names; more are ignored, empty ones too.
	ID []string
}

// Item is one event of a page. All slices point into the page's data.
type Item struct {
	// Raw is the event, from '{' to '}'.
	Raw []byte
	// ID has the raw values of Keys.ID, strings with their quotes; nil when absent.
	ID [2][]byte
	// Time is the raw value of Keys.Time, nil when absent.
	Time []byte
	// OneLine reports that Raw holds neither '\n' nor '\r'.
	OneLine bool
}

// Page is one page of a collection. It is reused: Split resets it and keeps
// its capacity. Where names repeat, the last one counts.
type Page struct {
	// Items are the elements of the member "value".
	Items []Item
	// NextLink is the text of the member "@odata.nextLink", or else of
	// "odata.nextLink". It is empty when both are absent, null or empty.
	NextLink string
	// Error is the raw value of the member "error", or else of "odata.error".
	// It is nil when both are absent or null.
	Error []byte
	// Count is "@odata.count", -1 when that is absent or not an integer from
	// 0 to the greatest int64.
	Count int64
	// HasValue reports that there was a member "value" that is an array.
	HasValue bool
}

// Split validates data, which must be exactly one JSON object, by the rules of
// Valid, and splits the elements of its "value" array, in one pass. A "value"
// that is not an array is passed over. These are errors too: an element of
// value that is not an object, a second "value" that is an array, and a next
// link that is neither a string nor null, which would look like the last page.
//
// The error is a *SyntaxError; the page means nothing then.
func (p *Page) Split(data []byte, keys *Keys) error {
	*p = Page{Items: p.Items[:0], Count: -1}
	s := splitter{scanner: scanner{data: data}, items: p.Items}
	s.pick(keys)
	i := s.start()
	if i >= 0 {
		i = s.page(i)
	}
	p.Items = s.items
	if err := s.finish(i); err != nil {
		return err
	}
	p.HasValue = s.hasValue
	p.Count = count(s.count)
	if p.Error = s.fault[0]; p.Error == nil {
		p.Error = s.fault[1]
	}
	for _, link := range s.link {
		if p.NextLink == "" && link != nil {
			p.NextLink = string(AppendString(nil, link))
		}
	}
	return nil
}

// splitter is a scanner that remembers what a page is made of.
type splitter struct {
	scanner
	names    [3]string // to pick from events: time, first id, second id
	lengths  lengths   // of names
	items    []Item
	hasValue bool
	count    []byte
	// By spelling, with the odata prefix of the newer protocol and the older one.
	link, fault [2][]byte
}

func (s *splitter) pick(keys *Keys) {
	if keys == nil {
		return
	}
	s.names[0] = keys.Time
	copy(s.names[1:], keys.ID)
	for _, name := range s.names {
		s.lengths.add(len(name))
	}
}

// lengths is a set of lengths, with all above 63 taken for one. It spares most
// keys of an event the comparison with names.
type lengths uint64

func (l *lengths) add(n int) { *l |= 1 << min(uint(n), 63) }

func (l lengths) has(n int) bool { return l>>min(uint(n), 63)&1 != 0 }

// page scans the object that data is.
func (s *splitter) page(i int) int {
	if s.at(i) != '{' {
		return s.unexpected(i, "an object")
	}
	i = s.space(i + 1)
	if s.at(i) == '}' {
		return i + 1
	}
	for {
		if s.at(i) != '"' {
			return s.unexpected(i, "a name in quotes")
		}
		key := i + 1
		if i = s.text(key); i < 0 {
			return i
		}
		name := s.data[key : i-1]
		if i = s.colon(i); i < 0 {
			return i
		}
		if i = s.member(name, i); i < 0 {
			return i
		}
		i = s.space(i)
		switch s.at(i) {
		case ',':
			i = s.space(i + 1)
		case '}':
			return i + 1
		default:
			return s.unexpected(i, `"," or "}"`)
		}
	}
}

// member scans the value of a member of the page.
func (s *splitter) member(name []byte, i int) int {
	if HasEscapes(name) {
		name = AppendUnescaped(nil, name)
	}
	if string(name) == "value" && s.at(i) == '[' {
		if s.hasValue {
			return s.fail(i, `a second array "value"`)
		}
		s.hasValue = true
		return s.events(i)
	}
	start := i
	if i = s.value(i, 1); i < 0 {
		return i
	}
	value := s.data[start:i:i]
	kind := kindAt(value, 0)
	if kind == Null {
		value = nil
	}
	switch string(name) {
	case "@odata.nextLink", "odata.nextLink":
		if kind != String && kind != Null {
			return s.fail(start, "the next link is not a string")
		}
		older := 0
		if name[0] != '@' {
			older = 1
		}
		s.link[older] = value
	case "error":
		s.fault[0] = value
	case "odata.error":
		s.fault[1] = value
	case "@odata.count":
		s.count = value
	}
	return i
}

// events scans the array of events.
func (s *splitter) events(i int) int {
	i = s.space(i + 1)
	if s.at(i) == ']' {
		return i + 1
	}
	for {
		if s.at(i) != '{' {
			return s.unexpected(i, "an event, which is an object,")
		}
		start := i
		s.lines = false
		s.items = append(s.items, Item{})
		item := &s.items[len(s.items)-1]
		if i = s.event(i, item); i < 0 {
			return i
		}
		item.Raw = s.data[start:i:i]
		item.OneLine = !s.lines
		i = s.space(i)
		switch s.at(i) {
		case ',':
			i = s.space(i + 1)
		case ']':
			return i + 1
		default:
			return s.unexpected(i, `"," or "]"`)
		}
	}
}

// event scans one event, an object, and picks its properties.
func (s *splitter) event(i int, item *Item) int {
	i = s.space(i + 1)
	if s.at(i) == '}' {
		return i + 1
	}
	for {
		if s.at(i) != '"' {
			return s.unexpected(i, "a name in quotes")
		}
		key, escapes := i+1, s.escapes
		if i = s.text(key); i < 0 {
			return i
		}
		name := s.data[key : i-1]
		picked := s.lengths.has(len(name)) || s.escapes != escapes
		if i = s.colon(i); i < 0 {
			return i
		}
		start := i
		if i = s.value(i, 3); i < 0 {
			return i
		}
		if picked {
			s.keep(item, name, s.data[start:i:i])
		}
		i = s.space(i)
		switch s.at(i) {
		case ',':
			i = s.space(i + 1)
		case '}':
			return i + 1
		default:
			return s.unexpected(i, `"," or "}"`)
		}
	}
}

// keep stores the value of a member of an event if its name is one to pick.
func (s *splitter) keep(item *Item, name, value []byte) {
	for k, want := range s.names {
		if want != "" && nameIs(name, want) {
			if k == 0 {
				item.Time = value
			} else {
				item.ID[k-1] = value
			}
		}
	}
}

// count reads a non-negative integer, -1 if it is none.
func count(raw []byte) int64 {
	if raw == nil {
		return -1
	}
	n, err := strconv.ParseUint(string(raw), 10, 63)
	if err != nil {
		return -1
	}
	return int64(n)
}
