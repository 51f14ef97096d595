package args

import (
	"math"
	"time"
)

// Sandbox is the arguments of sandbox.
type Sandbox struct {
	none
	Listen       string
	Faults       []string
	Throttle     bool
	Seed         int
	EventsPerDay int // 0 for the sandbox's own
	Clock        time.Duration
	Late         time.Duration
}

func (o *Sandbox) flags(f *flags) {
	f.text(&o.Listen, "listen", "ADDRESS", "Listen here, host:port. Default 127.0.0.1:0, a free port.")
	f.texts(&o.Faults, "fault", "SPEC", "Misbehave in this way. A wrong SPEC is answered with the list.")
	f.toggle(&o.Throttle, "throttle", "Enforce the service's published request limits.")
	f.number(&o.Seed, "seed", "N", 0, "Other events for another number. Default 0.")
	f.number(&o.EventsPerDay, "events-per-day", "N", 1, "About so many events a day in each report.")
	f.span(&o.Clock, "clock", math.MinInt64, "Set the sandbox's clock ahead of this machine's, or behind it: -clock=-48h.")
	f.span(&o.Late, "late", 0, "Show one event in ten up to so much later than it happened.")
}

func sandboxCommand() Command {
	return Command{
		Name:    "sandbox",
		Summary: "Serve the built-in stand-in for the cloud to other programs",
		Usage:   "[options]",
		Text:    `Serves the stand-in for the token endpoints, Microsoft Graph and the Azure AD Graph reporting API until interrupted, and prints what to put into a tenant block to use it. A tenant with cloud = "sandbox" needs no such server: plan and apply run their own.`,
		Examples: []Example{
			{"sandbox", "on a free port"},
			{"sandbox -listen=127.0.0.1:8081 -throttle", "on a fixed port, with the real limits"},
		},
		Endless: true,
		options: func() Options { return &Sandbox{Listen: "127.0.0.1:0"} },
	}
}
