package view

import "github.com/reportform/reportform/internal/term"

// Extras are the counts of events that were not simply written, where there
// are any.
func Extras(repeated, revisions, outside, untimed int64) (parts []string) {
	return counts(extra{repeated, "repeated"}, extra{revisions, "revised"}, extra{outside, "outside the slice"}, extra{untimed, "without a readable time"})
}

// Later is what later readings of a slice found, where there is anything: of late
// events that were told by the number of rows alone that is said.
func Later(late, gone, changed int64, byRows bool) []string {
	what := "late"
	if byRows {
		what += " by the number of rows"
	}
	return counts(extra{late, what}, extra{gone, "gone since"}, extra{changed, "changed since"})
}

type extra struct {
	n    int64
	what string
}

func counts(extras ...extra) (parts []string) {
	for _, e := range extras {
		if e.n > 0 {
			parts = append(parts, term.Count(e.n)+" "+e.what)
		}
	}
	return parts
}

// Digest is the beginning of a digest, enough to compare by eye.
func Digest(digest string) string { return digest[:min(12, len(digest))] }
