// Package fault is what goes wrong on purpose: which fault meets which request.
// What a fault does to an answer is the sandbox's.
package fault

import (
	"fmt"
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
	// Times is how many requests are met; 0 for one, less for all.
	Times int
	// Wider limits the fault to requests for more time than that; 0 for all.
	Wider time.Duration
	// RetryAfter is the header of a 429 or 503; empty for 0.25 with a 429 and
	// for none with a 503.
	RetryAfter string
	// Delay is how long slow and timeout take; 0 for 200 ms and until the
	// client gives up.
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
		{"500", "fails with an error object", Answer},
		{"502-html", "fails with a page of HTML", Answer},
		{"503", "fails with an error object, and Retry-After if given", Answer},
		{"504", "fails with an empty body", Answer},
		{"timeout", "does not answer", Answer},
		{"reset", "closes the connection", Answer},
		{"slow", "answers late", Answer},
		{"html-200", "answers 200 with a page of HTML", Answer},
		{"redirect", "redirects to another host", Answer},
		{"token-expired", "refuses the token with 401", Answer},
		{"claims-challenge", "refuses the token with 401 and a claims challenge", Answer},
		{"forbidden", "refuses with 403 as if the permission were missing", Answer},
		{"unlicensed", "refuses with 403 as if the licence were missing", Answer},
		{"stall", "sends half of the page, or of a token's answer, and then nothing", Page},
		{"truncated", "sends half of the page and closes the connection", Page},
		{"error-in-body", "answers 200 and breaks off in an event with an error object", Page},
		{"invalid-utf8", "puts a byte into the page that is not UTF-8", Page},
		{"foreign-link", "links to another host", Page},
		{"empty-skiptoken", "links with an empty skip token", Page},
		{"same-link", "links to the page itself", Page},
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
// [,wider=DURATION][,retry-after=VALUE][,delay=DURATION].
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
	case "wider":
		f.Wider, err = time.ParseDuration(value)
	case "retry-after":
		f.RetryAfter = value
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	default:
		return fmt.Errorf("%q is not one of tenant, path, after, times, wider, retry-after and delay", name)
	}
	if err != nil {
		return fmt.Errorf("%s=%s: not a value that it can have", name, value)
	}
	return nil
}

// Faults are those that are still to come. They are safe for concurrent use.
type Faults struct {
	mu   sync.Mutex
	list []Fault
}

// Set replaces all faults. Of several that fit a request the first one meets it.
func (f *Faults) Set(list ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = slices.Clone(list)
	for i := range f.list {
		if f := &f.list[i]; f.Times == 0 {
			f.Times = 1
		}
	}
}

// Request is what decides whether a fault meets a request.
type Request struct {
	Tenant, Path string
	// Page is how many pages of the result have come through.
	Page int
	// Span is how much time is asked for; 0 where none is.
	Span time.Duration
}

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
		case r.Page < fault.AfterPage, fault.Wider > 0 && r.Span <= fault.Wider:
		default:
			if fault.Times > 0 {
				fault.Times--
			}
			return *fault, true
		}
	}
	return Fault{}, false
}
