package archive

import (
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/internal/place"
)

type badFileMessage struct {
	view.Head
	Tenant      string          `json:"tenant"`
	Report      string          `json:"report"`
	Output      string          `json:"output"`
	From        time.Time       `json:"from"`
	To          time.Time       `json:"to"`
	Place       place.Place     `json:"path"`
	Fault       place.Condition `json:"fault"`
	Bytes       int64           `json:"bytes"`
	SHA256      string          `json:"sha256"`
	FoundBytes  int64           `json:"found_bytes,omitempty"`
	FoundSHA256 string          `json:"found_sha256,omitempty"`
	Error       string          `json:"error,omitempty"`
}

type badLedgerMessage struct {
	view.Head
	Tenant string `json:"tenant"`
	Report string `json:"report"`
	Error  string `json:"error"`
}

type verifySummaryMessage struct {
	view.Head
	Ledgers      int              `json:"ledgers"`
	Good         int64            `json:"good"`
	GoodBytes    int64            `json:"good_bytes"`
	Missing      int64            `json:"missing"`
	Altered      int64            `json:"altered"`
	Unreadable   int64            `json:"unreadable"`
	BadLedgers   int              `json:"bad_ledgers"`
	Console      int64            `json:"console"`
	Unverifiable map[string]int64 `json:"unverifiable,omitempty"` // by output
	Left         int64            `json:"left"`
	UnnamedPages int              `json:"unnamed_pages"`
	Complete     bool             `json:"complete"`
	TookSeconds  float64          `json:"took_seconds"`
}

// BeginVerify writes nothing: the summary has the numbers.
func (j *JSON) BeginVerify() {}

// Tick writes nothing: a program keeps its own time.
func (j *JSON) Tick() {}

// Verifying writes what is bad.
func (j *JSON) Verifying(value archive.Verifying) {
	switch x := value.(type) {
	case archive.Bad:
		message := badFileMessage{
			view.HeadOf(view.TypeBadFile), x.Key.Tenant, x.Key.Report, x.Output, x.From, x.To, x.Place,
			x.Condition, x.Bytes, x.SHA256, x.Finding.Bytes, x.Finding.SHA256, "",
		}
		if x.Err != nil {
			message.Error = x.Err.Error()
		}
		j.Put(message)
	case archive.BadLedger:
		j.Put(badLedgerMessage{view.HeadOf(view.TypeBadLedger), x.Key.Tenant, x.Key.Report, x.Err.Error()})
	}
}

// EndVerify writes a summary.
func (j *JSON) EndVerify(v Verified) {
	j.Put(verifySummaryMessage{
		view.HeadOf(view.TypeVerifySummary), v.Ledgers, v.Good, v.GoodBytes, v.Missing, v.Altered, v.Unreadable,
		v.BadLedgers, v.Console, v.Unverifiable, v.Left, v.Unnamed, v.Complete, v.Took.Seconds(),
	})
}
