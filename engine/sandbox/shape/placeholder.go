package shape

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/reportform/reportform/engine/sandbox/directory"
	"github.com/reportform/reportform/internal/odatafilter"
)

// placeholder yields the text that takes the place of {{...}}.
type placeholder func(dst []byte, e *Event) []byte

// compileString compiles a string with placeholders. One that is nothing but a
// placeholder with a JSON type of its own, such as int, is not quoted.
func compileString(s, path string) (node, error) {
	var parts []part
	kind, bare := odatafilter.String, false
	for rest := s; rest != ""; {
		before, after, found := strings.Cut(rest, "{{")
		if before != "" {
			parts = append(parts, part{text: before})
		}
		if !found {
			break
		}
		inner, tail, closed := strings.Cut(after, "}}")
		if !closed {
			return nil, fmt.Errorf("%s: {{%s is not closed", path, after)
		}
		fill, k, err := compilePlaceholder(inner, fmt.Sprintf("%s#%d", path, len(parts)))
		if err != nil {
			return nil, fmt.Errorf("%s: {{%s}}: %w", path, inner, err)
		}
		parts = append(parts, part{fill: fill})
		if before == "" && tail == "" && len(parts) == 1 {
			kind, bare = k, k != odatafilter.String && k != odatafilter.Time
		}
		rest = tail
	}
	if len(parts) == 0 || len(parts) == 1 && parts[0].fill == nil {
		quoted, err := json.Marshal(s)
		return constant{quoted, odatafilter.String}, err
	}
	return text{parts: parts, kind: kind, bare: bare}, nil
}

type part struct {
	text string
	fill placeholder
}

// text is a string with placeholders.
type text struct {
	parts []part
	kind  odatafilter.Kind
	bare  bool
}

func (t text) schema() *odatafilter.Schema { return &odatafilter.Schema{Kind: t.kind} }

func (t text) append(dst []byte, e *Event) []byte {
	if t.bare {
		return t.parts[0].fill(dst, e)
	}
	dst = append(dst, '"')
	for i := range t.parts {
		start := len(dst)
		if p := &t.parts[i]; p.fill != nil {
			dst = p.fill(dst, e)
		} else {
			dst = append(dst, p.text...)
		}
		dst = escape(dst, start)
	}
	return append(dst, '"')
}

// escape makes what begins at start fit for a JSON string.
func escape(dst []byte, start int) []byte {
	for i := start; i < len(dst); i++ {
		if c := dst[i]; c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			continue
		}
		raw := string(dst[i:])
		dst = dst[:i]
		for _, r := range raw {
			switch {
			case r == '"' || r == '\\':
				dst = append(dst, '\\', byte(r))
			case r == '\n':
				dst = append(dst, `\n`...)
			case r == '\r':
				dst = append(dst, `\r`...)
			case r == '\t':
				dst = append(dst, `\t`...)
			case r < ' ':
				dst = fmt.Appendf(dst, `\u%04x`, r)
			default:
				dst = utf8.AppendRune(dst, r)
			}
		}
		return dst
	}
	return dst
}

// compilePlaceholder compiles what stands between the braces. The place makes
// its random values differ from those of other places.
func compilePlaceholder(s, place string) (placeholder, odatafilter.Kind, error) {
	name, args, _ := strings.Cut(strings.TrimSpace(s), " ")
	args = strings.TrimSpace(args)
	here := slot(place)
	if strings.Contains(name, ".") {
		if args != "" {
			return nil, 0, fmt.Errorf("%s takes no arguments", name)
		}
		value, err := lookup(name)
		return func(dst []byte, e *Event) []byte { return append(dst, value(e)...) }, odatafilter.String, err
	}
	switch name {
	case "time", "date", "millis", "today":
		return compileTime(name, args, here)
	case "guid":
		if args != "" {
			here = slot("guid " + args)
		}
		return func(dst []byte, e *Event) []byte { return directory.AppendGUID(dst, e.keep(here)) }, odatafilter.String, nil
	case "hex":
		return characters(args, "0123456789abcdef", here)
	case "digits":
		return characters(args, "0123456789", here)
	case "code":
		return characters(args, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", here)
	case "int":
		return compileInt(args, here)
	case "pick":
		return compilePick(args, here)
	case "ip":
		return func(dst []byte, e *Event) []byte { return append(dst, directory.IPv4(e.keep(here))...) }, odatafilter.String, nil
	case "row":
		return func(dst []byte, e *Event) []byte { return strconv.AppendInt(dst, int64(e.Row), 10) }, odatafilter.Number, nil
	case "raw", "base64":
		value, err := lookup(args)
		if name == "raw" {
			return func(dst []byte, e *Event) []byte { return append(dst, value(e)...) }, odatafilter.Any, err
		}
		return func(dst []byte, e *Event) []byte {
			return base64.StdEncoding.AppendEncode(dst, []byte(value(e)))
		}, odatafilter.String, err
	case "evolved":
		return either(func(e *Event) bool { return e.Evolved }, args, "unknownFutureValue"), odatafilter.String, nil
	case "premium":
		return either(func(e *Event) bool { return e.Premium }, args, "hidden"), odatafilter.String, nil
	}
	return nil, 0, fmt.Errorf("%q is not a placeholder", name)
}

func either(condition func(*Event) bool, yes, no string) placeholder {
	return func(dst []byte, e *Event) []byte {
		if condition(e) {
			return append(dst, yes...)
		}
		return append(dst, no...)
	}
}

// column finds kind.attribute. A digit after the kind makes it another object
// of that kind: user2 is not user.
func column(name string) (kind, col int, err error) {
	k, attribute, _ := strings.Cut(name, ".")
	k = strings.TrimRight(k, "0123456789")
	for i, known := range directory.Kinds() {
		if known.Name != k {
			continue
		}
		if col = slices.Index(known.Columns, attribute); col < 0 {
			return 0, 0, fmt.Errorf("a %s has no %q, only %s", k, attribute, strings.Join(known.Columns, ", "))
		}
		return i, col, nil
	}
	return 0, 0, fmt.Errorf("there is no kind of object %q", k)
}

// lookup returns an attribute of the object of that name: of the one that the
// event is about, where the shape has one for each object of the kind.
func lookup(name string) (func(*Event) string, error) {
	kind, col, err := column(name)
	if err != nil {
		return nil, err
	}
	object, _, _ := strings.Cut(name, ".")
	drawn := slot("object " + object)
	first := !strings.ContainsAny(object, "0123456789")
	return func(e *Event) string {
		rows := e.Directory.Table(kind).Rows
		if first && e.each == kind && e.Row < len(rows) {
			return rows[e.Row][col]
		}
		return rows[e.keep(drawn)%uint64(len(rows))][col]
	}, nil
}

func characters(args, alphabet string, here uint64) (placeholder, odatafilter.Kind, error) {
	n, err := strconv.Atoi(args)
	if err != nil || n < 1 || n > 512 {
		return nil, 0, fmt.Errorf("%q is not a number of characters", args)
	}
	return func(dst []byte, e *Event) []byte {
		h := e.keep(here)
		for i := range n {
			if i%8 == 0 {
				h = directory.Mix(h)
			}
			dst = append(dst, alphabet[h&0xff%uint64(len(alphabet))])
			h >>= 8
		}
		return dst
	}, odatafilter.String, nil
}

func compileInt(args string, here uint64) (placeholder, odatafilter.Kind, error) {
	var low, high int64
	if n, err := fmt.Sscan(args, &low, &high); n != 2 || err != nil || high < low {
		return nil, 0, fmt.Errorf("%q is not a lowest and a highest number", args)
	}
	return func(dst []byte, e *Event) []byte {
		return strconv.AppendInt(dst, low+int64(e.change(here)%uint64(high-low+1)), 10)
	}, odatafilter.Number, nil
}

// compilePick reads values separated by |, each with a weight and * before it
// if that is not 1.
func compilePick(args string, here uint64) (placeholder, odatafilter.Kind, error) {
	var values []string
	var limits []uint64
	total := uint64(0)
	for value := range strings.SplitSeq(args, "|") {
		weight := uint64(1)
		if before, after, found := strings.Cut(value, "*"); found {
			if n, err := strconv.ParseUint(before, 10, 16); err == nil && n > 0 {
				weight, value = n, after
			}
		}
		total += weight
		values, limits = append(values, value), append(limits, total)
	}
	return func(dst []byte, e *Event) []byte {
		h := e.change(here) % total
		i, _ := slices.BinarySearch(limits, h+1)
		return append(dst, values[i]...)
	}, odatafilter.String, nil
}

// compileTime reads no offset, one, or a lowest and a highest one between which
// the offset is drawn. Offsets are durations, such as +2m or -36h.
func compileTime(name, args string, here uint64) (placeholder, odatafilter.Kind, error) {
	var offsets [2]int64
	fields := strings.Fields(args)
	if len(fields) > 2 {
		return nil, 0, fmt.Errorf("%q is more than two offsets", args)
	}
	for i, f := range fields {
		d, err := time.ParseDuration(f)
		if err != nil || d%Tick != 0 {
			return nil, 0, fmt.Errorf("%q is not a duration", f)
		}
		offsets[i] = int64(d / Tick)
	}
	if len(fields) < 2 {
		offsets[1] = offsets[0]
	}
	low, width := min(offsets[0], offsets[1]), max(offsets[0], offsets[1])-min(offsets[0], offsets[1])
	at := func(e *Event) int64 {
		t := e.Ticks
		if name == "today" {
			t = e.Now - e.Now%int64(24*time.Hour/Tick)
		}
		t += low
		if width > 0 {
			t += int64(e.keep(here) % uint64(width))
			t -= t % e.unit
		}
		return t
	}
	switch name {
	case "date":
		return func(dst []byte, e *Event) []byte { return Time(at(e)).AppendFormat(dst, time.DateOnly) }, odatafilter.String, nil
	case "millis":
		return func(dst []byte, e *Event) []byte { return strconv.AppendInt(dst, Time(at(e)).UnixMilli(), 10) }, odatafilter.Number, nil
	}
	return func(dst []byte, e *Event) []byte { return appendTime(dst, at(e)) }, odatafilter.Time, nil
}

// appendTime writes a time as the service does: up to seven fractional digits,
// without zeros at their end, and Z.
func appendTime(dst []byte, ticks int64) []byte {
	return Time(ticks).AppendFormat(dst, "2006-01-02T15:04:05.9999999Z07:00")
}
