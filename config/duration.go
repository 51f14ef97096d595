package config

import (
	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/diag"
)

// duration reads a calendar.Duration; zero lets "0s" pass.
func duration(a *lang.Attributes, name string, zero bool) (*calendar.Duration, bool) {
	s, ok := a.Text(name)
	if !ok {
		return nil, false
	}
	d, err := calendar.Parse(s)
	switch {
	case err != nil:
		a.Reject(name, "Not a duration", "%s.", diag.Capitalize(err.Error()))
		return nil, false
	case d.N == 0 && !zero:
		a.Reject(name, "Not a duration", "%q must be longer than nothing.", name)
		return nil, false
	}
	return &d, true
}
