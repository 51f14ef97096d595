// Package shape is the template language in which the sandbox's events are
// written: a JSON object whose strings hold placeholders in double braces and
// whose members can be variants. README.md beside the shapes describes it.
//
// What a placeholder yields depends on the event and on where the placeholder
// stands, never on its neighbours, so that a shape can grow without changing
// the events that it gave before.
package shape

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/sandbox/directory"
	"github.com/reportform/reportform/internal/odatafilter"
)

// Shape makes the events of one report.
type Shape struct {
	// Weight is the number of events relative to other reports.
	Weight float64
	// Resolution is what event times are truncated to, a tick at least.
	Resolution time.Duration
	// Every, if not 0, replaces random times by one event at each multiple.
	Every time.Duration
	// Keep is how far back events go if the report type does not say; 0 for unknown.
	Keep time.Duration
	// Each makes one event for each object of the kind with that index, -1 for none.
	Each int
	// Share is the part of the objects of Each that have an event, 0 to 1.
	Share float64
	// Default lists the members that come without $select; nil for all.
	Default []string
	// Pages says how the report's endpoint pages if it differs from its
	// neighbours: PagesNone or PagesWithTop.
	Pages string
	// DefaultPage and MaxPage are page sizes that differ from the neighbours'; 0 for theirs.
	DefaultPage, MaxPage int

	root *object
}

// Values of Shape.Pages.
const (
	// PagesNone gives everything in one page, whatever is asked for.
	PagesNone = "none"
	// PagesWithTop gives a link to the next page only if $top was sent.
	PagesWithTop = "with_top"
)

// Tick is the precision of event times, in nanoseconds.
const Tick = 100 * time.Nanosecond

// Ticks converts a time to ticks since 1970, rounding down.
func Ticks(t time.Time) int64 {
	return t.Unix()*int64(time.Second/Tick) + int64(t.Nanosecond())/int64(Tick)
}

// Time converts ticks since 1970 to a time in UTC.
func Time(ticks int64) time.Time {
	perSecond := int64(time.Second / Tick)
	s := ticks / perSecond
	if ticks%perSecond < 0 {
		s--
	}
	return time.Unix(s, (ticks-s*perSecond)*int64(Tick)).UTC()
}

// Event is what an event is made from.
type Event struct {
	Directory *directory.Directory
	Seed      uint64
	Ticks     int64 // the event's time
	Now       int64 // ticks; for placeholders that are relative to the present
	Row       int   // of the object that the event is about, where the shape has Each
	// Revision other than 0 makes another version of the same event: ids,
	// times and objects stay, results change.
	Revision uint64
	// Select lists the members that are wanted; nil for all.
	Select map[string]bool
	// Evolved gives the enum members that were added late their names.
	Evolved bool
	// Premium says that the directory has the licence for risk details.
	Premium bool

	each int
	unit int64 // Resolution in ticks
}

// file is the JSON form of a shape.
type file struct {
	Extends    string          `json:"extends"`
	Weight     *float64        `json:"weight"`
	Resolution string          `json:"resolution"`
	Every      string          `json:"every"`
	Keep       string          `json:"keep"`
	Each       string          `json:"each"`
	Share      *float64        `json:"share"`
	Default    []string        `json:"default"`
	Pages      string          `json:"pages"`
	DefPage    int             `json:"default_page"`
	MaxPage    int             `json:"max_page"`
	Event      json.RawMessage `json:"event"`
}

// Load reads the shape of that name from fsys. Its errors name the file; one
// that is an fs.ErrNotExist says that there is no such shape.
func Load(fsys fs.FS, name string) (*Shape, error) { return load(fsys, name, 0) }

func load(fsys fs.FS, name string, depth int) (*Shape, error) {
	if depth > 8 {
		return nil, fmt.Errorf("%s.json: extends itself", name)
	}
	data, err := fs.ReadFile(fsys, name+".json")
	if err != nil {
		return nil, err
	}
	var f file
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("%s.json: %w", name, err)
	}
	s := &Shape{Weight: 1, Each: -1, Share: 1, root: &object{}}
	if f.Extends != "" {
		base, err := load(fsys, f.Extends, depth+1)
		if err != nil {
			return nil, fmt.Errorf("%s.json: extends: %w", name, err)
		}
		s = base
	}
	if err := s.apply(&f); err != nil {
		return nil, fmt.Errorf("%s.json: %w", name, err)
	}
	return s, nil
}

// Parse reads a shape that consists of an event alone.
func Parse(event []byte) (*Shape, error) {
	s := &Shape{Weight: 1, Each: -1, Share: 1, root: &object{}}
	return s, s.apply(&file{Event: event})
}

func (s *Shape) apply(f *file) error {
	if f.Weight != nil {
		s.Weight = *f.Weight
	}
	if f.Share != nil {
		s.Share = *f.Share
	}
	if f.Default != nil {
		s.Default = f.Default
	}
	if f.DefPage > 0 {
		s.DefaultPage = f.DefPage
	}
	if f.MaxPage > 0 {
		s.MaxPage = f.MaxPage
	}
	switch f.Pages {
	case "":
	case PagesNone, PagesWithTop:
		s.Pages = f.Pages
	default:
		return fmt.Errorf("pages: %q is not known", f.Pages)
	}
	for _, d := range []struct {
		text string
		to   *time.Duration
	}{{f.Resolution, &s.Resolution}, {f.Every, &s.Every}, {f.Keep, &s.Keep}} {
		if d.text == "" {
			continue
		}
		var err error
		if *d.to, err = time.ParseDuration(d.text); err != nil || *d.to <= 0 || *d.to%Tick != 0 {
			return fmt.Errorf("%q is not a duration", d.text)
		}
	}
	if s.Every%time.Hour != 0 {
		return fmt.Errorf("every: %s is not a number of whole hours", s.Every)
	}
	if f.Each != "" {
		kind, _, err := column(f.Each + ".id")
		if err != nil {
			return fmt.Errorf("each: %w", err)
		}
		s.Each = kind
	}
	s.Resolution = max(s.Resolution, Tick)
	return s.members(f.Event)
}

// members compiles the event and lays it over the members that are there.
func (s *Shape) members(event []byte) error {
	if len(event) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(event))
	d.UseNumber()
	node, err := compile(d, "")
	if err != nil {
		return fmt.Errorf("event: %w", err)
	}
	top, ok := node.(braces)
	if !ok {
		return errors.New("event: not an object")
	}
	for _, m := range top.members {
		s.root.set(m)
	}
	return nil
}

// Schema describes the events.
func (s *Shape) Schema() *odatafilter.Schema { return s.root.schema() }

// Append appends the event as JSON on one line.
func (s *Shape) Append(dst []byte, e Event) []byte {
	e.each, e.unit = s.Each, int64(s.Resolution/Tick)
	dst = append(dst, '{')
	dst = s.root.append(dst, &e, e.Select)
	return append(dst, '}')
}

// node is a compiled JSON value.
type node interface {
	append(dst []byte, e *Event) []byte
	schema() *odatafilter.Schema
}

type member struct {
	name  string
	key   []byte // the name quoted, and a colon
	value node
	// one is set instead of value where the name is $one: the members of the
	// chosen variant stand in its place.
	one *one
}

type object struct{ members []member }

// set adds a member or replaces the one of that name.
func (o *object) set(m member) {
	for i := range o.members {
		if o.members[i].name == m.name {
			o.members[i] = m
			return
		}
	}
	o.members = append(o.members, m)
}

// checkVariants reports a variant that has no members to stand among others.
func (o *object) checkVariants() error {
	for _, m := range o.members {
		if m.one == nil {
			continue
		}
		for _, v := range m.one.variants {
			if _, ok := v.(braces); !ok {
				return fmt.Errorf("%s: its variants stand beside other members and so must be objects", m.name)
			}
		}
	}
	return nil
}

// append writes the members that wanted has, or all if it is nil.
func (o *object) append(dst []byte, e *Event, wanted map[string]bool) []byte {
	for i := range o.members {
		m := &o.members[i]
		if m.one != nil {
			dst = m.one.choose(e).(braces).object.append(dst, e, wanted)
			continue
		}
		if wanted != nil && !wanted[m.name] {
			continue
		}
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(dst, m.key...)
		dst = m.value.append(dst, e)
	}
	return dst
}

func (o *object) schema() *odatafilter.Schema {
	s := &odatafilter.Schema{Kind: odatafilter.Object, Members: map[string]*odatafilter.Schema{}}
	for _, m := range o.members {
		if m.one != nil {
			s = odatafilter.Merge(s, m.one.schema())
			continue
		}
		s.Members[m.name] = odatafilter.Merge(s.Members[m.name], m.value.schema())
	}
	return s
}

// braces is an object that stands as a value.
type braces struct{ *object }

func (b braces) append(dst []byte, e *Event) []byte {
	dst = append(dst, '{')
	dst = b.object.append(dst, e, nil)
	return append(dst, '}')
}

type array []node

func (a array) append(dst []byte, e *Event) []byte {
	dst = append(dst, '[')
	for i, n := range a {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = n.append(dst, e)
	}
	return append(dst, ']')
}

func (a array) schema() *odatafilter.Schema {
	s := &odatafilter.Schema{Kind: odatafilter.Collection}
	for _, n := range a {
		s.Element = odatafilter.Merge(s.Element, n.schema())
	}
	return s
}

// constant is JSON that is the same in every event.
type constant struct {
	json []byte
	kind odatafilter.Kind
}

func (c constant) append(dst []byte, _ *Event) []byte { return append(dst, c.json...) }
func (c constant) schema() *odatafilter.Schema        { return &odatafilter.Schema{Kind: c.kind} }

// one is a choice of variants by weight.
type one struct {
	slot     uint64
	total    uint64
	limits   []uint64 // cumulated weights
	variants []node
	kept     bool // the same in every revision
}

func (o *one) choose(e *Event) node {
	h := e.change(o.slot)
	if o.kept {
		h = e.keep(o.slot)
	}
	h %= o.total
	for i, limit := range o.limits {
		if h < limit {
			return o.variants[i]
		}
	}
	return o.variants[len(o.variants)-1]
}

func (o *one) append(dst []byte, e *Event) []byte { return o.choose(e).append(dst, e) }

func (o *one) schema() *odatafilter.Schema {
	var s *odatafilter.Schema
	for _, v := range o.variants {
		s = odatafilter.Merge(s, v.schema())
	}
	return s
}

// keep is a random number that belongs to the event, change one that differs
// in each of its revisions.
func (e *Event) keep(slot uint64) uint64 { return directory.Mix(e.Seed ^ slot) }

func (e *Event) change(slot uint64) uint64 {
	return directory.Mix(e.Seed ^ slot ^ e.Revision*0x9e3779b97f4a7c15)
}

// slot numbers a place in the shape, or a name that places share.
func slot(place string) uint64 { return directory.Hash(0, place) }

// oneKey begins the name of a member that is a choice. The choice named id
// belongs to what identifies the event.
const oneKey = "$one"

// compile reads the next value of d, which stands at path.
func compile(d *json.Decoder, path string) (node, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			return compileArray(d, path)
		}
		o, err := compileObject(d, path)
		if err != nil {
			return nil, err
		}
		if len(o.members) == 1 && o.members[0].one != nil && path != "" {
			return o.members[0].one, nil
		}
		return braces{o}, o.checkVariants()
	case string:
		return compileString(t, path)
	case json.Number:
		return constant{[]byte(t), odatafilter.Number}, nil
	case bool:
		return constant{fmt.Append(nil, t), odatafilter.Bool}, nil
	}
	return constant{[]byte("null"), odatafilter.Null}, nil
}

func compileArray(d *json.Decoder, path string) (node, error) {
	a := array{}
	for d.More() {
		n, err := compile(d, fmt.Sprintf("%s/%d", path, len(a)))
		if err != nil {
			return nil, err
		}
		a = append(a, n)
	}
	_, err := d.Token()
	return a, err
}

func compileObject(d *json.Decoder, path string) (*object, error) {
	o := &object{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := t.(string)
		if strings.HasPrefix(name, oneKey) {
			choice, err := compileOne(d, path, name)
			if err != nil {
				return nil, fmt.Errorf("%s/%s: %w", path, name, err)
			}
			o.members = append(o.members, member{name: name, one: choice})
			continue
		}
		value, err := compile(d, path+"/"+name)
		if err != nil {
			return nil, err
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		o.members = append(o.members, member{name: name, key: append(key, ':'), value: value})
	}
	_, err := d.Token()
	return o, err
}

// compileOne reads [[weight, value], ...]. A choice with a name after $one is
// made once in an event, wherever it stands; one without is made in its place.
func compileOne(d *json.Decoder, path, name string) (*one, error) {
	o := &one{slot: slot(name), kept: name == oneKey+" id"}
	if name == oneKey {
		o.slot = slot(path + "/" + name)
	}
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, errors.New("variants are a list")
	}
	for d.More() {
		if t, err := d.Token(); err != nil || t != json.Delim('[') {
			return nil, errors.New("a variant is a list of its weight and its value")
		}
		t, err := d.Token()
		weight, ok := t.(json.Number)
		if err != nil || !ok {
			return nil, errors.New("a variant begins with its weight")
		}
		n, err := weight.Int64()
		if err != nil || n <= 0 || n > 1_000_000 {
			return nil, fmt.Errorf("weight %s is not between 1 and a million", weight)
		}
		value, err := compile(d, fmt.Sprintf("%s/%s/%d", path, name, len(o.variants)))
		if err != nil {
			return nil, err
		}
		if t, err := d.Token(); err != nil || t != json.Delim(']') {
			return nil, errors.New("a variant has more than a weight and a value")
		}
		o.total += uint64(n)
		o.limits = append(o.limits, o.total)
		o.variants = append(o.variants, value)
	}
	if len(o.variants) == 0 {
		return nil, errors.New("no variants")
	}
	_, err := d.Token()
	return o, err
}
