package cli

import (
	"bufio"
	"context"
	"io"
	"strings"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/cmd/reportform/internal/view/pulls"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
)

// applyView is what apply has to tell.
type applyView interface {
	diagnoser
	Plan(p *plan.Plan)
	Prune(orphans []plan.Orphan)
	BeginApply(planned int)
	Progress(p run.Progress)
	Tick()
	Interrupted()
	EndApply(a pulls.Applied)
}

func (a *App) apply(ctx context.Context, o *args.Apply) int {
	var deadline time.Time
	if o.Deadline > 0 {
		deadline = time.Now().Add(o.Deadline)
	}
	s, diags := a.loadWith(o.Vars, o.Patience)
	defer s.Close()
	streams := a.Streams
	if !diags.HasErrors() && s.Console() {
		streams = streams.LeaveOut().NoLive()
	}
	human := pulls.NewHuman(a.humanOn(streams))
	var v applyView = human
	if o.JSON {
		v = pulls.NewJSON(view.NewJSON(streams, a.Now))
	}
	v.Diagnostics(diags, s.Files())
	if diags.HasErrors() {
		return failed
	}
	askFirst := o.File == "" && !o.AutoApprove
	if askFirst && (o.JSON || !a.Streams.InTerminal || !a.Streams.Err.Terminal) {
		return fail(v, "Nobody can be asked", "Apply asks before it fetches anything, and that needs a terminal and a result for people. "+
			"Give -auto-approve to go on without being asked, or review a saved plan and carry out exactly that:\n"+
			"  reportform plan -out=FILE\n  reportform apply FILE")
	}
	planning, stop := context.WithCancel(ctx)
	if !deadline.IsZero() {
		planning, stop = context.WithDeadline(ctx, deadline)
	}
	p, err := a.planned(planning, s, o)
	late := planning.Err() != nil && ctx.Err() == nil
	stop()
	switch {
	case err != nil && late:
		return fail(v, "Nothing was done", "The deadline came before the plan was made. Give -deadline more time.")
	case err != nil && o.File != "":
		return failIn(ctx, v, s, "The saved plan cannot be carried out", err)
	case err != nil:
		return failIn(ctx, v, s, "Planning failed", err)
	}
	v.Plan(p)
	prunes := o.Prune && len(p.Orphans) > 0
	if prunes {
		v.Prune(p.Orphans)
	}
	if askFirst && (!p.Empty() || prunes) {
		human.Ask(question(p, prunes))
		if !a.answeredYes(ctx) {
			human.Cancelled("Apply")
			return failed
		}
	}
	return a.carryOut(ctx, v, s, p, o, deadline)
}

// planned is the plan to carry out: the saved one, or one made now.
func (a *App) planned(ctx context.Context, s Session, o *args.Apply) (*plan.Plan, error) {
	if o.File != "" {
		p, err := readPlan(o.File)
		if err != nil {
			return nil, err
		}
		return p, s.CheckPlan(&p.Header)
	}
	opts := planOptions(o.Selection)
	opts.Parallelism = o.Parallelism
	return s.Plan(ctx, opts)
}

func question(p *plan.Plan, prunes bool) string {
	switch {
	case p.Empty():
		return "Do you want to delete these orphans?"
	case prunes:
		return "Do you want to perform these pulls and delete these orphans?"
	}
	return "Do you want to perform these pulls?"
}

// answeredYes reads one line from standard input.
func (a *App) answeredYes(ctx context.Context) bool {
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(io.LimitReader(a.Streams.In, 1024)).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return false
	case line := <-answer:
		return line == "yes"
	}
}

// carryOut applies the plan and tells what comes of it.
func (a *App) carryOut(ctx context.Context, v applyView, s Session, p *plan.Plan, o *args.Apply, deadline time.Time) int {
	began := a.Now()
	v.BeginApply(len(p.Pulls))
	stopTicking := every(progressTick, v.Tick)
	heard := make(chan struct{})
	forget := context.AfterFunc(ctx, func() {
		defer close(heard)
		v.Interrupted()
	})
	summary, err := s.Apply(ctx, p, engine.ApplyOptions{Parallelism: o.Parallelism, Prune: o.Prune, Progress: v.Progress, Deadline: deadline})
	if !forget() {
		<-heard
	}
	stopTicking()
	if summary != nil {
		v.EndApply(pulls.Applied{
			Planned: len(p.Pulls), Finished: summary.Finished, Skipped: summary.Skipped, Failed: summary.Failed,
			Pruned: summary.Pruned, Events: summary.Events, Bytes: summary.Bytes,
			Interrupted: summary.Interrupted || ctx.Err() != nil, Deadline: summary.Deadline, Took: a.Now().Sub(began),
		})
	}
	switch {
	case err != nil:
		return failIn(ctx, v, s, "Apply failed", err)
	case summary.Deadline && summary.Finished > 0:
		_ = kept(ctx, v, s, summary.Kept)
		return incomplete
	case len(summary.Failed) > 0 || summary.Deadline || summary.Interrupted || ctx.Err() != nil:
		_ = kept(ctx, v, s, summary.Kept)
		return failed
	}
	return kept(ctx, v, s, summary.Kept)
}

// progressTick is how often the progress display learns that time passes.
const progressTick = 250 * time.Millisecond

// every calls f regularly until the function that it returns is called, which
// waits for a call under way.
func every(interval time.Duration, f func()) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				f()
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// kept tells why orphans are kept, if some are.
func kept(ctx context.Context, v diagnoser, s Session, err error) int {
	if err == nil {
		return ok
	}
	_ = failIn(ctx, v, s, "Some orphans are kept", err)
	return incomplete
}
