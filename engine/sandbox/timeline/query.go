package timeline

import (
	"fmt"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/sandbox/endpoint"
	"github.com/reportform/reportform/engine/sandbox/shape"
	"github.com/reportform/reportform/internal/odatafilter"
)

// legacyWindow is what a report of the Azure AD Graph API sends that is not
// filtered by time.
const legacyWindow = 30 * 24 * time.Hour

// Query is what a request asks for: the events from Low (included) to High
// (excluded) that match what else a filter says.
type Query struct {
	Low, High int64 // ticks
	Desc      bool
	// Evolved lets values be seen that were added to an enumeration later.
	Evolved bool

	sources []*endpoint.Source
	rest    odatafilter.Expr
	looks   map[string]bool // the members that rest looks at
}

// Query reads a filter, empty for none. Its errors are
// answers to the client, in the words of the service.
func (v *View) Query(filter string) (*Query, error) {
	q := &Query{Low: v.Floor, High: v.Now + 1}
	if v.Endpoint.API == endpoint.AADGraph && filter == "" {
		q.Low = max(q.Low, v.Now-int64(legacyWindow/shape.Tick))
	}
	var expr odatafilter.Expr
	if filter != "" {
		var err error
		if expr, err = odatafilter.Parse(filter); err != nil {
			return nil, refuse("Invalid filter clause: %s.", err)
		}
		if err := odatafilter.Check(expr, v.Endpoint.Schema); err != nil {
			return nil, refuse("Invalid filter clause: %s.", err)
		}
		if err := v.operators(expr); err != nil {
			return nil, err
		}
		low, high := int64(minTicks), int64(maxTicks)
		q.rest = v.bounds(expr, &low, &high)
		tooOld := low != minTicks && low < v.Floor || high <= v.Floor
		if tooOld && v.Endpoint.Retention > 0 && v.Endpoint.API == endpoint.Graph {
			return nil, refuse("Specified argument was out of the range of valid values. (Parameter 'Minimum allowed time for %s is %s')",
				v.Endpoint.Time, shape.Time(v.Floor).Format("1/2/2006 3:04:05 PM"))
		}
		q.Low, q.High = max(q.Low, low), min(q.High, high)
	}
	q.looks = map[string]bool{}
	odatafilter.Properties(q.rest, func(path []string) { q.looks[path[0]] = true })
	q.sources = v.Endpoint.Answering(expr)
	return q, nil
}

const (
	minTicks = -1 << 62
	maxTicks = 1 << 62
)

// bounds takes the comparisons with the time property that hold for every
// event of the result out of e, narrows low and high to them, and returns what
// is left of e.
func (v *View) bounds(e odatafilter.Expr, low, high *int64) odatafilter.Expr {
	switch e := e.(type) {
	case *odatafilter.And:
		left, right := v.bounds(e.Left, low, high), v.bounds(e.Right, low, high)
		switch {
		case left == nil:
			return right
		case right == nil:
			return left
		}
		return &odatafilter.And{Left: left, Right: right}
	case *odatafilter.Compare:
		if v.Endpoint.Time == "" || strings.Join(e.Path, "/") != v.Endpoint.Time || e.Literal.Kind != odatafilter.Time || v.Endpoint.Snapshot() {
			return e
		}
		t := shape.Ticks(e.Literal.Time)
		switch e.Op {
		case "gt":
			*low = max(*low, t+1)
		case "ge":
			*low = max(*low, t)
		case "lt":
			*high = min(*high, t)
		case "le":
			*high = min(*high, t+1)
		case "eq":
			*low, *high = max(*low, t), min(*high, t+1)
		default:
			return e
		}
		return nil
	}
	return e
}

// operators checks what a report's filter may contain beyond its properties.
func (v *View) operators(e odatafilter.Expr) error {
	plain := v.Endpoint.API == endpoint.AADGraph && strings.HasPrefix(strings.ToLower(v.Endpoint.Path), "/reports/")
	var bad error
	var check func(odatafilter.Expr)
	check = func(e odatafilter.Expr) {
		switch e := e.(type) {
		case *odatafilter.And:
			check(e.Left)
			check(e.Right)
		case *odatafilter.Or:
			check(e.Left)
			check(e.Right)
		case *odatafilter.Not:
			check(e.X)
			if plain {
				bad = refuse("Invalid filter clause: not is not supported.")
			}
		case *odatafilter.Compare:
			onTime := strings.Join(e.Path, "/") == v.Endpoint.Time
			documented := e.Op == "eq" || e.Op == v.Endpoint.Lower || e.Op == v.Endpoint.Upper
			switch {
			case plain && (!onTime || e.Op == "ne" || e.Literal.Kind != odatafilter.Time):
				bad = refuse("Invalid filter clause: only %s can be compared, with eq, gt, ge, lt and le.", v.Endpoint.Time)
			case onTime && v.Strict && !documented:
				bad = refuse("Invalid filter clause: the operator %s is not documented for %s.", e.Op, v.Endpoint.Time)
			}
		default:
			if plain {
				bad = refuse("Invalid filter clause: functions are not supported.")
			}
		}
	}
	check(e)
	return bad
}

// refusal is an answer to a client whose filter is not understood.
type refusal string

func (r refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }
