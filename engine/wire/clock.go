package wire

import (
	"net/url"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/clock"
)

// Clock reads the clock of the service that shows the events of a tenant's
// reports of a type: that of the API's own host or, as long as that has not told
// its time, of the one who gives the tokens.
func (w *Wire) Clock(t *config.Tenant, reportType *config.ReportType) clock.Reading {
	s, err := w.open()
	if err != nil {
		return w.clocks.Read()
	}
	endpoints := s.endpoints(t)
	return w.clocks.Read(hostOf(endpoint(endpoints, reportType.API)), hostOf(endpoints.Login))
}

// hostOf is the host of an endpoint, with its port.
func hostOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	return u.Host
}
