package shape

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/sandbox/directory"
	"github.com/reportform/reportform/internal/odatafilter"
)

var company = directory.New(0, "alderbrook.example", 40)

func parse(t *testing.T, event string) *Shape {
	t.Helper()
	s, err := Parse([]byte(event))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// render writes events with seeds 0 to n-1 and decodes them.
func render(t *testing.T, s *Shape, n int, change func(*Event)) []map[string]any {
	t.Helper()
	var events []map[string]any
	for i := range n {
		e := Event{Directory: company, Seed: directory.Mix(uint64(i)), Ticks: Ticks(time.Date(2026, 11, 18, 9, 30, 0, 1234500, time.UTC)), Now: Ticks(time.Date(2026, 11, 19, 15, 0, 0, 0, time.UTC))}
		if change != nil {
			change(&e)
		}
		text := s.Append(nil, e)
		var object map[string]any
		if err := json.Unmarshal(text, &object); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		events = append(events, object)
	}
	return events
}

func TestPlaceholders(t *testing.T) {
	s := parse(t, `{
		"time": "{{time}}", "later": "{{ time +90s }}", "date": "on {{date}}", "millis": "{{millis}}", "today": "{{today}}",
		"a": "{{guid same}}", "b": "<{{guid same}}>", "c": "{{guid}}", "hex": "{{hex 64}}", "digits": "{{digits 9}}", "code": "{{code 5}}",
		"int": "{{int 3 3}}", "text": "{{int 4 4}} of them", "pick": "{{pick x}}", "raw": "{{raw city.lat}}", "json": "[{\"Key\":\"{{int 1 1}}\"}]",
		"base64": "{{base64 user.upn}}", "premium": "{{premium low}}", "evolved": "{{evolved new}}", "row": "{{row}}",
		"number": 1.50, "null": null, "true": true, "list": [1, "{{int 2 2}}", []], "empty": {}
	}`)
	got := render(t, s, 1, func(e *Event) { e.Row = 7 })[0]
	for name, want := range map[string]any{
		"time": "2026-11-18T09:30:00.0012345Z", "later": "2026-11-18T09:31:30.0012345Z", "date": "on 2026-11-18", "millis": nil,
		"today": "2026-11-19T00:00:00Z", "int": 3.0, "text": "4 of them", "pick": "x", "json": `[{"Key":"1"}]`, "premium": "hidden",
		"evolved": "unknownFutureValue", "row": 7.0, "number": 1.5, "null": nil, "true": true, "list": []any{1.0, 2.0, []any{}}, "empty": map[string]any{},
	} {
		if name == "millis" {
			want = float64(time.Date(2026, 11, 18, 9, 30, 0, 1234500, time.UTC).UnixMilli())
		}
		if diff := cmp.Diff(want, got[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if "<"+got["a"].(string)+">" != got["b"] || got["a"] == got["c"] || !directory.IsGUID(got["c"].(string)) {
		t.Errorf("%v %v %v", got["a"], got["b"], got["c"])
	}
	for name, length := range map[string]int{"hex": 64, "digits": 9, "code": 5} {
		if len(got[name].(string)) != length {
			t.Errorf("%s: %v", name, got[name])
		}
	}
	if _, ok := got["raw"].(float64); !ok {
		t.Errorf("raw: %v", got["raw"])
	}
	if e := render(t, s, 1, func(e *Event) { e.Premium, e.Evolved = true, true })[0]; e["premium"] != "low" || e["evolved"] != "new" {
		t.Errorf("%v", e)
	}
}

func TestObjectsAreConsistent(t *testing.T) {
	s := parse(t, `{"id": "{{user.id}}", "upn": "{{user.upn}}", "other": "{{user2.upn}}"}`)
	upns, differ := map[any]any{}, 0
	for _, e := range render(t, s, 300, nil) {
		if known, ok := upns[e["id"]]; ok && known != e["upn"] {
			t.Errorf("%v is %v and %v", e["id"], known, e["upn"])
		}
		upns[e["id"]] = e["upn"]
		if e["other"] != e["upn"] {
			differ++
		}
	}
	if len(upns) != 40 || differ < 280 {
		t.Errorf("%d users, %d pairs", len(upns), differ)
	}
}

func TestVariants(t *testing.T) {
	s := parse(t, `{
		"first": 1,
		"$one result": [[3, {"ok": true, "code": 0}], [1, {"ok": false}]],
		"nested": {"$one result": [[3, "good"], [1, "bad"]]},
		"$one": [[1, {"x": 1}], [1, {"x": 2, "y": 3}]],
		"last": {"z": {"$one": [[1, []], [1, ["a"]]]}}
	}`)
	good, x := 0, map[any]int{}
	for _, e := range render(t, s, 2000, nil) {
		if (e["nested"] == "good") != (e["ok"] == true) {
			t.Fatalf("a named choice differs: %v", e)
		}
		if e["ok"] == true {
			good++
		}
		x[e["x"]]++
	}
	if good < 1400 || good > 1600 || x[1.0] < 900 || x[2.0] < 900 {
		t.Errorf("%d of 2000 are good; %v", good, x)
	}
}

func TestRevisionKeepsIdentity(t *testing.T) {
	s := parse(t, `{
		"$one id": [[1, {"id": "A_{{digits 5}}"}], [1, {"id": "B_{{hex 5}}"}]], "time": "{{time -1h +1h}}", "user": "{{user.upn}}", "guid": "{{guid}}",
		"$one result": [[1, {"result": "a"}], [1, {"result": "b"}]], "n": "{{int 0 9}}", "p": "{{pick x|y}}"
	}`)
	changed := map[string]int{}
	original, revised := render(t, s, 200, nil), render(t, s, 200, func(e *Event) { e.Revision = 1 })
	for i := range original {
		for name := range original[i] {
			if original[i][name] != revised[i][name] {
				changed[name]++
			}
		}
	}
	if len(changed) != 3 || changed["result"] < 60 || changed["n"] < 150 || changed["p"] < 60 {
		t.Errorf("%v", changed)
	}
}

func TestGrowthChangesNothing(t *testing.T) {
	small := parse(t, `{"a": "{{hex 8}}", "b": {"c": "{{int 0 99999}}"}, "d": "{{pick x|y|z}}"}`)
	large := parse(t, `{"new": "{{hex 8}}", "a": "{{hex 8}}", "b": {"new": "{{guid}}", "c": "{{int 0 99999}}"}, "d": "{{pick x|y|z}}"}`)
	before, after := render(t, small, 20, nil), render(t, large, 20, nil)
	for i := range before {
		delete(after[i], "new")
		delete(after[i]["b"].(map[string]any), "new")
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
}

func TestSelect(t *testing.T) {
	s := parse(t, `{"a": 1, "$one": [[1, {"b": 2, "c": {"a": 3}}]], "d": 4}`)
	for names, want := range map[string]string{"a": `{"a":1}`, "b d": `{"b":2,"d":4}`, "c": `{"c":{"a":3}}`, "": `{}`} {
		wanted := map[string]bool{}
		for _, name := range strings.Fields(names) {
			wanted[name] = true
		}
		if got := string(s.Append(nil, Event{Directory: company, Select: wanted})); got != want {
			t.Errorf("%q: %s", names, got)
		}
	}
}

func TestEscapes(t *testing.T) {
	s := parse(t, `{"a": "tab\t quote\" slash\\ new\nline \u0001 é {{int 1 1}}", "b": "a\"b"}`)
	want := map[string]any{"a": "tab\t quote\" slash\\ new\nline \x01 é 1", "b": `a"b`}
	if diff := cmp.Diff(want, render(t, s, 1, nil)[0]); diff != "" {
		t.Error(diff)
	}
}

func TestSchema(t *testing.T) {
	s := parse(t, `{
		"id": "{{guid}}", "at": "{{time}}", "n": "{{int 1 2}}", "flag": true, "raw": "{{raw user.managed}}", "none": null,
		"by": {"$one actor": [[1, {"app": null, "user": {"id": "x"}}], [1, {"user": null, "app": {"name": "x"}}]]},
		"$one x": [[1, {"extra": 1}], [1, {"extra": null}]], "list": [{"a": 1}, {"b": "{{time}}"}]
	}`)
	object := func(members map[string]*odatafilter.Schema) *odatafilter.Schema {
		return &odatafilter.Schema{Kind: odatafilter.Object, Members: members}
	}
	want := object(map[string]*odatafilter.Schema{
		"id": {Kind: odatafilter.String}, "at": {Kind: odatafilter.Time}, "n": {Kind: odatafilter.Number}, "flag": {Kind: odatafilter.Bool}, "raw": {}, "none": {Kind: odatafilter.Null},
		"by":    object(map[string]*odatafilter.Schema{"app": object(map[string]*odatafilter.Schema{"name": {Kind: odatafilter.String}}), "user": object(map[string]*odatafilter.Schema{"id": {Kind: odatafilter.String}})}),
		"extra": {Kind: odatafilter.Number},
		"list":  {Kind: odatafilter.Collection, Element: object(map[string]*odatafilter.Schema{"a": {Kind: odatafilter.Number}, "b": {Kind: odatafilter.Time}})},
	})
	if diff := cmp.Diff(want, s.Schema()); diff != "" {
		t.Error(diff)
	}
}

func TestLoad(t *testing.T) {
	files := fstest.MapFS{
		"base.json":  {Data: []byte(`{"weight": 0.5, "resolution": "1s", "max_page": 50, "event": {"a": 1, "$one r": [[1, {"b": 1}]], "c": 1}}`)},
		"more.json":  {Data: []byte(`{"extends": "base", "share": 0.1, "each": "user", "event": {"$one r": [[1, {"b": 2}]], "c": "{{user.upn}}", "d": "{{row}}"}}`)},
		"loop.json":  {Data: []byte(`{"extends": "loop"}`)},
		"typo.json":  {Data: []byte(`{"wieght": 1}`)},
		"daily.json": {Data: []byte(`{"every": "24h", "keep": "720h", "pages": "none", "event": {}}`)},
	}
	s, err := Load(files, "more")
	if err != nil {
		t.Fatal(err)
	}
	if s.Weight != 0.5 || s.Resolution != time.Second || s.Share != 0.1 || s.Each < 0 || s.MaxPage != 50 {
		t.Errorf("%+v", s)
	}
	upn := company.Table(s.Each).Rows[3][1]
	if got, want := string(s.Append(nil, Event{Directory: company, Row: 3})), fmt.Sprintf(`{"a":1,"b":2,"c":%q,"d":3}`, upn); got != want {
		t.Errorf("%s instead of %s", got, want)
	}
	if s, err := Load(files, "daily"); err != nil || s.Every != 24*time.Hour || s.Keep != 720*time.Hour || s.Pages != PagesNone || s.Each != -1 {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := Load(files, "missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	for _, name := range []string{"loop", "typo"} {
		if _, err := Load(files, name); err == nil || !strings.Contains(err.Error(), name+".json") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, event := range []string{
		`[]`, `"x"`, `{"a": "{{nope}}"}`, `{"a": "{{user.nope}}"}`, `{"a": "{{nope.id}}"}`, `{"a": "{{user.id x}}"}`, `{"a": "{{guid"}`, `{"a": "{{}}"}`,
		`{"a": "{{int}}"}`, `{"a": "{{int 2 1}}"}`, `{"a": "{{hex 0}}"}`, `{"a": "{{hex x}}"}`, `{"a": "{{time 5}}"}`, `{"a": "{{time +1h +2h +3h}}"}`,
		`{"$one": []}`, `{"$one": {}}`, `{"$one": [1]}`, `{"$one": [[0, {}]]}`, `{"$one": [[1, {}, 2]]}`, `{"$one": [["x", {}]]}`,
		`{"a": 1, "$one": [[1, 2]]}`, `{"a": {"b": 1, "$one": [[1, []]]}}`, `{"a": `,
	} {
		if _, err := Parse([]byte(event)); err == nil {
			t.Errorf("%s is accepted", event)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, at := range []time.Time{time.Date(2026, 11, 18, 9, 30, 0, 1234500, time.UTC), time.Date(1960, 1, 1, 0, 0, 0, 100, time.UTC), time.Unix(0, 0).UTC()} {
		if got := Time(Ticks(at)); !got.Equal(at) {
			t.Errorf("%v became %v", at, got)
		}
	}
}
