package odata

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{ // want is RFC 3339 in UTC, empty for none
		"2026-11-23T21:35:39Z":               "2026-11-23T21:35:39Z",
		"2026-11-23T21:35:39.1Z":             "2026-11-23T21:35:39.1Z",
		"2026-11-23T21:35:39.1234567Z":       "2026-11-23T21:35:39.1234567Z",
		"2026-11-23T21:35:39.123456789Z":     "2026-11-23T21:35:39.123456789Z",
		"2026-11-23T21:35:39.9999999999999Z": "2026-11-23T21:35:39.999999999Z",
		"2026-11-23T21:35:39+00:00":          "2026-11-23T21:35:39Z",
		"2026-11-23T21:35:39.5-08:00":        "2026-11-24T05:35:39.5Z",
		"2026-11-23T21:35:39-8:00":           "2026-11-24T05:35:39Z",
		"2026-11-23T21:35:39+5:30":           "2026-11-23T16:05:39Z",
		"0001-01-01T00:00:00Z":               "0001-01-01T00:00:00Z",
		"0000-02-29T12:00:00Z":               "0000-02-29T12:00:00Z",
		"0000-01-01T00:00:00Z":               "0000-01-01T00:00:00Z",
		"9999-12-31T23:59:59.9999999Z":       "9999-12-31T23:59:59.9999999Z",
		"2024-02-29T00:00:00Z":               "2024-02-29T00:00:00Z",
		"1969-12-31T23:59:59.5Z":             "1969-12-31T23:59:59.5Z",

		"2026-11-20t10:00:00z":              "2026-11-20T10:00:00Z",
		"2026-11-23t21:35:39+05:00":         "2026-11-23T16:35:39Z",
		"2026-11-23T21:35:39":               "2026-11-23T21:35:39Z",
		"2026-11-23T21:35:39.123":           "2026-11-23T21:35:39.123Z",
		"2026-11-23 21:35:39":               "2026-11-23T21:35:39Z",
		"2026-11-23 21:35:39Z":              "2026-11-23T21:35:39Z",
		"2026-11-23 21:35:39 UTC":           "2026-11-23T21:35:39Z",
		"2026-11-23 21:35:39gmt":            "2026-11-23T21:35:39Z",
		"2026-11-23 21:35:39 z":             "2026-11-23T21:35:39Z",
		"2026-11-23T21:35:39,25Z":           "2026-11-23T21:35:39.25Z",
		"2026-11-23T21:35:39+0000":          "2026-11-23T21:35:39Z",
		"2026-11-23T21:35:39.5-0800":        "2026-11-24T05:35:39.5Z",
		"2026-11-23T21:35:39 +0530":         "2026-11-23T16:05:39Z",
		"2026-11-23T21:35:39+02":            "2026-11-23T19:35:39Z",
		"2026-12-31T23:59:60Z":              "2026-12-31T23:59:59Z",
		"2027-01-01T01:59:60.5+02:00":       "2026-12-31T23:59:59.5Z",
		"2026-11-23T21:35:39.000000000000z": "2026-11-23T21:35:39Z",

		"":                           "",
		"2026-11-23":                 "",
		"2026-11-23T21:35":           "",
		"2026-11-23T21:35Z":          "",
		"2026-11-23T21:35:60Z":       "",
		"2026-11-23T21:35:39 ":       "",
		"2026-11-23T21:35:39  Z":     "",
		"2026-11-23T21:35:39y":       "",
		"2026-11-23T21:35:39CET":     "",
		"2026-11-23T21:35:39+8":      "",
		"2026-11-23T21:35:39+800":    "",
		"2026-11-23T21:35:39+08000":  "",
		"2026-11-23T21:35:39+08-00":  "",
		"2026-11-23_21:35:39Z":       "",
		"soon":                       "",
		"2026-11-23T21:35:39.Z":      "",
		"2026-11-23T21:35:39Zx":      "",
		"2026-11-23T21:35:39+:00":    "",
		"2026-11-23T21:35:39+x:00":   "",
		"2026-11-23T21:35:39+A:00":   "",
		"2026-11-23T21:35:39+24:00":  "",
		"2026-11-23T21:35:39+08:60":  "",
		"2026-11-23T21:35:39+108:00": "",
		"2023-02-29T00:00:00Z":       "",
		"1900-02-29T00:00:00Z":       "",
		"2026-13-01T00:00:00Z":       "",
		"2026-00-01T00:00:00Z":       "",
		"2026-04-31T00:00:00Z":       "",
		"2026-11-00T00:00:00Z":       "",
		"2026-11-01T24:00:00Z":       "",
		"2026-11-01T00:60:00Z":       "",
		"2026-11-01T00:00:60Z":       "",
		"202a-11-01T00:00:00Z":       "",
		"2026-11-01T0 :00:00Z":       "",
	} {
		got, ok := parseTime([]byte(text))
		if ok != (want != "") {
			t.Errorf("%q: read %v", text, ok)
		} else if ok && got.time().Format(time.RFC3339Nano) != want {
			t.Errorf("%q is %v, want %s", text, got.time(), want)
		}
	}
}

func TestInstantOfJSON(t *testing.T) {
	want := instantOf(time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC))
	for raw, ok := range map[string]bool{
		`"2026-11-23T20:00:00Z"`:              true,
		`"2026-11-23T20:00:00\u002B00:00"`:    true,
		`null`:                                false,
		``:                                    false,
		`"`:                                   false,
		`1795464000`:                          false,
		`""`:                                  false,
		`{"dateTime":"2026-11-23T20:00:00Z"}`: false,
	} {
		got, read := instantOfJSON([]byte(raw))
		if read != ok || ok && got != want {
			t.Errorf("%s: %v, %v", raw, got, read)
		}
	}
}

// Every day of some centuries, so that the calendar is right.
func TestParseTimeCalendar(t *testing.T) {
	for at := time.Date(1890, 1, 1, 23, 59, 58, 7, time.UTC); at.Year() < 2110; at = at.AddDate(0, 0, 1) {
		got, ok := parseTime([]byte(at.Format(time.RFC3339Nano)))
		if !ok || got != instantOf(at) {
			t.Fatalf("%v is read as %v", at, got.time())
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, seed := range []string{
		"2026-11-23T21:35:39.1234567Z", "2024-02-29T23:59:59+14:00", "0000-01-01T00:00:00-8:00",
		"2026-11-23T21:35:39.Z", "9999-12-31T23:59:59.999999999999-23:59",
	} {
		f.Add(seed)
	}
	for _, seed := range []string{"2026-11-20t10:00:00z", "2026-11-20 10:00:00,5 +0000", "2026-11-20T10:00:00", "2026-12-31T23:59:60gmt", "2026-11-20T10:00:00+02"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseTime([]byte(text))
		want, err := time.Parse(time.RFC3339, standard(text))
		switch {
		case ok && err != nil:
			t.Errorf("%q was read, and time.Parse says %v", text, err)
		case ok && got != instantOf(want):
			t.Errorf("%q is %v, want %v", text, got.time(), want)
		case !ok && err == nil && want.UTC().Format(time.RFC3339Nano) == text:
			t.Errorf("%q was not read", text)
		}
	})
}

var writtenTime = regexp.MustCompile(`(?i)^(\d{4}-\d\d-\d\d)[t ](\d\d:\d\d:)(\d\d)([.,]\d+)?( ?)(z|utc|gmt|[+-]\d{1,2}:\d\d|[+-]\d{4}|[+-]\d\d)?$`)

// standard writes a time by RFC 3339, empty for what is none.
func standard(text string) string {
	m := writtenTime.FindStringSubmatch(text)
	if m == nil || m[5] != "" && m[6] == "" {
		return ""
	}
	second, zone := m[3], strings.ToUpper(m[6])
	if second == "60" {
		second = "59"
	}
	switch {
	case zone == "" || zone[0] != '+' && zone[0] != '-':
		zone = "Z"
	case len(zone) == len("+08"):
		zone += ":00"
	case len(zone) == len("+8:00") && zone[2] == ':':
		zone = zone[:1] + "0" + zone[1:]
	case len(zone) == len("+0800"):
		zone = zone[:3] + ":" + zone[3:]
	}
	return m[1] + "T" + m[2] + second + strings.Replace(m[4], ",", ".", 1) + zone
}

func TestParseTimeDoesNotAllocate(t *testing.T) {
	raw := []byte(`"2026-11-23T21:35:39.1234567\u002B00:00"`)
	if n := testing.AllocsPerRun(100, func() { instantOfJSON(raw) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkParseTime(b *testing.B) {
	raw := []byte(`"2026-11-23T21:35:39.1234567Z"`)
	for b.Loop() {
		if _, ok := instantOfJSON(raw); !ok {
			b.Fatal("not read")
		}
	}
}

func TestTimeOf(t *testing.T) {
	const event = `{"t":"2026-11-01T12:00:00+02:00","s":{"t":"2026-11-01T12:00:00.5Z","n":null},"x":"soon"}`
	for path, want := range map[string]time.Time{
		"t":   time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC),
		"s/t": time.Date(2026, 11, 1, 12, 0, 0, 500_000_000, time.UTC),
		"s/n": {}, "s/o": {}, "s": {}, "x": {}, "y": {}, "t/t": {}, "": {},
	} {
		if got := TimeOf([]byte(event), strings.Split(path, "/")...); got != want {
			t.Errorf("the time at %q is %v, want %v", path, got, want)
		}
	}
}
