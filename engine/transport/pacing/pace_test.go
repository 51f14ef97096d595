package pacing

import (
	"math"
	"testing"
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// step is a refusal, or answers for so many windows of the whole rate.
type step struct {
	refused bool
	sent    time.Duration // before the refusal, the request was sent
	answers int           // useful ones, spread over nine seconds
	part    float64       // of the rate, afterwards
}

func TestPace(t *testing.T) {
	hundred := limits.Rate{Requests: 100, Per: 10 * time.Second}
	for name, tt := range map[string]struct {
		rate  limits.Rate
		steps []step
	}{
		"answers change nothing": {hundred, []step{{answers: 100, part: 1}}},
		"a refusal lowers it, and those under way with it do not": {hundred, []step{
			{answers: 95, part: 1}, {refused: true, part: 0.85}, {refused: true, sent: time.Second, part: 0.85}, {refused: true, part: 0.7225},
		}},
		"a first one to what was answered": {hundred, []step{{answers: 60, part: 1}, {refused: true, part: 0.6}, {refused: true, part: 0.51}}},
		"but not to less than half":        {hundred, []step{{answers: 10, part: 1}, {refused: true, part: 0.5}, {refused: true, part: 0.425}}},
		"it rises to what was good within a window, and slowly beyond": {hundred, []step{
			{answers: 95, part: 1}, {refused: true, part: 0.85}, {answers: 88, part: 0.95}, {answers: 95, part: 0.958}, {answers: 95, part: 0.982}, {answers: 300, part: 1}, {answers: 5, part: 1},
		}},
		"a second refusal has a good pace of its own": {hundred, []step{
			{answers: 95, part: 1}, {refused: true, part: 0.85}, {refused: true, part: 0.7225}, {answers: 76, part: 0.8075},
		}},
		"it has an end": {limits.Rate{Requests: 1, Per: time.Second}, []step{
			{refused: true, part: 0.5},
			{refused: true, part: 0.425},
			{refused: true, part: 0.361},
			{refused: true, part: 0.307},
			{refused: true, part: 0.261},
			{refused: true, part: 0.2219},
			{refused: true, part: 0.1886},
			{refused: true, part: 0.1603},
			{refused: true, part: 0.1362},
			{refused: true, part: 0.1158},
			{refused: true, part: 0.0984},
			{refused: true, part: 0.0837},
			{refused: true, part: 0.0711},
			{refused: true, part: 0.0605},
			{refused: true, part: 0.0514},
			{refused: true, part: 0.05},
			{refused: true, part: 0.05},
		}},
		"no limit has no pace": {limits.Rate{}, []step{{refused: true, part: 1}, {answers: 5, part: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
			p := newPace(tt.rate)
			for i, s := range tt.steps {
				now = now.Add(500 * time.Millisecond)
				p.take(now)
				if s.refused {
					p.refused(now.Add(-s.sent), now)
				}
				for i := range s.answers {
					if p.useful(now.Add(9 * time.Second * time.Duration(i) / time.Duration(s.answers))); i == s.answers-1 {
						now = now.Add(9 * time.Second)
						p.take(now)
					}
				}
				if math.Abs(p.part-s.part) > 0.005 {
					t.Fatalf("step %d: %.4f of the rate, want %.4f", i, p.part, s.part)
				}
				wait := time.Duration(0)
				if p.part < 1 {
					wait = time.Duration(float64(Window(tt.rate)) / float64(tt.rate.Requests) / p.part)
				}
				if free := p.free(); wait == 0 && !free.IsZero() || wait > 0 && free.Sub(now).Round(time.Millisecond) != wait.Round(time.Millisecond) {
					t.Errorf("step %d: the next request goes at %s, want %s later", i, free, wait)
				}
			}
		})
	}
}
