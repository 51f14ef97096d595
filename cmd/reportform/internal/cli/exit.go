package cli

import (
	"context"
	"errors"

	"github.com/reportform/reportform/engine"
)

// Exit codes. docs/exit-codes.md says what each stands for in every command.
const (
	ok         = 0
	failed     = 1 // an error, and nothing was done
	no         = 2 // the answer is no: there is something to do, or something is not as it should be
	incomplete = 3 // something could not be done, and the rest was
)

// Interrupt is the exit code of a command that a signal has stopped: 128 and the
// signal's number. It is the cause with which the context of a command ends.
type Interrupt int

func (i Interrupt) Error() string { return "interrupted by a signal" }

// interrupted is the exit code of a command whose context has ended, ok where it
// has not.
func interrupted(ctx context.Context) int {
	if ctx.Err() == nil {
		return ok
	}
	var i Interrupt
	if errors.As(context.Cause(ctx), &i) {
		return int(i)
	}
	const byTerminal = 130
	return byTerminal
}

// worst is the exit code of a command to which several apply.
func worst(codes ...int) int {
	rank := func(code int) int {
		switch code {
		case ok:
			return 0
		case no:
			return 1
		case incomplete:
			return 2
		case failed:
			return 4
		}
		return 3 // interrupted
	}
	code := ok
	for _, c := range codes {
		if rank(c) > rank(code) {
			code = c
		}
	}
	return code
}

// codeOf is the exit code of what came of the pulls of a plan. Where all of them
// failed and nothing was written, nothing was done.
func codeOf(s *engine.Summary, planned int) int {
	stopped, wrote := 0, s.Finished+s.Skipped+len(s.Pruned) > 0
	for i := range s.Failed {
		if s.Failed[i].Failure.Stopped {
			stopped++
		}
		wrote = wrote || len(s.Failed[i].Written) > 0
	}
	switch failures := len(s.Failed) - stopped; {
	case failures == 0 && s.Kept == nil && len(s.HeldBack) == 0 && !s.Interrupted && !s.Deadline:
		return ok
	case failures > 0 && failures == planned && !wrote, s.Deadline && !wrote:
		return failed
	}
	return incomplete
}

// declined is the exit code of a command that asked and was not answered yes.
func declined(ctx context.Context) int {
	if code := interrupted(ctx); code != ok {
		return code
	}
	return failed
}

// found is no where something was found, and ok where nothing was.
func found(something bool) int {
	if something {
		return no
	}
	return ok
}

// lacking is incomplete where something had to be left out, and ok otherwise.
func lacking(something bool) int {
	if something {
		return incomplete
	}
	return ok
}
