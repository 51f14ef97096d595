package plan

// Console is the path of outputs that write to standard output, which any
// number of pulls share.
const Console = "-"

// Conflict is two outputs of planned pulls that lead to one path.
type Conflict struct {
	Path          string
	First, Second *Pull
	// FirstOutput and SecondOutput are the addresses of the outputs.
	FirstOutput, SecondOutput string
}

// Conflicts returns the paths that more than one output of the pulls leads
// to, the first conflict of each path.
func Conflicts(pulls []Pull) []Conflict {
	type place struct {
		pull   *Pull
		output string
	}
	taken := make(map[string]place, len(pulls))
	told := map[string]bool{}
	var conflicts []Conflict
	for i := range pulls {
		for _, o := range pulls[i].Outputs {
			first, ok := taken[o.Path]
			switch {
			case o.Path == Console:
			case !ok:
				taken[o.Path] = place{&pulls[i], o.Output}
			case !told[o.Path]:
				told[o.Path] = true
				conflicts = append(conflicts, Conflict{o.Path, first.pull, &pulls[i], first.output, o.Output})
			}
		}
	}
	return conflicts
}
