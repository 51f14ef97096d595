package place

import (
	"encoding/json"
	"testing"
)

func TestPlace(t *testing.T) {
	for _, test := range []struct {
		place      Place
		kind       Kind
		text, part string
		shown      string
		json       string
	}{
		{"out/a.json", File, "out/a.json", "", "out/a.json", `"out/a.json"`},
		{New(File, "/a b", ""), File, "/a b", "", "/a b", `"/a b"`},
		{Console, Standard, "-", "", "-", `"-"`},
		{New(Standard, "", ""), Standard, "-", "", "-", `"-"`},
		{New("table", "pg.sign_ins", "contoso 2026-11-09"), "table", "pg.sign_ins", "contoso 2026-11-09", "pg.sign_ins contoso 2026-11-09", `{"kind":"table","text":"pg.sign_ins","part":"contoso 2026-11-09"}`},
		{New("object", "s3://bucket/x", ""), "object", "s3://bucket/x", "", "s3://bucket/x", `{"kind":"object","text":"s3://bucket/x"}`},
		{New(File, "rows.db", "8"), File, "rows.db", "8", "rows.db 8", `{"kind":"file","text":"rows.db","part":"8"}`},
	} {
		if test.place.Kind() != test.kind || test.place.Text() != test.text || test.place.Part() != test.part || test.place.String() != test.shown {
			t.Errorf("%q is of kind %q, text %q, part %q, shown as %q", string(test.place), test.place.Kind(), test.place.Text(), test.place.Part(), test.place)
		}
		if test.place.IsFile() != (test.kind == File && test.part == "") || test.place.Stays() != (test.kind != Standard) {
			t.Errorf("%s is a file: %v, stays: %v", test.place, test.place.IsFile(), test.place.Stays())
		}
		data, err := json.Marshal(test.place)
		if err != nil || string(data) != test.json {
			t.Errorf("%s as JSON is %s, %v", test.place, data, err)
		}
		var back Place
		if err := json.Unmarshal(data, &back); err != nil || back != test.place {
			t.Errorf("%s is read as %q, %v", data, string(back), err)
		}
	}
}

func TestUnusablePlaces(t *testing.T) {
	for _, text := range []string{`1`, `{}`, `{"kind":"","text":"x"}`, `"a\u0000b"`, `{"kind":"table","text":"x","part":"a\u0000b"}`, `["x"]`} {
		var p Place
		if err := json.Unmarshal([]byte(text), &p); err == nil {
			t.Errorf("%s is read as %q", text, string(p))
		}
	}
}
