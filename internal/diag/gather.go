package diag

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// Gather joins mistakes, telling each diagnostic once however many things it
// concerns. Of other errors it tells some, and how many more there are.
func Gather(mistakes []error) error {
	const most = 10
	var diags hcl.Diagnostics
	var others []error
	told := map[string]bool{}
	more := 0
	for _, mistake := range mistakes {
		if mistake == nil {
			continue
		}
		var found hcl.Diagnostics
		if !errors.As(mistake, &found) {
			if len(others) < most {
				others = append(others, mistake)
			} else {
				more++
			}
			continue
		}
		for _, d := range found {
			id := d.Summary + "\x00" + d.Detail
			if d.Subject != nil {
				id += "\x00" + d.Subject.String()
			}
			if !told[id] {
				told[id] = true
				diags = append(diags, d)
			}
		}
	}
	if more > 0 {
		others = append(others, fmt.Errorf("and %d more like these", more))
	}
	if diags.HasErrors() {
		others = append([]error{diags}, others...)
	}
	return errors.Join(others...)
}
