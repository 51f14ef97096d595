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

// The lines between which a document holds the table.
const (
	tableBegins = "<!-- results -->\n"
	tableEnds   = "<!-- end of results -->\n"
)

// replaceTable returns the document with another table.
func replaceTable(document, table string) (string, error) {
	before, rest, begins := strings.Cut(document, tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		return "", fmt.Errorf("the document does not have the lines %q and %q, between which the results belong", tableBegins, tableEnds)
	}
	return before + tableBegins + table + tableEnds + after, nil
}
