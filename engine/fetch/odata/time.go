package odata

import (
	"bytes"
	"time"

	"github.com/reportform/reportform/internal/rawjson"
)

// instant is a point in time: Unix seconds and the nanoseconds within.
type instant struct {
	sec  int64
	nsec int32
}

func instantOf(t time.Time) instant { return instant{t.Unix(), int32(t.Nanosecond())} }

func (t instant) time() time.Time { return time.Unix(t.sec, int64(t.nsec)).UTC() }

func (t instant) before(u instant) bool {
	return t.sec < u.sec || t.sec == u.sec && t.nsec < u.nsec
}

// TimeOf returns the time at a path of names in an event, in UTC; zero where it
// is absent or unreadable.
func TimeOf(event []byte, path ...string) time.Time {
	at, ok := instantOfJSON(rawjson.Lookup(event, path...))
	if !ok {
		return time.Time{}
	}
	return at.time()
}

// instantOfJSON reads a raw JSON value that is a string with a time.
func instantOfJSON(raw []byte) (instant, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return instant{}, false
	}
	content := raw[1 : len(raw)-1]
	if rawjson.HasEscapes(content) {
		var buf [64]byte
		content = rawjson.AppendUnescaped(buf[:0], content)
	}
	return parseTime(content)
}

// parseTime reads a time by RFC 3339, and what services and gateways make of it:
// T and Z in either case, a blank for T, a comma before the fraction, and any
// number of digits in it, of which those beyond nanoseconds are dropped. Without
// a zone it is UTC. What is less precise than a second is not read: it could be
// cut to the wrong slice.
func parseTime(b []byte) (instant, bool) {
	if len(b) < len("2006-01-02T15:04:05") ||
		b[4] != '-' || b[7] != '-' || b[10]|0x20 != 't' && b[10] != ' ' || b[13] != ':' || b[16] != ':' {
		return instant{}, false
	}
	century, year, month, day := two(b), two(b[2:]), two(b[5:]), two(b[8:])
	hour, minute, second := two(b[11:]), two(b[14:]), two(b[17:])
	if century|year|month|day|hour|minute|second < 0 {
		return instant{}, false
	}
	year += 100 * century
	leap := second == 60 // it is taken for the second before, and stays on its day
	if leap {
		second = 59
	}
	if month < 1 || month > 12 || day < 1 || day > daysIn(month, year) || hour > 23 || minute > 59 || second > 59 {
		return instant{}, false
	}
	nsec, rest, ok := fraction(b[19:])
	if !ok {
		return instant{}, false
	}
	offset, ok := zone(rest)
	if !ok {
		return instant{}, false
	}
	sec := days(year, month, day)*86400 + int64(hour*3600+minute*60+second-offset)
	if leap && (sec+1)%86400 != 0 {
		return instant{}, false
	}
	return instant{sec, nsec}, true
}

// two reads two digits; it is negative if they are none.
func two(b []byte) int {
	tens, units := b[0]-'0', b[1]-'0'
	if tens > 9 || units > 9 {
		return -1
	}
	return int(tens)*10 + int(units)
}

// fraction reads a fraction of a second, if b begins with one.
func fraction(b []byte) (nsec int32, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '.' && b[0] != ',' {
		return 0, b, true
	}
	i, scale := 1, int32(100_000_000)
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		nsec += int32(b[i]-'0') * scale
		scale /= 10
	}
	return nsec, b[i:], i > 1
}

// zone reads a zone, in seconds east of UTC: none, Z, UTC, GMT, or an offset of
// the forms ±hh:mm, ±h:mm, ±hhmm and ±hh. A blank may stand before it.
func zone(b []byte) (seconds int, ok bool) {
	if len(b) == 1 && b[0]|0x20 == 'z' || len(b) == 0 {
		return 0, true
	}
	if b[0] == ' ' {
		b = b[1:]
	}
	switch {
	case len(b) == 1:
		return 0, b[0]|0x20 == 'z'
	case len(b) < len("+08") || b[0] != '+' && b[0] != '-':
		return 0, bytes.EqualFold(b, []byte("UTC")) || bytes.EqualFold(b, []byte("GMT"))
	}
	hour, minute := b[1:], []byte("00")
	switch len(b) {
	case len("+08"):
	case len("+0800"):
		hour, minute = b[1:3], b[3:]
		if b[2] == ':' { // +8:00
			hour = b[1:2]
		}
	case len("+08:00"):
		hour, minute = b[1:3], b[4:]
		if b[3] != ':' {
			return 0, false
		}
	default:
		return 0, false
	}
	h, m := int(hour[0]-'0'), two(minute)
	if len(hour) == 2 {
		h = two(hour)
	}
	if h < 0 || h > 23 || len(hour) == 1 && h > 9 || m < 0 || m > 59 {
		return 0, false
	}
	seconds = h*3600 + m*60
	if b[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

func daysIn(month, year int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// days returns the days from 1970-01-01 to a date of the Gregorian calendar.
// It counts years from March, so that the leap day comes last.
func days(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	leaps := year/4 - year/100 + year/400
	if year < 0 { // January and February of the year 0
		leaps = -1
	}
	return int64(year*365 + leaps + (153*(month-3)+2)/5 + day - 1 - 719468)
}
