package main

import (
	"fmt"
	"runtime"
	"strings"
)

// render is the table of the results, in Markdown.
func render(results []*result, l load, runs int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d sign-ins of %d tenant(s), %d a page, about 2 KB each; %d processors, %s/%s, %s; medians of %d alternating run(s).\n\n",
		l.events, l.tenants, l.pageSize, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), runs)
	b.WriteString("| contender | wall | user CPU | system CPU | peak memory | events/s | x curl |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	perEvent := func(r *result) float64 {
		return r.median(func(s sample) float64 { return s.wall.Seconds() }) / float64(r.events*l.tenants)
	}
	limit := 0.0
	for _, r := range results {
		if r.name == "curl" {
			limit = perEvent(r)
		}
	}
	for _, r := range results {
		ratio := "-"
		if limit > 0 {
			ratio = fmt.Sprintf("%.2f", perEvent(r)/limit)
		}
		note := ""
		if r.events != l.events {
			note = fmt.Sprintf(" (%d events)", r.events)
		}
		fmt.Fprintf(&b, "| %s%s | %.2f s | %.2f s | %.2f s | %.0f MiB | %.0f | %s |\n", r.what, note,
			r.median(func(s sample) float64 { return s.wall.Seconds() }),
			r.median(func(s sample) float64 { return s.user.Seconds() }),
			r.median(func(s sample) float64 { return s.system.Seconds() }),
			r.median(func(s sample) float64 { return float64(s.peak) / (1 << 20) }),
			1/perEvent(r), ratio)
	}
	return b.String()
}

// page is the document that holds the table.
func page(table string) string {
	return `# Performance

A report arrives once and leaves in many formats, and the machine should set the pace, not our code. What counts is therefore not
seconds but ratios, measured in alternation in one run on one machine, against the same pages from the same local server: to
` + "`curl -o /dev/null`" + `, which does nothing with what it gets and so is the limit, and to what one would write otherwise.

The last run of ` + "`go run ./cmd/internal/perf -write docs/performance.md`" + `:

` + table + `
Peak memory is that of the largest process, and hardly depends on the number of events. The contenders that are slow got fewer events, and the last two columns are by event.
The server is a process of its own and shares the processors with the contender, as curl's share in it shows.

The parts have benchmarks beside their code: ` + "`go test -run=xxx -bench=. ./outputs/... ./engine/fetch`" + `.

So have plans and ledgers at scale, which print their figures: a first plan of 10,000 tenants with five reports in thirty daily
slices, the plan when all of that is held (it makes 1.5 million files first; ` + "`-tenants=1000`" + ` is a tenth of it), and a ledger with ten
years of hourly slices:

` + "```sh" + `
go test -run=xxx -bench='FirstPlan|HeldPlan|TenYears' -benchtime=3x ./engine
` + "```" + `
`
}
