package engine

import (
	"time"

	"github.com/reportform/reportform/engine/fetch/odata"
	"github.com/reportform/reportform/engine/ledger"
)

// reach is a source's reach as ledgers keep it.
type reach struct{ source *odata.Reach }

// Recall implements run.Reach.
func (r reach) Recall(known *ledger.Reach) {
	if known != nil {
		r.source.Recall(odata.Learned{
			Span: time.Duration(known.Span), Answers: known.Answers, TooLong: time.Duration(known.TooLong), At: known.At,
		})
	}
}

// Learned implements run.Reach.
func (r reach) Learned() *ledger.Reach {
	known, ok := r.source.Learned()
	if !ok {
		return nil
	}
	return &ledger.Reach{
		Span: ledger.Seconds(known.Span), Answers: known.Answers, TooLong: ledger.Seconds(known.TooLong), At: known.At.UTC(),
	}
}
