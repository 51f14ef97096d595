package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/reportform/reportform/engine"
)

// profile applies once in this process and writes a CPU profile of it.
func profile(ctx context.Context, args []string) error {
	var l load
	flags := flag.NewFlagSet("perf profile", flag.ContinueOnError)
	l.flags(flags)
	formats := flags.String("formats", "json,ndjson,csv,xml,text", "output formats")
	to := flags.String("o", "cpu.prof", "file of the profile")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "reportform-perf-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := os.Executable()
	if err != nil {
		return err
	}
	origin, stop, err := startServer(ctx, program, l)
	if err != nil {
		return err
	}
	defer stop()
	if _, err := reportform(strings.Split(*formats, ",")...)(dir, origin, l, ""); err != nil {
		return err
	}
	e, diags := engine.Load(engine.Options{Dir: dir, Version: "perf"})
	if diags.HasErrors() {
		return diags
	}
	defer e.Close()
	file, err := os.Create(*to)
	if err != nil {
		return err
	}
	defer file.Close()
	plan, err := e.Plan(ctx, engine.PlanOptions{})
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	start := time.Now()
	summary, err := e.Apply(ctx, plan, engine.ApplyOptions{Parallelism: 64})
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	for _, failed := range summary.Failed {
		return failed.Err()
	}
	_, err = fmt.Printf("%d events in %.2fs\n", summary.Events, time.Since(start).Seconds()) //nolint:forbidigo // a program for developers
	return err
}
