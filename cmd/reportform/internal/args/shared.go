package args

// Vars are the flags that set variables.
type Vars struct {
	Vars     []string // "name=value", in order
	VarFiles []string // paths, in order
}

func (v *Vars) flags(f *flags) {
	f.texts(&v.Vars, "var", "NAME=VALUE", "Set a variable of the configuration.")
	f.texts(&v.VarFiles, "var-file", "FILE", "Read variables from a file, beside *.auto.rfvars.")
}

// Selection are the flags that say what is planned, and how closely.
type Selection struct {
	Targets  []string // addresses to keep; empty for all
	Excludes []string // addresses to drop
	Tenants  []string // names of tenants to keep; empty for all
	// TrustLedgers is set to look at no held file.
	TrustLedgers bool
}

func (s *Selection) flags(f *flags) {
	f.texts(&s.Targets, "target", "ADDRESS", "Only this tenant, report, output or window, such as report.sign_ins.failed.")
	f.texts(&s.Excludes, "exclude", "ADDRESS", "Without this tenant, report, output or window.")
	f.texts(&s.Tenants, "tenant", "NAME", "Only the tenant of this name.")
	f.toggleOff(&s.TrustLedgers, "refresh", "Look at no held file and take the ledgers' word: for files that have been moved on, are far away, or are very many.")
}

func (s *Selection) empty() bool {
	return len(s.Targets)+len(s.Excludes)+len(s.Tenants) == 0 && !s.TrustLedgers
}

// Deleting are the flags that say what a plan may delete, and what else it may do
// that is asked for by name.
type Deleting struct {
	Prune bool
	Allow []string // hazards, of Hazards
}

func (d *Deleting) flags(f *flags) {
	f.toggle(&d.Prune, "prune", "Also delete orphans: what is held and no longer declared.")
	f.words(&d.Allow, "allow", "HAZARD", Hazards(), "Allow what a plan holds back otherwise: "+anyOf(Hazards())+".")
}

// Hazards are the words that -allow takes.
func Hazards() []string {
	return []string{"deletes_irrecoverable", "removes_tenant", "all_files_missing", "exceeds_budget"}
}

const jsonText = "Print one JSON object a line, for programs."
