package config

import (
	"maps"
	"slices"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/diag"
)

// Licences of a directory, as a tenant names them: what the service keeps, and
// which reports it offers, depends on them.
const (
	LicenceFree = "free"
	LicenceP1   = "p1"
	LicenceP2   = "p2"
)

// Licences are all of them, from the least to the greatest.
func Licences() []string { return []string{LicenceFree, LicenceP1, LicenceP2} }

// Kept is how long the service keeps the events of a directory with a licence, or
// with the best one where it is empty; nil where unknown or without limit.
func (t *ReportType) Kept(licence string) *calendar.Duration {
	if d, ok := t.RetentionBy[licence]; ok {
		return &d
	}
	return t.Retention
}

// Offered reports whether a directory with a licence has the report. Of one whose
// licence is not known it is taken for granted.
func (t *ReportType) Offered(licence string) bool {
	return licence == "" || len(t.Licences) == 0 || slices.Contains(t.Licences, licence)
}

// decodeRetention reads how long the service keeps events: one duration, or one
// for each licence that it names.
func decodeRetention(a *lang.Attributes, t *ReportType) {
	text, byLicence, ok := a.TextOrMap("retention")
	switch {
	case !ok:
		return
	case byLicence == nil:
		t.Retention, _ = parseDuration(a, "retention", text, false)
		return
	}
	t.RetentionBy = map[string]calendar.Duration{}
	for _, licence := range slices.Sorted(maps.Keys(byLicence)) {
		if !slices.Contains(Licences(), licence) {
			a.Reject("retention", "Unknown licence", "The retention is one duration, or an object with one for each of %s; there is no licence %q.%s",
				diag.Quoted(Licences()), licence, diag.DidYouMean(licence, slices.Values(Licences())))
			continue
		}
		d, ok := parseDuration(a, "retention", byLicence[licence], false)
		if !ok {
			continue
		}
		t.RetentionBy[licence] = *d
		if t.Retention == nil || d.Fixed() > t.Retention.Fixed() {
			t.Retention = d
		}
	}
}

// decodeLicences reads the licences with which a directory has a report; nil is all.
func decodeLicences(a *lang.Attributes) []string {
	list, ok := a.Texts("licences")
	if !ok {
		return nil
	}
	for _, licence := range list {
		if !slices.Contains(Licences(), licence) {
			a.Reject("licences", "Unknown licence", "A licence is one of %s, and not %q.%s",
				diag.Quoted(Licences()), licence, diag.DidYouMean(licence, slices.Values(Licences())))
			return nil
		}
	}
	return list
}
