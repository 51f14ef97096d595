package fetch

// PagesError says what is wrong with pages of which each is whole by itself.
type PagesError struct {
	Kind    PagesKind
	Message string
	// RequestID and ClientRequestID are those of the last of them.
	RequestID, ClientRequestID string
}

// EndlessError says that pages went on without an event for as long as patience
// lasts. Those of the report's other spans would go on too.
type EndlessError struct{ PagesError }

// Final marks what ends everything that belongs together: to ask again now is no use.
func (e *EndlessError) Final() {}

// Unwrap returns the PagesError.
func (e *EndlessError) Unwrap() error { return &e.PagesError }

// PagesKind says what sort of error it is.
type PagesKind string

// The kinds of a PagesError.
const (
	// FilterIgnored: the events are not those of the time that was asked for.
	FilterIgnored PagesKind = "filter_ignored"
	// NoProgress: page follows upon page, and nothing new comes.
	NoProgress PagesKind = "no_progress"
)

func (e *PagesError) Error() string { return e.Message + IDs(e.RequestID, e.ClientRequestID) }

// Cause is the error without what is of one pull alone.
func (e *PagesError) Cause() string {
	if e.Kind == FilterIgnored {
		return "the service ignores the filter by time"
	}
	return "the service goes round in circles"
}

// Advice says in full sentences what the user can do.
func (e *PagesError) Advice() string {
	if e.Kind == FilterIgnored {
		return "The service does not filter this report by this time, or a gateway drops the filter: check the tenant's endpoints and, for a report_type block of your own, `time`. What has no time that the service can filter is a snapshot, without `time`."
	}
	return "The service has lost its place between pages. Try again later, or with shorter slices; if it stays so, give the request-id to Microsoft's support."
}
