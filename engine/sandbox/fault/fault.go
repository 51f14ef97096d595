// Package fault is what goes wrong on purpose: which fault meets which request.
// What a fault does to an answer is the sandbox's.
package fault

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong on purpose.
type Fault struct {
	// Kind is one of Kinds.
	Kind string
	// Tenant limits the fault to one directory; empty for all.
	Tenant string
	// Path limits the fault to requests whose path contains it, in any case.
	// Token requests are met only if it contains oauth2.
	Path string
	// AfterPage is how many pages of a result come through before the fault.
	AfterPage int
	// Times is how many requests are met; 0 for one, or for all where there is a
	// Rate; less for all.
	Times int
	// Rate is the share of the requests, above 0 and at most 1, that are met, at
	// random; 0 for each.
	Rate float64
	// Wider limits the fault to requests for more time than that; 0 for all. The
	// few seconds do not count that clients ask for beyond the borders.
	Wider time.Duration
	// RetryAfter is the header of a 429 or 503; empty for 0.25 with a 429 and
	// for none with a 503.
	RetryAfter string
	// Code is the word for the error of a 400, 404 or 410: empty for the service's
	// usual one, "none" for none.
	Code string
	// Delay is how long slow and timeout take; 0 for 200 ms and until the
	// client gives up. For old-date and aged it is how old the Date is.
	Delay time.Duration
}

// Part is what of an answer a fault strikes.
type Part int

// The parts of an answer.
const (
	Answer Part = iota // another one comes in its place
	Page               // it is changed
)

// Kind describes the faults of one kind.
type Kind struct {
	Name, Does string
	Strikes    Part
}

// Kinds returns all kinds of faults.
func Kinds() []Kind {
	return []Kind{
		{"429", "refuses with Retry-After", Answer},
		{"429-bare", "refuses without Retry-After", Answer},
		{"400", "refuses with 400, and the code if given", Answer},
		{"404", "refuses with 404, and the code if given", Answer},
		{"410", "refuses with 410, and the code if given", Answer},
		{"500", "fails with an error object", Answer},
		{"502-html", "fails with a page of HTML", Answer},
		{"503", "fails with an error object, and Retry-After if given", Answer},
		{"504", "fails with an empty body", Answer},
		{"timeout", "does not answer", Answer},
		{"reset", "closes the connection", Answer},
		{"slow", "answers late", Answer},
		{"bom", "puts a byte order mark before the answer", Answer},
		{"filter-ignored", "answers as if no time had been asked for", Answer},
		{"html-200", "answers 200 with a page of HTML", Answer},
		{"redirect", "redirects to another host", Answer},
		{"token-expired", "refuses the token with 401", Answer},
		{"claims-challenge", "refuses the token with 401 and a claims challenge", Answer},
		{"forbidden", "refuses with 403 as if the permission were missing", Answer},
		{"unlicensed", "refuses with 403 as if the licence were missing", Answer},
		{"no-date", "answers without Date", Answer},
		{"old-date", "answers with a Date from before the delay", Answer},
		{"aged", "answers with a Date from before the delay, and the delay as Age", Answer},
		{"retired", "refuses with 403 as the retired API does", Answer},
		{"stall", "sends half of the page, or of a token's answer, and then nothing", Page},
		{"truncated", "sends half of the page and closes the connection", Page},
		{"error-in-body", "answers 200 and breaks off in an event with an error object", Page},
		{"invalid-utf8", "puts a byte into the page that is not UTF-8", Page},
		{"odd-text", "puts a NUL and half of a surrogate pair into the names of people and things", Page},
		{"foreign-link", "links to another host", Page},
		{"empty-skiptoken", "links with an empty skip token", Page},
		{"same-link", "links to the page itself", Page},
		{"userinfo-link", "links with a user and a password", Page},
		{"long-link", "links with 40 kB of nothing", Page},
		{"plus-link", "links with plus signs for blanks, and refuses them", Page},
		{"circle", "links every other page to the first again", Page},
		{"untimed", "sends a time that is none with the first event", Page},
		{"lower-case-times", "sends times with a lower-case t and z", Page},
		{"rounded-times", "rounds times up to full seconds", Page},
		{"restart", "sends an empty page that links to the first", Page},
		{"repeat-page", "links to the first page again", Page},
		{"empty-page", "sends an empty page and the events with the next", Page},
		{"duplicate-events", "begins the next page with events of this one", Page},
		{"revision", "begins the next page with another version of this one's last event", Page},
	}
}

// strikes returns what the faults of a kind strike.
func strikes(kind string) (part Part, known bool) {
	i := slices.IndexFunc(Kinds(), func(k Kind) bool { return k.Name == kind })
	if i < 0 {
		return 0, false
	}
	return Kinds()[i].Strikes, true
}

// Parse reads kind[,tenant=ID][,path=TEXT][,after=N][,times=N|always]
// [,rate=SHARE][,wider=DURATION][,retry-after=VALUE][,code=WORD][,delay=DURATION].
func Parse(s string) (Fault, error) {
	kind, rest, more := strings.Cut(s, ",")
	f := Fault{Kind: strings.TrimSpace(kind)}
	if _, known := strikes(f.Kind); !known {
		var kinds []string
		for _, k := range Kinds() {
			kinds = append(kinds, k.Name)
		}
		return Fault{}, fmt.Errorf("%q is not a fault; the faults are %s", f.Kind, strings.Join(kinds, ", "))
	}
	for more {
		var option string
		option, rest, more = strings.Cut(rest, ",")
		name, value, _ := strings.Cut(strings.TrimSpace(option), "=")
		if err := f.set(name, value); err != nil {
			return Fault{}, fmt.Errorf("fault %s: %w", f.Kind, err)
		}
	}
	return f, nil
}

func (f *Fault) set(name, value string) (err error) {
	switch name {
	case "tenant":
		f.Tenant = value
	case "path":
		f.Path = value
	case "after":
		f.AfterPage, err = strconv.Atoi(value)
	case "times":
		if value == "always" {
			f.Times = -1
			return nil
		}
		if f.Times, err = strconv.Atoi(value); err == nil && f.Times < 1 {
			return fmt.Errorf("times=%s: it is a number from 1, or always", value)
		}
	case "rate":
		if f.Rate, err = strconv.ParseFloat(value, 64); err == nil && !(f.Rate > 0 && f.Rate <= 1) {
			return fmt.Errorf("rate=%s: it is a share above 0 and at most 1, such as 0.02", value)
		}
	case "wider":
		f.Wider, err = time.ParseDuration(value)
	case "retry-after":
		f.RetryAfter = value
	case "code":
		f.Code = value
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	default:
		return fmt.Errorf("%q is not one of tenant, path, after, times, rate, wider, retry-after, code and delay", name)
	}
	if err != nil {
		return fmt.Errorf("%s=%s: not a value that it can have", name, value)
	}
	return nil
}

// Faults are those that are still to come. They are safe for concurrent use.
type Faults struct {
	mu     sync.Mutex
	list   []Fault
	chance *rand.Rand // the same for each Set
}

// Set replaces all faults. Of several that fit a request the first one meets it.
func (f *Faults) Set(list ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = slices.Clone(list)
	for i := range f.list {
		switch f := &f.list[i]; {
		case f.Times != 0:
		case f.Rate > 0:
			f.Times = -1
		default:
			f.Times = 1
		}
	}
	f.chance = rand.New(rand.NewPCG(1, 2))
}

// Request is what decides whether a fault meets a request.
type Request struct {
	Tenant, Path string
	// Page is how many pages of the result have come through.
	Page int
	// Span is how much time is asked for; 0 where none is.
	Span time.Duration
}

// borders is how much more than a span clients ask for.
const borders = 3 * time.Second

// Take finds the fault that meets a part of the answer to a request, and uses
// it up.
func (f *Faults) Take(part Part, r Request) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := strings.ToLower(r.Path)
	oauth := strings.Contains(path, "/oauth2/")
	for i := range f.list {
		fault := &f.list[i]
		wanted := strings.ToLower(fault.Path)
		struck, known := strikes(fault.Kind)
		switch {
		case fault.Times == 0, !known, struck != part:
		case fault.Tenant != "" && !strings.EqualFold(fault.Tenant, r.Tenant):
		case !strings.Contains(path, wanted), oauth != strings.Contains(wanted, "oauth2"):
		case r.Page < fault.AfterPage, fault.Wider > 0 && r.Span <= fault.Wider+borders:
		case fault.Rate > 0 && f.chance.Float64() >= fault.Rate:
		default:
			if fault.Times > 0 {
				fault.Times--
			}
			return *fault, true
		}
	}
	return Fault{}, false
}
