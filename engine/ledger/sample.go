package ledger

import (
	"math"
	"time"
)

// Sample is what the newest slices cost that were fetched from the service: a
// measure for those to come. The zero Sample knows nothing.
type Sample struct {
	Slices   int
	Span     time.Duration // of the slices together
	Rows     int64
	Requests int64
	// Latency is the least time that a request took; zero if not known.
	Latency time.Duration
	// BytesPerRow is, by output, how large its files are.
	BytesPerRow map[string]float64
}

// sampled is how many entries of each output make a Sample.
const sampled = 32

// cost is the part of a proof that a Sample needs.
type cost struct {
	requests int64
	worked   time.Duration // without waiting for limits
	derived  bool
}

func (h *Held) cost() cost {
	if h.proof == nil && h.page != nil {
		return h.page.cost(h.at)
	}
	p := h.Proof()
	return cost{p.Requests, p.Took - p.Waited, p.Derived != ""}
}

// Sample measures the newest entries of each output. Only those that stand in
// the head count, or of a ledger that has just been folded those of its last
// page.
func (l *Ledger) Sample() Sample {
	entries := l.recent
	if len(entries) == 0 && len(l.pages) > 0 {
		entries = l.pages[len(l.pages)-1].held
	}
	s := Sample{Latency: math.MaxInt64}
	measured := "" // the output whose entries count: several hold the same slices
	for last := len(entries) - 1; last >= 0; {
		output := entries[last].Output
		var rows, bytes int64
		n := 0
		for ; last >= 0 && entries[last].Output == output; last-- {
			h := &entries[last]
			if n++; n > sampled {
				continue
			}
			c := h.cost()
			rows, bytes = rows+h.Rows, bytes+h.Bytes
			if c.derived || c.requests == 0 || measured != "" && measured != output {
				continue
			}
			measured = output
			s.Slices++
			s.Span += h.To.Sub(h.From)
			s.Rows += h.Rows
			s.Requests += c.requests
			if c.worked > 0 {
				s.Latency = min(s.Latency, c.worked/time.Duration(c.requests))
			}
		}
		if rows > 0 {
			if s.BytesPerRow == nil {
				s.BytesPerRow = map[string]float64{}
			}
			s.BytesPerRow[output] = float64(bytes) / float64(rows)
		}
	}
	if s.Latency == math.MaxInt64 {
		s.Latency = 0
	}
	return s
}
