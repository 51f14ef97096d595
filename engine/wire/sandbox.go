package wire

import (
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/config/catalog"
	"github.com/reportform/reportform/engine/sandbox"
	"github.com/reportform/reportform/engine/sandbox/fault"
	"github.com/reportform/reportform/internal/limits"
)

// SandboxOptions says what kind of cloud the sandbox plays.
type SandboxOptions struct {
	Listen       string   // address, such as 127.0.0.1:8080; port 0 picks one
	Faults       []string // as fault.Parse reads them
	Throttle     bool     // enforce the published limits
	Seed         uint64
	EventsPerDay int // about so many of each report; 0 for the directory's own number
	// Clock is how much later it is than on this machine, and LateUpTo how late one
	// event in ten becomes visible at most.
	Clock, LateUpTo time.Duration
	Logger          hclog.Logger
}

// StartSandbox serves the sandbox with the report types of the built-in catalog.
// It serves until it is closed.
func StartSandbox(o SandboxOptions) (*sandbox.Server, error) {
	types, classes, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	options := SandboxOf(types, nil, classes)
	options.Now, options.Seed, options.Throttle, options.Logger = func() time.Time { return time.Now().Add(o.Clock) }, o.Seed, o.Throttle, o.Logger
	options.LateUpTo = o.LateUpTo
	for _, text := range o.Faults {
		f, err := fault.Parse(text)
		if err != nil {
			return nil, err
		}
		options.Faults = append(options.Faults, f)
	}
	if o.EventsPerDay > 0 {
		options.Tenants = func(id string) (sandbox.Tenant, bool) {
			return sandbox.Tenant{EventsPerDay: o.EventsPerDay}, !strings.HasSuffix(id, ".invalid")
		}
	}
	return sandbox.New(options).Listen(o.Listen)
}

// SandboxOf returns the options of a sandbox that serves the types of the
// built-in catalog and a user's own, at the published limits.
func SandboxOf(builtIn, own []*config.ReportType, classes []*config.LimitClass) sandbox.Options {
	options := sandbox.Options{Limits: map[string]limits.Class{}}
	for _, t := range builtIn {
		options.Types = append(options.Types, sandboxType(t))
	}
	for _, t := range own {
		st := sandboxType(t)
		st.Own = true
		options.Types = append(options.Types, st)
	}
	for _, l := range classes {
		options.Limits[l.Name] = l.Class
	}
	return options
}

// sandboxType is what the sandbox needs to know of a report type.
func sandboxType(t *config.ReportType) sandbox.Type {
	st := sandbox.Type{
		Name: t.Name, API: t.API, Version: t.Version, Path: t.Path, Filter: t.Filter,
		Time: t.Time, ID: t.ID, Permissions: t.Permissions, License: t.License,
		Limit: t.Limit, Lower: t.Lower, Upper: t.Upper,
	}
	for i := range t.With {
		r := &t.With[i]
		st.With = append(st.With, sandbox.Property{Name: r.Property, MaxPage: r.PageSize, Permissions: r.Permissions, License: r.License, Limit: r.Limit})
	}
	if t.Retention != nil {
		st.Retention = t.Retention.Fixed()
	}
	return st
}
