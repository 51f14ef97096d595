// Package limits has the one model of the service's published limits: how many
// requests may be sent in a time, and which requests are counted together.
package limits

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is a number of requests in a time. The zero Rate is no limit. Its JSON
// is that of plans.
type Rate struct {
	Requests int           `json:"requests"`
	Per      time.Duration `json:"window_ns"`
}

// maxUnits is the greatest number of seconds or minutes that Parse takes.
const maxUnits = 1_000_000

// Parse reads a Rate as configuration has it: requests, a slash, and a whole
// number of seconds or minutes, such as 5/10s or 150/1m. It is never zero.
func Parse(s string) (Rate, error) {
	requests, per, _ := strings.Cut(s, "/")
	unit := time.Second
	count, ok := strings.CutSuffix(per, "s")
	if !ok {
		unit = time.Minute
		count, ok = strings.CutSuffix(per, "m")
	}
	n, err := strconv.ParseUint(requests, 10, 31)
	units, perErr := strconv.ParseUint(count, 10, 31)
	if !ok || err != nil || perErr != nil || n == 0 || units == 0 || units > maxUnits {
		return Rate{}, fmt.Errorf("%q is not a budget: write requests and a time in seconds or minutes, such as 5/10s or 150/1m", s)
	}
	return Rate{int(n), time.Duration(units) * unit}, nil
}

// Limited reports whether there is a limit.
func (r Rate) Limited() bool { return r.Requests > 0 && r.Per > 0 }

// String gives the Rate as Parse reads it, such as 5/10s.
func (r Rate) String() string { return strconv.Itoa(r.Requests) + "/" + r.Time() }

// Time gives the time as a Rate is written, in minutes where it is whole
// minutes: 10s or 1m.
func (r Rate) Time() string {
	switch {
	case r.Per == 0 || r.Per%time.Second != 0:
		return r.Per.String()
	case r.Per%time.Minute == 0:
		return strconv.FormatInt(int64(r.Per/time.Minute), 10) + "m"
	default:
		return strconv.FormatInt(int64(r.Per/time.Second), 10) + "s"
	}
}

// Class is a set of limits that apply together to the same requests: those of
// one app in one tenant, those of one app over all its tenants, and those of
// one tenant whoever asks.
type Class struct {
	Name                   string
	AppTenant, App, Tenant Rate
}

// Counter names requests that are counted together: those of a class by an
// app in a directory, where an empty App or Directory stands for all of them.
type Counter struct{ Class, App, Directory string }

// Limit is a Counter with its Rate.
type Limit struct {
	Counter
	Rate
}

// Of returns what a request of an app in a directory counts against: the
// counters of AppTenant, App and Tenant, in this order, those without a limit
// included.
func (c Class) Of(app, directory string) [3]Limit {
	return [3]Limit{
		{Counter{c.Name, app, directory}, c.AppTenant},
		{Counter{c.Name, app, ""}, c.App},
		{Counter{c.Name, "", directory}, c.Tenant},
	}
}
