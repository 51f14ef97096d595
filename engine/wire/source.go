package wire

import (
	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/fetch/odata"
	"github.com/reportform/reportform/engine/transport"
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
			HTTP: s.client(tenant, t, seat), Logger: w.options.Logger.Named("fetch"), Backoff: w.Backoff, Pages: &s.pages,
		},
		Request: odata.Request{
			Protocol: protocol(t.API), Endpoint: endpoint(s.endpoints(tenant), t.API), Directory: tenant.ID,
			Version: t.Version, Path: t.Path, Time: t.Time, ID: t.ID, Lower: t.Lower, Upper: t.Upper,
			Select: report.Select, OrderBy: t.OrderBy, PageSize: t.PageSize, Headers: t.Headers,
		},
	}
	for _, filter := range []string{t.Filter, report.Filter} {
		if filter != "" {
			source.Request.Filters = append(source.Request.Filters, filter)
		}
	}
	return source, nil
}

func protocol(api string) odata.Protocol {
	if api == config.APIAADGraph {
		return odata.AADGraph{}
	}
	return odata.Graph{}
}
