package view

import "github.com/reportform/reportform/internal/term"

// Extras are the counts of events that were not simply written, where there
// are any.
func Extras(repeated, revisions, outside, untimed int64) (parts []string) {
	for _, extra := range []struct {
		n    int64
		what string
	}{{repeated, "repeated"}, {revisions, "revised"}, {outside, "outside the slice"}, {untimed, "without a readable time"}} {
		if extra.n > 0 {
			parts = append(parts, term.Count(extra.n)+" "+extra.what)
		}
	}
	return parts
}

// Digest is the beginning of a digest, enough to compare by eye.
func Digest(digest string) string { return digest[:min(12, len(digest))] }
