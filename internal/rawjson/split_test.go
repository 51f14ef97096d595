package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var signInKeys = &Keys{Time: "createdDateTime", ID: []string{"id"}}

// splitOracle does with encoding/json what Split does. It reports false where
// Split must refuse.
func splitOracle(data []byte, keys *Keys) (*Page, bool) {
	if !json.Valid(data) || !utf8.Valid(data) || depth(data) > MaxDepth {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, _ := d.Token(); t != json.Delim('{') {
		return nil, false
	}
	page := &Page{Count: -1}
	members := map[string]json.RawMessage{}
	for d.More() {
		name, _ := d.Token()
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, false
		}
		members[name.(string)] = value
		isLink := name == "@odata.nextLink" || name == "odata.nextLink"
		if isLink && value[0] != '"' && value[0] != 'n' {
			return nil, false
		}
		if name != "value" || value[0] != '[' {
			continue
		}
		if page.HasValue {
			return nil, false
		}
		page.HasValue = true
		var events []json.RawMessage
		_ = json.Unmarshal(value, &events)
		for _, event := range events {
			if event[0] != '{' {
				return nil, false
			}
			picked := map[string]json.RawMessage{}
			_ = json.Unmarshal(event, &picked)
			item := Item{Raw: event, OneLine: !bytes.ContainsAny(event, "\r\n")}
			if keys.Time != "" {
				item.Time = picked[keys.Time]
			}
			for k, id := range keys.ID {
				item.ID[k] = picked[id]
			}
			page.Items = append(page.Items, item)
		}
	}
	for _, name := range []string{"odata.nextLink", "@odata.nextLink"} {
		var link string
		_ = json.Unmarshal(members[name], &link)
		if link != "" {
			page.NextLink = link
		}
	}
	for _, name := range []string{"odata.error", "error"} {
		if raw := members[name]; raw != nil && raw[0] != 'n' {
			page.Error = raw
		}
	}
	if n, err := strconv.ParseInt(string(members["@odata.count"]), 10, 64); err == nil && n >= 0 {
		page.Count = n
	}
	return page, true
}

// checkSplit compares Split with the standard library.
func checkSplit(t *testing.T, page *Page, data []byte, keys *Keys) {
	t.Helper()
	want, ok := splitOracle(data, keys)
	err := page.Split(data, keys)
	if (err == nil) != ok {
		t.Fatalf("Split(%q) = %v, want valid %t", data, err, ok)
	}
	if err != nil {
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || syntax.Reason == "" || syntax.Offset < 0 || syntax.Offset > len(data) {
			t.Fatalf("Split(%q) = %#v, want a reason and an offset within the data", data, err)
		}
		return
	}
	got := *page
	if len(got.Items) == 0 {
		got.Items = nil
	}
	if !reflect.DeepEqual(*want, got) {
		t.Fatalf("Split(%q):\n%s", data, cmp.Diff(describe(want), describe(&got)))
	}
}

// describe writes a page down for people.
func describe(p *Page) []string {
	lines := []string{fmt.Sprintf("next link %q, error %q, count %d, value %t", p.NextLink, p.Error, p.Count, p.HasValue)}
	for _, item := range p.Items {
		lines = append(lines, fmt.Sprintf("id %q, time %q, one line %t, %q", item.ID, item.Time, item.OneLine, item.Raw))
	}
	return lines
}

// pages are pages, valid and not, at the edges of what a page may be.
var pages = []string{
	`{}`, ` { } `, `[]`, `null`, `""`, `{"value":[]}`, `{"value":[ ]}`, `{"value":null}`, `{"value":{"id":1}}`, `{"value":"[]"}`,
	`{"value":[{}]}`, `{"value":[{},{}]}`, `{"value":[{},]}`, `{"value":[,{}]}`, `{"value":[{} {}]}`, `{"value":[{}`, `{"value":[{}}`, `{"value":[{}]`,
	`{"value":[1]}`, `{"value":[{},null]}`, `{"value":[[{}]]}`, `{"value":[{"id":1}],"value":[{"id":2}]}`, `{"value":[{"id":1}],"value":null}`, `{"value":null,"value":[{"id":1}]}`,
	`{"value":[{"id":"a","createdDateTime":"t"}],"@odata.nextLink":"n"}`,
	`{"@odata.nextLink":"n","value":[{"createdDateTime":null,"id":7}]}`,
	`{"@odata.nextLink":null,"odata.nextLink":"old"}`, `{"odata.nextLink":"old","@odata.nextLink":"new"}`, `{"@odata.nextLink":"new","odata.nextLink":"old"}`,
	`{"@odata.nextLink":""}`, `{"@odata.nextLink":5}`, `{"@odata.nextLink":{}}`, `{"odata.nextLink":[]}`, `{"@odata.nextLink":"a","@odata.nextLink":"b"}`, `{"@odata.nextLink":"a","@odata.nextLink":null}`,
	`{"@odata.nextLink":"https:\/\/x\/?a=1\u0026b=\ud83d\ude00\ud83d"}`, `{"\u0040odata.nextLink":"n","v\u0061lue":[{"\u0069d":1}]}`,
	`{"@odata.count":12}`, `{"@odata.count":-1}`, `{"@odata.count":1.5}`, `{"@odata.count":"12"}`, `{"@odata.count":1e3}`, `{"@odata.count":9223372036854775807}`, `{"@odata.count":9223372036854775808}`, `{"@odata.count":null}`, `{"@odata.count":0}`, `{"@odata.count":1,"@odata.count":null}`,
	`{"error":{"code":"x"}}`, `{"odata.error":{"code":"y"}}`, `{"error":null}`, `{"error":{"code":"x"},"value":[{}]}`, `{"error":"text","odata.error":1}`, `{"error":null,"odata.error":1}`,
	`{"value":[{"id":1,"id":2,"createdDateTime":"a","createdDateTime":"b"}]}`, `{"value":[{"id":1,"\u0069\u0064":2}]}`,
	`{"value":[{"status":{"id":3,"createdDateTime":"inner"},"list":[{"id":4}]}]}`, `{"value":[{"":1,"@odata.type":"#x"}]}`,
	`{"Value":[{}],"ID":1}`, `{"value":[{"ID":1,"Id":2,"i":3,"idd":4}]}`,
	"{\"value\":[{\"id\":\n1}, {\"id\":\"\\n\"},\n{\"id\":{\"a\":\r2}} ,{\"id\":3}]}", "{\"value\":[\n{},\n{ }\n]\n}\n",
	`{"value":[{"id":"a b" , "createdDateTime" : "t" }]}`, "{\"value\":[{\"id\":\"\xff\"}]}", "{\"\xff\":[]}", "\ufeff{}", `{}{}`, `{"value":[]}]`,
}

func TestSplit(t *testing.T) {
	var page Page
	for _, data := range pages {
		for _, keys := range []*Keys{
			signInKeys,
			{},
			{Time: "id", ID: []string{"id", "createdDateTime"}},
			{ID: []string{"@odata.type", "missing"}},
		} {
			checkSplit(t, &page, []byte(data), keys)
		}
	}
	for _, value := range nasty {
		checkSplit(t, &page, []byte(`{"a":`+value+`,"value":[{"id":`+value+`,"x":`+value+`},{"id":1}]}`), signInKeys)
		checkSplit(t, &page, []byte(`{"value":`+value+`}`), signInKeys)
		checkSplit(t, &page, []byte(`{"value":[`+value+`]}`), signInKeys)
		checkSplit(t, &page, []byte(value), signInKeys)
	}
	checkSplit(t, &page, signInPage(50), signInKeys)
}

func TestSplitWithoutKeys(t *testing.T) {
	var page Page
	if err := page.Split([]byte(`{"value":[{"id":1}]}`), nil); err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 1 || page.Items[0].ID[0] != nil || page.Items[0].Time != nil {
		t.Errorf("got %+v, want one item with nothing picked", page.Items)
	}
}

// A page that is cut off anywhere is an error that says so.
func TestSplitTruncated(t *testing.T) {
	var page Page
	data := signInPage(1)
	indented := new(bytes.Buffer)
	if err := json.Indent(indented, data, "", "\t"); err != nil {
		t.Fatal(err)
	}
	for _, whole := range [][]byte{data, indented.Bytes()} {
		for n := range whole {
			// Bytes that lie behind the data must not be looked at.
			err := page.Split(whole[:n], signInKeys)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("the first %d of %d bytes: %v", n, len(whole), err)
			}
			if syntax.Offset != n {
				t.Fatalf("the first %d of %d bytes: the error is at %d: %v", n, len(whole), syntax.Offset, err)
			}
			if Valid(whole[:n]) == nil {
				t.Fatalf("the first %d of %d bytes are valid", n, len(whole))
			}
		}
		checkSplit(t, &page, whole, signInKeys)
	}
}

// A page with a byte changed, here every seventh in turn, is split as before or refused, as encoding/json would.
func TestSplitFlipped(t *testing.T) {
	var page Page
	data := signInPage(1)
	for i := 0; i < len(data); i += 7 {
		old := data[i]
		for _, b := range []byte{'"', '\\', '}', ',', 0, ' ', '\n', 0xc3, '1'} {
			data[i] = b
			checkSplit(t, &page, data, signInKeys)
		}
		data[i] = old
	}
}

func TestSplitDepth(t *testing.T) {
	var page Page
	for _, n := range []int{MaxDepth - 4, MaxDepth - 3, MaxDepth - 2} {
		checkSplit(t, &page, []byte(`{"value":[{"a":`+deep(n)+`}]}`), signInKeys)
	}
	for _, n := range []int{MaxDepth - 2, MaxDepth - 1, MaxDepth} {
		checkSplit(t, &page, []byte(`{"a":`+deep(n)+`}`), signInKeys)
	}
}

func TestSplitErrors(t *testing.T) {
	for _, test := range []struct{ data, want string }{
		{`[]`, `invalid JSON at byte 0: "[" where an object is expected`},
		{`{"value":[{},7]}`, `invalid JSON at byte 13: "7" where an event, which is an object, is expected`},
		{`{"value":[],"value":[]}`, `invalid JSON at byte 20: a second array "value"`},
		{`{"@odata.nextLink":5}`, `invalid JSON at byte 19: the next link is not a string`},
		{`{"value":[{"a":"`, `invalid JSON at byte 16: the data ends within a string`},
	} {
		err := new(Page).Split([]byte(test.data), signInKeys)
		if err == nil || err.Error() != test.want {
			t.Errorf("Split(%q)\n got %v\nwant %s", test.data, err, test.want)
		}
	}
}

func TestSplitReuse(t *testing.T) {
	var page Page
	if err := page.Split([]byte(`{"value":[{"id":1,"createdDateTime":2}],"@odata.nextLink":"n","@odata.count":3,"error":{}}`), signInKeys); err != nil {
		t.Fatal(err)
	}
	checkSplit(t, &page, []byte(`{"value":[{}]}`), signInKeys)
	_ = page.Split([]byte(`{"value":[{"id":1},{`), signInKeys)
	checkSplit(t, &page, []byte(`{}`), signInKeys)
}

func TestSplitAllocations(t *testing.T) {
	var page Page
	data := []byte(strings.Replace(string(signInPage(100)), "@odata.nextLink", "somethingElse", 1))
	allocs := testing.AllocsPerRun(10, func() {
		if err := page.Split(data, signInKeys); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for a page without a next link, want none", allocs)
	}
}

func FuzzSplit(f *testing.F) {
	for _, data := range pages {
		f.Add([]byte(data), "createdDateTime", "id", "@odata.type")
	}
	for _, value := range nasty {
		f.Add([]byte(`{"value":[{"id":`+value+`,"x":`+value+`}]}`), "x", "id", "")
	}
	f.Add(signInPage(2), "createdDateTime", "id", "userId")
	f.Fuzz(func(t *testing.T, data []byte, time, id1, id2 string) {
		keys := &Keys{Time: time}
		for _, id := range []string{id1, id2} {
			// A name that is no valid text is one that no valid key has.
			if id != "" && utf8.ValidString(id) {
				keys.ID = append(keys.ID, id)
			}
		}
		if !utf8.ValidString(time) {
			keys.Time = ""
		}
		var page Page
		checkSplit(t, &page, data, keys)
		checkSplit(t, &page, fmt.Appendf(nil, `{"value":[{"a":1},%s]}`, data), keys)
	})
}
