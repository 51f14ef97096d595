package limits

import (
	"encoding/json"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		text string
		want Rate
		back string // as String gives it
	}{
		{"5/10s", Rate{5, 10 * time.Second}, "5/10s"},
		{"150/1m", Rate{150, time.Minute}, "150/1m"},
		{"18000/5m", Rate{18000, 5 * time.Minute}, "18000/5m"},
		{"1/60s", Rate{1, time.Minute}, "1/1m"},
		{"1/90s", Rate{1, 90 * time.Second}, "1/90s"},
		{"2147483647/1000000m", Rate{2147483647, 1_000_000 * time.Minute}, "2147483647/1000000m"},
	} {
		got, err := Parse(test.text)
		if err != nil || got != test.want {
			t.Errorf("Parse(%q) = %+v, %v, want %+v", test.text, got, err, test.want)
		}
		if back := got.String(); back != test.back {
			t.Errorf("%q comes back as %q, want %q", test.text, back, test.back)
		}
	}
	for _, text := range []string{
		"", "5", "5/", "/10s", "0/10s", "-1/10s", "+1/10s", "5/0s", "5/1h", "5/10", "5/s", "5/10s/2", "5.5/10s", "5/1.5s",
		"5/-1s", " 5/10s", "5/10s ", "99999999999/1s", "5/1000001s", "5/10ms", "5/10sm",
	} {
		if got, err := Parse(text); err == nil || got != (Rate{}) {
			t.Errorf("Parse(%q) = %+v, %v", text, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"5/10s", "150/1m", "0/0s", "5/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse(text)
		if err != nil {
			return
		}
		if !r.Limited() {
			t.Errorf("%q is no limit: %+v", text, r)
		}
		if again, err := Parse(r.String()); err != nil || again != r {
			t.Errorf("%q is %+v, which is written %q and read as %+v, %v", text, r, r, again, err)
		}
	})
}

func TestLimited(t *testing.T) {
	for r, want := range map[Rate]bool{
		{}: false, {Requests: 5}: false, {Per: time.Second}: false, {5, time.Second}: true,
	} {
		if got := r.Limited(); got != want {
			t.Errorf("%+v is limited: %t", r, got)
		}
	}
}

func TestStringOfOtherTimes(t *testing.T) {
	for want, r := range map[string]Rate{"5/10.2s": {5, 10200 * time.Millisecond}, "0/0s": {}} {
		if got := r.String(); got != want {
			t.Errorf("%+v is written %q, want %q", r, got, want)
		}
	}
}

// Saved plans and the JSON output have rates by these names.
func TestJSON(t *testing.T) {
	got, err := json.Marshal(Rate{5, time.Second})
	if want := `{"requests":5,"window_ns":1000000000}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestOf(t *testing.T) {
	c := Class{"reports", Rate{1, 1}, Rate{2, 2}, Rate{3, 3}}
	want := [3]Limit{
		{Counter{"reports", "app", "dir"}, Rate{1, 1}},
		{Counter{"reports", "app", ""}, Rate{2, 2}},
		{Counter{"reports", "", "dir"}, Rate{3, 3}},
	}
	if got := c.Of("app", "dir"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
