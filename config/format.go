package config

import "github.com/hashicorp/hcl/v2/hclwrite"

// Format returns the source of a *.rf.hcl or *.rfvars file in canonical
// formatting. Source with syntax errors is formatted as far as it is
// understood, and nothing of it is lost.
func Format(src []byte) []byte { return hclwrite.Format(src) }
