package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// sample is what one run of one process took.
type sample struct {
	wall, user, system time.Duration
	peak               int64 // bytes, of the largest process
}

// result is the runs of one contender.
type result struct {
	contender
	events  int
	samples []sample
}

// median returns the middle of a figure over the runs.
func (r *result) median(of func(sample) float64) float64 {
	var values []float64
	for _, s := range r.samples {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// compare runs the contenders in alternation and prints their figures.
func compare(ctx context.Context, args []string) error {
	var l load
	flags := flag.NewFlagSet("perf", flag.ContinueOnError)
	l.flags(flags)
	slow := flags.Int("slow-events", 25_000, "sign-ins for the contenders that are slow; their wall time is scaled")
	runs := flags.Int("runs", 5, "runs of each contender")
	only := flags.String("only", "", "names of the contenders, separated by commas; empty for all")
	write := flags.String("write", "", "document to write the results into")
	scratch := flags.String("scratch", "", "directory for the files that are written; empty for a temporary one")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(*scratch, "reportform-perf-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	build := exec.CommandContext(ctx, "go", "build", "-o", dir, "./cmd/reportform", "./cmd/internal/perf")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building: %w (run it in the root of the module)", err)
	}

	var results []*result
	for _, c := range contenders() {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), c.name) {
			continue
		}
		r := &result{contender: c, events: l.events}
		if c.slow {
			r.events = min(l.events, *slow)
		}
		results = append(results, r)
	}
	if len(results) == 0 {
		return fmt.Errorf("there is no contender %q", *only)
	}
	binary := filepath.Join(dir, "reportform")
	for run := range *runs + 1 {
		for _, r := range results {
			s, err := measure(ctx, dir, binary, r, l)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			if run == 0 && *runs > 1 {
				continue // the first round warms up
			}
			r.samples = append(r.samples, s)
			fmt.Fprintf(os.Stderr, "%-18s %8.2fs\n", r.name, s.wall.Seconds())
		}
		if *runs == 1 {
			break
		}
	}
	table := render(results, l, *runs)
	if _, err := io.WriteString(os.Stdout, table); err != nil {
		return err
	}
	if *write == "" {
		return nil
	}
	document, err := os.ReadFile(*write)
	if err != nil {
		return err
	}
	replaced, err := replaceTable(string(document), table)
	if err != nil {
		return fmt.Errorf("%s: %w", *write, err)
	}
	return os.WriteFile(*write, []byte(replaced), 0o644)
}

// measure runs one contender once against a server of its own.
func measure(ctx context.Context, dir, binary string, r *result, l load) (sample, error) {
	l.events = r.events
	origin, stop, err := startServer(ctx, filepath.Join(dir, "perf"), l)
	if err != nil {
		return sample{}, err
	}
	defer stop()
	work, err := os.MkdirTemp(dir, r.name+"-")
	if err != nil {
		return sample{}, err
	}
	defer os.RemoveAll(work)
	command, err := r.command(work, origin, l, binary)
	if err != nil {
		return sample{}, err
	}
	process := exec.CommandContext(ctx, command[0], command[1:]...)
	var said strings.Builder
	process.Stdout, process.Stderr = &said, &said
	start := time.Now()
	if err := process.Run(); err != nil {
		return sample{}, errors.Join(err, errors.New(said.String()))
	}
	s := sample{wall: time.Since(start), user: process.ProcessState.UserTime(), system: process.ProcessState.SystemTime()}
	s.peak = peak(process.ProcessState)
	return s, nil
}

// startServer runs the server of a load as a process of its own and returns
// its origin.
func startServer(ctx context.Context, binary string, l load) (origin string, stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	server := exec.CommandContext(ctx, binary, append([]string{"serve"}, l.arguments()...)...)
	server.Stderr = os.Stderr
	pipe, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		cancel()
		return "", nil, err
	}
	stop = func() { cancel(); _ = server.Wait() }
	line, err := bufio.NewReader(pipe).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the server did not start: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}
