package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/outputs"
)

// record puts what was published into the ledger, and what failed.
func (p *pulling) record(ctx context.Context, sinks *outputs.Tee) Result {
	result := Result{Stats: p.stats, Took: p.took(), Clock: p.heard(p.stats.Pages > 0)}
	if p.compared != nil {
		first, present := p.readings(p.Now())
		p.compared.end(p.stats.Events, first, present)
		result.Later = &p.compared.later
	}
	var written, failed []JobOutput
	var errs []error
	for i, output := range p.lacking {
		receipt, err := sinks.Result(i)
		if err != nil {
			failed, errs = append(failed, output), append(errs, err)
			continue
		}
		written = append(written, output)
		result.Written = append(result.Written, Written{output.Address, receipt})
	}
	err := errors.Join(errs...)
	if len(written) == 0 {
		return p.failed(ctx, err)
	}
	if err != nil {
		result.Failure = p.failure(failed, err)
	}
	// What is published must not stay out of the ledger for an interrupt.
	update := p.Ledgers.Update(context.WithoutCancel(ctx), p.key, func(l *ledger.Ledger) {
		l.Keeper = p.Keeper
		p.learn(l)
		p.compare(l)
		p.job.Terms.Record(l)
		for i, output := range written {
			if p.job.Trailing {
				l.Supersede(output.Address, output.Target.Place)
				l.ForgetFailures(output.Address)
			}
			l.Hold(p.entry(&output, &result.Written[i].Receipt, result.Took))
		}
		if p.compared != nil {
			l.Learn(p.compared.lateness)
		}
		if ctx.Err() == nil {
			p.fail(l, failed, result.Failure)
		}
	})
	if update != nil {
		update = fmt.Errorf("the files are complete, but the state could not be saved, so the slice will be pulled again: %w", update)
		return p.failed(ctx, errors.Join(err, update))
	}
	return result
}

// learn records how far the service reaches, unless the ledger knows it better.
func (p *pulling) learn(l *ledger.Ledger) {
	if p.job.Reach == nil {
		return
	}
	if known := p.job.Reach.Learned(); known != nil && (l.Reach == nil || !known.At.Before(l.Reach.At)) {
		l.Reach = known
	}
}

// entry is the ledger's entry for one published output. What was made from
// another output has come from the service as that has.
func (p *pulling) entry(output *JobOutput, receipt *outputs.Receipt, took time.Duration) ledger.Held {
	pull := p.job.Pull
	h := ledger.Held{
		Output: output.Address, From: pull.From, To: pull.To, Definition: output.Definition, Place: receipt.Place,
		Rows: receipt.Rows, Bytes: receipt.Bytes, Modified: receipt.Modified, Final: pull.Final, Revisited: pull.Revisit,
	}
	var proof ledger.Proof
	if p.source == nil {
		p.settle(&h)
		stats := &p.stats
		proof = ledger.Proof{
			First: stats.First, Last: stats.Last, Pages: stats.Pages, Requests: stats.Requests,
			Repeated: stats.Repeated, Revisions: stats.Revisions, Outside: stats.Outside, Untimed: stats.Untimed,
			FirstID: stats.FirstRequestID, LastID: stats.LastRequestID,
			FetchedAt: p.start.UTC(), Took: took,
		}
		if p.job.Waited != nil {
			proof.Waited = p.job.Waited()
		}
		p.compared.prove(&proof, p.replaced(output))
	} else {
		proof = p.source.Proof()
		proof.Derived, proof.DerivedAt = p.source.Place, p.start.UTC()
		h.Final, h.Revisited, h.ReadAfter = p.source.Final, p.source.Revisited, p.source.ReadAfter
	}
	proof.SHA256, proof.Promise, proof.Ack = receipt.SHA256, string(receipt.Promise), receipt.Ack
	return h.With(proof)
}

// failed records that the pull has failed for all of its outputs that another
// process has not completed meanwhile. What was at fault as a source is not
// relied upon again.
func (p *pulling) failed(ctx context.Context, err error) Result {
	all := p.lacking
	if all == nil {
		all = p.job.Outputs
	}
	failure := p.failure(all, err)
	if errors.Is(err, errLost) {
		p.remember(ctx)
	}
	if ctx.Err() == nil && !errors.Is(err, errLost) {
		update := p.Ledgers.Update(ctx, p.key, func(l *ledger.Ledger) {
			if s := p.job.Pull.Source; s != nil && errors.Is(err, outputs.ErrAltered) {
				l.Doubt(s.Output, p.job.Pull.From, p.job.Pull.To, s.Place)
			}
			l.Keeper = p.Keeper
			p.learn(l)
			p.compare(l)
			p.fail(l, p.job.lacking(l), failure)
		})
		if update != nil {
			failure.Message += fmt.Sprintf("\nthe failure could not be recorded in the state: %v", update)
		}
	}
	return Result{Stats: p.stats, Took: p.took(), Clock: p.heard(false), Failure: failure}
}

// waited is the result of a pull that has published nothing, because by the
// service's clock it is too early.
func (p *pulling) waited(ctx context.Context, w *Waiting) Result {
	p.remember(ctx)
	return Result{Stats: p.stats, Took: p.took(), Clock: p.heard(false), Waiting: w}
}

func (p *pulling) failure(of []JobOutput, err error) *Failure {
	f := &Failure{Message: err.Error(), Stopped: errors.Is(err, context.Canceled)}
	_, f.Unasked = errors.AsType[*UnaskedError](err)
	for _, output := range of {
		f.Outputs = append(f.Outputs, output.Address)
	}
	if p.job.Explain != nil {
		f.Explanation = p.job.Explain(err)
	}
	return f
}

// fail records a failure of outputs.
func (p *pulling) fail(l *ledger.Ledger, of []JobOutput, failure *Failure) {
	for _, output := range of {
		if p.job.Trailing {
			l.ForgetFailures(output.Address)
		}
		l.Fail(ledger.Failed{
			Output: output.Address, From: p.job.Pull.From, To: p.job.Pull.To, At: p.Now().UTC(),
			Error: oneLine(nameOf(p.job.Pull) + ": " + failure.Message), Cause: failure.Cause, Advice: failure.Advice,
		})
	}
}

// oneLine is a text on one line of bounded length, for the ledger.
func oneLine(text string) string {
	const limit = 500
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "..."
	}
	return text
}
