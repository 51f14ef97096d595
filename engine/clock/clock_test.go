package clock

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// answers is a round tripper that gives one answer.
type answers struct {
	status int
	header http.Header
}

func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: a.header, Body: http.NoBody}, nil
}

// hear has clocks hear an answer of a host.
func hear(t *testing.T, c *Clocks, host string, status int, pairs ...string) {
	t.Helper()
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequest(http.MethodGet, "https://"+host+"/v1.0/x", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Listen(answers{status, h}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}

func date(t time.Time) string { return t.UTC().Format(http.TimeFormat) }

func TestWhatIsHeard(t *testing.T) {
	early := noon.Add(-48 * time.Hour)
	for name, test := range map[string]struct {
		status int
		pairs  []string
		want   time.Time
	}{
		"a Date":                   {200, []string{"Date", date(early)}, early},
		"a Date in an old form":    {200, []string{"Date", early.Format(time.ANSIC)}, early},
		"an Age is added":          {200, []string{"Date", date(early), "Age", "3600"}, early.Add(time.Hour)},
		"an Age with blanks":       {201, []string{"Date", date(early), "Age", " 60 "}, early.Add(time.Minute)},
		"an Age that is no number": {200, []string{"Date", date(early), "Age", "1h"}, early},
		"an Age below nothing":     {200, []string{"Date", date(early), "Age", "-7200"}, early},
		"an Age of centuries":      {200, []string{"Date", date(early), "Age", "9999999999"}, early},
		"no Date":                  {200, nil, time.Time{}},
		"an Age alone":             {200, []string{"Age", "60"}, time.Time{}},
		"no date at all":           {200, []string{"Date", "yesterday"}, time.Time{}},
		"a clock that is lost":     {200, []string{"Date", "Thu, 01 Jan 1970 00:00:10 GMT"}, time.Time{}},
		"a year that is far away":  {200, []string{"Date", "Fri, 01 Jan 2500 00:00:00 GMT"}, time.Time{}},
		"a gateway's error":        {502, []string{"Date", date(early)}, time.Time{}},
		"a proxy's login":          {407, []string{"Date", date(early)}, time.Time{}},
		"a redirect":               {302, []string{"Date", date(early)}, time.Time{}},
	} {
		c := New(func() time.Time { return noon })
		hear(t, c, "graph.example", test.status, test.pairs...)
		r := c.Read("graph.example")
		if !r.Service.Equal(test.want) || r.Known() == test.want.IsZero() || !r.Local.Equal(noon) || r.Host != "graph.example" {
			t.Errorf("%s: %+v, want %v", name, r, test.want)
		}
	}
}

// The greatest counts: an old answer out of a cache takes nothing back.
func TestTheGreatestCounts(t *testing.T) {
	now := noon
	c := New(func() time.Time { return now })
	hear(t, c, "a", 200, "Date", date(noon.Add(-time.Hour)))
	hear(t, c, "A", 200, "Date", date(noon.Add(-3*time.Hour)))
	if r := c.Read("a"); !r.Service.Equal(noon.Add(-time.Hour)) || r.Ahead() != time.Hour {
		t.Errorf("%+v", r)
	}
	now = noon.Add(10 * time.Minute)
	hear(t, c, "a", 200, "Date", date(noon.Add(-55*time.Minute))) // five minutes less than carried on
	if r := c.Read("a"); !r.Service.Equal(noon.Add(-50 * time.Minute)) {
		t.Errorf("carried on it is %v", r.Service)
	}
	hear(t, c, "a", 200, "Date", date(noon.Add(-45*time.Minute)))
	if r := c.Read("a"); !r.Service.Equal(noon.Add(-45*time.Minute)) || r.Ahead() != 55*time.Minute {
		t.Errorf("%+v", r)
	}
	now = noon.Add(-time.Hour) // put back
	if r := c.Read("a"); r.Service.Before(noon.Add(-45 * time.Minute)) {
		t.Errorf("the service's clock went back to %v", r.Service)
	}
}

// Who shows the events counts before who gives the tokens.
func TestHosts(t *testing.T) {
	c := New(func() time.Time { return noon })
	if r := c.Read("graph", "login"); r.Known() || r.Host != "graph" || r.Ahead() != 0 {
		t.Errorf("%+v", r)
	}
	hear(t, c, "login", 200, "Date", date(noon.Add(-time.Hour)))
	if r := c.Read("graph", "login"); r.Host != "login" || r.Ahead() != time.Hour {
		t.Errorf("%+v", r)
	}
	hear(t, c, "graph", 200, "Date", date(noon.Add(-2*time.Hour)))
	hear(t, c, "elsewhere", 200, "Date", date(noon.Add(2*time.Hour)))
	if r := c.Read("graph", "login"); r.Host != "graph" || r.Ahead() != 2*time.Hour {
		t.Errorf("%+v", r)
	}
	if r := c.Read(); r.Known() {
		t.Errorf("%+v", r)
	}
}

// Time goes on by the steady clock, whatever the other is put to.
func TestCarriedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shift := time.Duration(0)
		c := New(func() time.Time { return time.Now().Add(shift) }) // keeps the steady part
		hear(t, c, "a", 200, "Date", date(noon))
		time.Sleep(90 * time.Minute)
		if r := c.Read("a"); !r.Service.Equal(noon.Add(90*time.Minute)) || r.Unsure {
			t.Errorf("%+v", r)
		}
	})
	// The machine sleeps for an hour: the clock that is shown goes on, the steady
	// one does not.
	now := noon
	c := New(func() time.Time { return now })
	c.passed = func(time.Time, time.Time) time.Duration { return time.Second }
	hear(t, c, "a", 200, "Date", date(noon))
	if r := c.Read("a"); r.Unsure {
		t.Errorf("unsure at once: %+v", r)
	}
	now = noon.Add(time.Hour)
	if r := c.Read("a"); !r.Service.Equal(noon.Add(time.Second)) || !r.Unsure {
		t.Errorf("%+v", r)
	}
}
