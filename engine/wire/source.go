package wire

import (
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/fetch/odata"
	"github.com/reportform/reportform/engine/transport"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/calendar"
)

// Source returns where a report of a tenant comes from, for requests that leave
// a seat while they wait for the service's limits.
func (w *Wire) Source(tenant *config.Tenant, report *config.Report, seat transport.Seat) (fetch.Source, error) {
	s, err := w.open()
	if err != nil {
		return nil, err
	}
	t := report.Type
	source := &odata.Reader{
		Client: odata.Client{
			HTTP: s.client(tenant, t, seat), Logger: w.options.Logger.Named("fetch"), Backoff: w.Backoff, Patience: max(patience, w.Retry.Patience), Pages: &s.pages,
			Reach: w.Reach(tenant, report), Now: w.options.Now,
		},
		Request: odata.Request{
			Protocol: protocol(t.API), Endpoint: endpoint(s.endpoints(tenant), t.API), Directory: tenant.ID,
			Version: t.Version, Path: t.Path, Time: t.Time, ID: t.ID, Lower: t.Lower, Upper: t.Upper,
			Select: report.Select, OrderBy: t.OrderBy, PageSize: t.PageSize, Headers: t.Headers,
		},
	}
	if retention := t.Kept(tenant.Licence); retention != nil {
		source.Request.Kept = func(now time.Time) time.Time { return kept(*retention, now) }
	}
	for _, filter := range []string{t.Filter, report.Filter} {
		if filter != "" {
			source.Request.Filters = append(source.Request.Filters, filter)
		}
	}
	return source, nil
}

// patience is how long a pull follows pages without an event, at least.
const patience = time.Hour

// kept is until when a service may refuse to be asked: the end of the day on which
// it forgets events, because clocks differ.
func kept(retention calendar.Duration, now time.Time) time.Time {
	const day = 24 * time.Hour
	return retention.Before(now.UTC()).Truncate(day).Add(day)
}

// Reach is how long a span the service answers for in one go, for a report of a
// tenant. All of its sources share it.
func (w *Wire) Reach(tenant *config.Tenant, report *config.Report) *odata.Reach {
	reach, _ := w.reaches.LoadOrStore(reachKey{tenant.Address, report.Address}, &odata.Reach{})
	return reach.(*odata.Reach) //nolint:forcetypeassert // nothing else is stored
}

// reachKey is what a service's reach is the same for.
type reachKey struct{ tenant, report address.Address }

func protocol(api string) odata.Protocol {
	if api == config.APIAADGraph {
		return odata.AADGraph{}
	}
	return odata.Graph{}
}
