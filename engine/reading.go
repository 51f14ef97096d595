package engine

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/fetch/odata"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/engine/wanted"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/event"
	"github.com/reportform/reportform/internal/rawjson"
	"github.com/reportform/reportform/outputs"
)

// reading yields the events of one slice and counts them, as fetch.Source does.
type reading func(ctx context.Context, stats *fetch.Stats) iter.Seq2[[]event.Event, error]

// asking reads a pull's slice from the service, working at a seat.
func (e *Engine) asking(tenant *config.Tenant, report *config.Report, pull *plan.Pull, seat *timedSeat) (reading, error) {
	source, err := e.source(tenant, report, seat)
	if err != nil {
		return nil, err
	}
	span := fetch.Span{From: pull.From, To: pull.To}
	if report.Type.Snapshot() {
		span = fetch.Span{}
	}
	return func(ctx context.Context, stats *fetch.Stats) iter.Seq2[[]event.Event, error] {
		return source.Events(ctx, span, stats)
	}, nil
}

// rereader is an output that gives back what it holds.
type rereader interface {
	// Reread yields the events of a verbatim place, some at a time; a batch may
	// be used until the next one is asked for. What is not as the receipt says is
	// outputs.ErrAltered. An error ends the events.
	Reread(ctx context.Context, r *outputs.Receipt) iter.Seq2[[]event.Event, error]
}

// recall is how a later reading of a tenant's report is compared with what is
// held of it.
func (e *Engine) recall(tenant *config.Tenant, report *config.Report, facts *outputs.Pull) *run.Recall {
	r := &run.Recall{Reread: func(h *ledger.Held) func(context.Context) iter.Seq2[[]event.Event, error] {
		output := e.outputs[address.Address(h.Output)]
		reader, ok := output.(rereader)
		if !ok {
			return nil
		}
		target, diags := output.Resolve(facts)
		if diags.HasErrors() || !target.Verbatim || target.Place != h.Place {
			return nil
		}
		if d := wanted.Define(tenant, report, target.Definition); h.Definition != d.Now && h.Definition != d.Earlier {
			return nil
		}
		receipt := archive.Receipt(h)
		return func(ctx context.Context) iter.Seq2[[]event.Event, error] { return reader.Reread(ctx, &receipt) }
	}}
	for _, output := range report.Outputs {
		r.Outputs = append(r.Outputs, string(output.Address))
	}
	if len(report.Type.ID) == 0 {
		return r
	}
	paths := make([][]string, len(report.Type.ID))
	for i, property := range report.Type.ID {
		paths[i] = strings.Split(property, "/")
	}
	r.ID = func(dst, raw []byte) ([]byte, bool) {
		for _, path := range paths {
			value := rawjson.Lookup(raw, path...)
			if len(value) == 0 || string(value) == "null" {
				return dst, false
			}
			dst = append(append(dst, value...), 0)
		}
		return dst, true
	}
	return r
}

// rereading reads a pull's slice from what another output holds, as the plan
// says: events of a type.
func (e *Engine) rereading(planned *plan.Source, facts *outputs.Pull, of *config.ReportType) (reading, error) {
	output, ok := e.outputs[address.Address(planned.Output)]
	reader, rereads := output.(rereader)
	if !ok || !rereads {
		return nil, fmt.Errorf("the plan reads %s again, which the configuration does not have or cannot read: make the plan again", planned.Output)
	}
	target, diags := output.Resolve(facts)
	if diags.HasErrors() {
		return nil, diags
	}
	if !target.Verbatim || target.Place != planned.Place {
		return nil, fmt.Errorf("%s no longer holds what the plan makes the pull from: make the plan again", planned.Output)
	}
	path, receipt := strings.Split(of.Time, "/"), outputs.Receipt{Place: planned.Place, SHA256: planned.SHA256}
	return func(ctx context.Context, stats *fetch.Stats) iter.Seq2[[]event.Event, error] {
		return func(yield func([]event.Event, error) bool) {
			for events, err := range reader.Reread(ctx, &receipt) {
				if err != nil {
					yield(nil, fmt.Errorf("%s: %w", planned.Output, err))
					return
				}
				stats.Events += int64(len(events))
				for i := range events {
					events[i].Time = odata.TimeOf(events[i].Raw, path...)
				}
				if !yield(events, nil) {
					return
				}
			}
		}
	}, nil
}
