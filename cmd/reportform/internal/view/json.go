package view

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// FormatVersion is the version of what JSON writes. It changes when a program
// that reads the old form could misread the new one; new message types and new
// fields do not change it.
const FormatVersion = 1

// Type is the type of a message.
type Type string

// The types of messages. This list is complete: no other package makes one, and
// docs/json-output.md describes every one.
const (
	TypeVersion        Type = "version"
	TypeDiagnostic     Type = "diagnostic"
	TypeValidation     Type = "validation"
	TypePlannedPull    Type = "planned_pull"
	TypeWaiting        Type = "waiting"
	TypeLost           Type = "lost"
	TypeAhead          Type = "ahead"
	TypeOrphan         Type = "orphan"
	TypeHazard         Type = "hazard"
	TypeProtection     Type = "protection"
	TypeTenantEstimate Type = "tenant_estimate"
	TypeAppEstimate    Type = "app_estimate"
	TypeEstimate       Type = "estimate"
	TypeSchedule       Type = "schedule"
	TypePlanSummary    Type = "plan_summary"
	TypePlanSaved      Type = "plan_saved"
	TypePullStart      Type = "pull_start"
	TypePullProgress   Type = "pull_progress"
	TypePullComplete   Type = "pull_complete"
	TypePullFailed     Type = "pull_failed"
	TypePullSkipped    Type = "pull_skipped"
	TypePullWaiting    Type = "pull_waiting"
	TypeFailureGroup   Type = "failure_group"
	TypeApplyWaiting   Type = "apply_waiting"
	TypePruned         Type = "pruned"
	TypeInterrupted    Type = "interrupted"
	TypeApplySummary   Type = "apply_summary"
	TypeLedger         Type = "ledger"
	TypeHeld           Type = "held"
	TypeFailed         Type = "failed"
	TypeReportType     Type = "report_type"

	TypePlannedDeletion Type = "planned_deletion"
	TypeDeleted         Type = "deleted"
	TypeCoverage        Type = "coverage"
	TypeCoverageRun     Type = "coverage_run"
	TypeLateness        Type = "lateness"
	TypeCoverageSummary Type = "coverage_summary"
	TypeBadFile         Type = "bad_file"
	TypeBadLedger       Type = "bad_ledger"
	TypeVerifySummary   Type = "verify_summary"
	TypeExplanation     Type = "explanation"
)

// JSON writes for programs: every message is one object on one line of the
// output stream. Its methods may be called from several goroutines. The views
// of the commands build on it.
type JSON struct {
	Now func() time.Time

	mu sync.Mutex
	w  io.Writer
}

// NewJSON returns a view for programs.
func NewJSON(s Streams, now func() time.Time) *JSON { return &JSON{w: s.Out, Now: now} }

// Message is what JSON writes: a struct that begins with a Head.
type Message interface{ head() Head }

// Head begins every message.
type Head struct {
	Version int  `json:"@version"`
	Type    Type `json:"type"`
}

// HeadOf begins a message of a type.
func HeadOf(t Type) Head { return Head{FormatVersion, t} }

func (h Head) head() Head { return h }

// Put writes one message. Write errors are for the one who gave the stream to
// notice.
func (j *JSON) Put(message Message) {
	j.mu.Lock()
	defer j.mu.Unlock()
	enc := json.NewEncoder(j.w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(message)
}

// Diagnostics writes every one of diags, quoting the source from files.
func (j *JSON) Diagnostics(diags hcl.Diagnostics, files map[string]*hcl.File) {
	for _, d := range diags {
		j.Put(struct {
			Head
			Diagnostic
		}{HeadOf(TypeDiagnostic), NewDiagnostic(d, files)})
	}
}
