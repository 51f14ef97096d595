// Perf measures whole processes: Reportform against what a user would pick
// instead, on the same pages from the same local server, in alternation in one
// run, so that the ratios hold whatever the machine is.
//
//	go run ./cmd/internal/perf                            the comparison, five runs each
//	go run ./cmd/internal/perf -write docs/performance.md and the document for its results
//	go run ./cmd/internal/perf -events 1000000 -runs 1 -only reportform-five
//	go run ./cmd/internal/perf profile -o cpu.prof        where an apply spends its time
//	go run ./cmd/internal/perf serve                      the server alone
//
// It needs curl, jq and python3 for those it compares with, and runs on
// systems that account for the resources of a finished process.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	mode := ""
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	switch mode {
	case "serve":
		err = serve(ctx, os.Args[2:], os.Stdout)
	case "profile":
		err = profile(ctx, os.Args[2:])
	default:
		err = compare(ctx, os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "perf:", err)
		os.Exit(1)
	}
}

// load is what the server serves.
type load struct {
	events   int // of each tenant
	pageSize int
	tenants  int
	latency  time.Duration // of each page
	// giant, if not 0, is the size in bytes of one event in the middle.
	giant int
}

func (l *load) flags(flags *flag.FlagSet) {
	flags.IntVar(&l.events, "events", 500_000, "sign-ins of each tenant")
	flags.IntVar(&l.pageSize, "page", 1000, "events a page")
	flags.IntVar(&l.tenants, "tenants", 1, "directories")
	flags.DurationVar(&l.latency, "latency", 0, "time that the server takes for each page before it answers")
	flags.IntVar(&l.giant, "giant", 0, "size in bytes of one giant event in the middle; 0 for none")
}

func (l *load) arguments() []string {
	return strings.Fields(fmt.Sprintf("-events=%d -page=%d -tenants=%d -latency=%s -giant=%d", l.events, l.pageSize, l.tenants, l.latency, l.giant))
}

// pages is how many pages each tenant has.
func (l *load) pages() int { return (l.events + l.pageSize - 1) / l.pageSize }
