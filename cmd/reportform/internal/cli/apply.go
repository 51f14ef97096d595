package cli

import (
	"bufio"
	"context"
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
	askFirst := o.File == "" && !o.AutoApprove && o.Approved == ""
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
	strangers(v, s)
	if approval := plan.Approval(p); o.Approved != "" && o.Approved != approval {
		return fail(v, "This plan was not approved", "The configuration, the deletions, the hazards or the flags differ from those of the plan that was approved. "+
			"Nothing was changed. Review this plan; to carry it out, give its approval:\n  -approved="+approval)
	}
	// Nobody is asked where nobody would answer.
	asking := !o.AutoApprove && o.Approved == "" && !o.JSON && a.Streams.InTerminal && a.Streams.Err.Terminal
	var allowed []plan.HazardKind
	rest, back := p.Permitted(nil)
	if asking && len(back) > 0 {
		allowed = a.allowed(ctx, human, back)
		rest, _ = p.Permitted(allowed)
	}
	if askFirst && !rest.Empty() {
		human.Ask(question(rest))
		if a.answer(ctx) != "yes" {
			human.Cancelled("Apply")
			return declined(ctx)
		}
	}
	return a.carryOut(ctx, v, s, rest, p, engine.ApplyOptions{Parallelism: o.Parallelism, Allow: allowed, Progress: v.Progress, Deadline: deadline})
}

// allowed asks for hazards by name.
func (a *App) allowed(ctx context.Context, v *pulls.Human, hazards []plan.Hazard) (allowed []plan.HazardKind) {
	for i := range hazards {
		v.AskHazard(&hazards[i])
		if a.answer(ctx) == string(hazards[i].Kind) {
			allowed = append(allowed, hazards[i].Kind)
		}
	}
	return allowed
}

// planned is the plan to carry out: the saved one, or one made now.
func (a *App) planned(ctx context.Context, s Session, o *args.Apply) (*plan.Plan, error) {
	if o.File != "" {
		p, err := readPlan(o.File)
		if err != nil {
			return nil, err
		}
		p.Allowed = append(p.Allowed, hazards(o.Allow)...)
		return p, s.CheckPlan(&p.Header)
	}
	opts := planOptions(o.Selection, o.Deleting)
	opts.Parallelism = o.Parallelism
	return s.Plan(ctx, opts)
}

func question(p *plan.Plan) string {
	switch {
	case len(p.Pulls) > 0 && len(p.Deletions) > 0:
		return "Do you want to perform these pulls and deletions?"
	case len(p.Pulls) > 0:
		return "Do you want to perform these pulls?"
	case len(p.Deletions) > 0:
		return "Do you want to perform these deletions?"
	}
	return "Do you want this to be recorded?"
}

// answer reads one line from standard input; it is empty where none comes.
func (a *App) answer(ctx context.Context) string {
	if a.answers == nil {
		a.answers = bufio.NewReader(a.Streams.In)
	}
	answer := make(chan string, 1)
	go func() {
		var line []byte
		for len(line) < maxAnswer {
			c, err := a.answers.ReadByte()
			if err != nil || c == '\n' {
				break
			}
			line = append(line, c)
		}
		answer <- strings.TrimSpace(string(line))
	}()
	select {
	case <-ctx.Done():
		return ""
	case line := <-answer:
		return line
	}
}

// maxAnswer bounds a line that is read as an answer.
const maxAnswer = 1024

// carryOut applies the plan, of which rest is not held back, and tells what comes
// of it.
func (a *App) carryOut(ctx context.Context, v applyView, s Session, rest, p *plan.Plan, opts engine.ApplyOptions) int {
	began := a.Now()
	v.BeginApply(len(rest.Pulls))
	stopTicking := every(progressTick, v.Tick)
	heard := make(chan struct{})
	forget := context.AfterFunc(ctx, func() {
		defer close(heard)
		v.Interrupted()
	})
	summary, err := s.Apply(ctx, p, opts)
	if !forget() {
		<-heard
	}
	stopTicking()
	if summary != nil {
		v.EndApply(pulls.Applied{
			Planned: len(rest.Pulls), Finished: summary.Finished, Skipped: summary.Skipped, Waiting: summary.Waiting, Failed: summary.Failed,
			Damaged: len(p.Damaged),
			Pruned:  summary.Pruned, HeldBack: summary.HeldBack, Events: summary.Events, Bytes: summary.Bytes,
			Warnings: summary.Warnings, Interrupted: summary.Interrupted || ctx.Err() != nil, Deadline: summary.Deadline, Took: a.Now().Sub(began),
		})
	}
	if err != nil {
		return failIn(ctx, v, s, "Apply failed", err)
	}
	if summary.Kept != nil {
		failIn(ctx, v, s, "Some deletions were not carried out", summary.Kept)
	}
	return worst(codeOf(summary, len(rest.Pulls)), lacking(len(p.Damaged) > 0), interrupted(ctx))
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
