package fault

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	got, err := Parse("429,tenant=a.example, path=signIns,after=2,times=always,rate=0.5,wider=6h,retry-after=2.128,code=x,delay=1s")
	want := Fault{Kind: "429", Tenant: "a.example", Path: "signIns", AfterPage: 2, Times: -1, Rate: 0.5, Wider: 6 * time.Hour, RetryAfter: "2.128", Code: "x", Delay: time.Second}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	for _, kind := range Kinds() {
		if _, err := Parse(kind.Name); err != nil || kind.Does == "" {
			t.Errorf("%v: %v", kind, err)
		}
	}
	for _, text := range []string{"", "nope", "429,times=0", "429,times=x", "429,after=x", "429,what=1", "429,rate=0", "429,rate=1.1", "429,rate=NaN", "429,rate=x", "504,wider=x", "429,"} {
		if f, err := Parse(text); err == nil {
			t.Errorf("%q is read as %+v", text, f)
		}
	}
}

// Of several faults that fit a request the first one meets it, as often as it says.
func TestTake(t *testing.T) {
	const always = -1
	signIns := Request{Tenant: "a.example", Path: "/v1.0/auditLogs/signIns", Page: 1, Span: time.Hour}
	login := Request{Tenant: "a.example", Path: "/a.example/oauth2/v2.0/token"}
	for name, test := range map[string]struct {
		faults  []Fault
		part    Part
		request Request
		want    []string // the kinds that meet it, one after the other
	}{
		"once":                   {[]Fault{{Kind: "500"}}, Answer, signIns, []string{"500", ""}},
		"more than once":         {[]Fault{{Kind: "500", Times: 2}}, Answer, signIns, []string{"500", "500", ""}},
		"always":                 {[]Fault{{Kind: "500", Times: always}}, Answer, signIns, []string{"500", "500", "500"}},
		"in order":               {[]Fault{{Kind: "500"}, {Kind: "503"}}, Answer, signIns, []string{"500", "503", ""}},
		"another part":           {[]Fault{{Kind: "500"}, {Kind: "restart"}}, Page, signIns, []string{"restart", ""}},
		"the page is no answer":  {[]Fault{{Kind: "restart"}}, Answer, signIns, []string{""}},
		"tenant":                 {[]Fault{{Kind: "500", Tenant: "A.example"}}, Answer, signIns, []string{"500"}},
		"another tenant":         {[]Fault{{Kind: "500", Tenant: "b.example"}}, Answer, signIns, []string{""}},
		"path":                   {[]Fault{{Kind: "500", Path: "signins"}}, Answer, signIns, []string{"500"}},
		"another path":           {[]Fault{{Kind: "500", Path: "users"}}, Answer, signIns, []string{""}},
		"tokens are named":       {[]Fault{{Kind: "500"}}, Answer, login, []string{""}},
		"tokens":                 {[]Fault{{Kind: "500", Path: "oauth2"}}, Answer, login, []string{"500"}},
		"after that page":        {[]Fault{{Kind: "500", AfterPage: 1}}, Answer, signIns, []string{"500"}},
		"after a later page":     {[]Fault{{Kind: "500", AfterPage: 2}}, Answer, signIns, []string{""}},
		"for as much time":       {[]Fault{{Kind: "504", Wider: time.Hour}}, Answer, signIns, []string{""}},
		"for more than its time": {[]Fault{{Kind: "504", Wider: time.Minute}}, Answer, signIns, []string{"504"}},
		"no such kind":           {[]Fault{{Kind: "nope"}}, Answer, signIns, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			var f Faults
			f.Set(test.faults...)
			for i, want := range test.want {
				if got, ok := f.Take(test.part, test.request); got.Kind != want || ok != (want != "") {
					t.Errorf("request %d meets %q, want %q", i, got.Kind, want)
				}
			}
		})
	}
}

// A rate is a share of the requests, the same ones for each Set, and all of them
// at 1; the faults behind it meet the others.
func TestRate(t *testing.T) {
	request := Request{Tenant: "a.example", Path: "/v1.0/auditLogs/signIns"}
	met := func(rate float64, times int) (which []int) {
		var f Faults
		f.Set(Fault{Kind: "500", Rate: rate, Times: times}, Fault{Kind: "503", Times: -1})
		for i := range 1000 {
			if got, _ := f.Take(Answer, request); got.Kind == "500" {
				which = append(which, i)
			}
		}
		return which
	}
	few := met(0.02, 0)
	if len(few) < 10 || len(few) > 35 || !slices.Equal(few, met(0.02, 0)) {
		t.Errorf("2 in 100 meet %d of 1000, %v", len(few), few)
	}
	if n := len(met(1, 0)); n != 1000 {
		t.Errorf("all meet %d of 1000", n)
	}
	if n := len(met(0.5, 3)); n != 3 {
		t.Errorf("three times meet %d", n)
	}
}
