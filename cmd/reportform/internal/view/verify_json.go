package view

import (
	"time"

	"github.com/reportform/reportform/engine"
)

type badFileMessage struct {
	head
	Tenant      string       `json:"tenant"`
	Report      string       `json:"report"`
	Output      string       `json:"output"`
	From        time.Time    `json:"from"`
	To          time.Time    `json:"to"`
	Path        string       `json:"path"`
	Fault       engine.Fault `json:"fault"`
	Bytes       int64        `json:"bytes"`
	SHA256      string       `json:"sha256"`
	FoundBytes  int64        `json:"found_bytes,omitempty"`
	FoundSHA256 string       `json:"found_sha256,omitempty"`
	Error       string       `json:"error,omitempty"`
}

type badLedgerMessage struct {
	head
	Tenant string `json:"tenant"`
	Report string `json:"report"`
	Error  string `json:"error"`
}

type verifySummaryMessage struct {
	head
	Ledgers      int     `json:"ledgers"`
	Good         int64   `json:"good"`
	GoodBytes    int64   `json:"good_bytes"`
	Missing      int64   `json:"missing"`
	Altered      int64   `json:"altered"`
	Unreadable   int64   `json:"unreadable"`
	BadLedgers   int     `json:"bad_ledgers"`
	Console      int64   `json:"console"`
	Left         int64   `json:"left"`
	UnnamedPages int     `json:"unnamed_pages"`
	Complete     bool    `json:"complete"`
	TookSeconds  float64 `json:"took_seconds"`
}

// BeginVerify writes nothing: the summary has the numbers.
func (j *JSON) BeginVerify() {}

// Verifying writes what is bad.
func (j *JSON) Verifying(value engine.Verifying) {
	switch x := value.(type) {
	case engine.BadFile:
		message := badFileMessage{
			headOf(TypeBadFile), x.Key.Tenant, x.Key.Report, x.Output, x.From, x.To, x.Path,
			x.Fault, x.Bytes, x.SHA256, x.FoundBytes, x.FoundSHA256, "",
		}
		if x.Err != nil {
			message.Error = x.Err.Error()
		}
		j.put(message)
	case engine.BadLedger:
		j.put(badLedgerMessage{headOf(TypeBadLedger), x.Key.Tenant, x.Key.Report, x.Err.Error()})
	}
}

// EndVerify writes a summary.
func (j *JSON) EndVerify(v Verified) {
	j.put(verifySummaryMessage{
		headOf(TypeVerifySummary), v.Ledgers, v.Good, v.GoodBytes, v.Missing, v.Altered, v.Unreadable,
		v.BadLedgers, v.Console, v.Left, v.Unnamed, v.Complete, v.Took.Seconds(),
	})
}
