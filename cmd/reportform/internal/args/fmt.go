package args

// Stdin stands for standard input among paths.
const Stdin = "-"

// Fmt is the arguments of fmt.
type Fmt struct {
	Check, Diff, Recursive bool
	// Paths are files and directories; Stdin stands alone. Never empty.
	Paths []string
}

func (o *Fmt) flags(f *flags) {
	f.toggle(&o.Check, "check", "Change nothing; exit with 3 if a file is not in canonical form.")
	f.toggle(&o.Diff, "diff", "Show what changes.")
	f.toggle(&o.Recursive, "recursive", "Go into subdirectories too.")
}

func (o *Fmt) operands(rest []string) error {
	o.Paths = rest
	if len(rest) == 0 {
		o.Paths = []string{"."}
	}
	for _, path := range o.Paths {
		if path == Stdin && len(o.Paths) > 1 {
			return mistake("Standard input (-) cannot be combined with other paths.")
		}
	}
	return nil
}

func fmtCommand() Command {
	return Command{
		Name:    "fmt",
		Summary: "Bring configuration files into canonical form",
		Usage:   "[options] [PATH...]",
		Text: `Formats the *.rf.hcl and *.rfvars files of the directory, or the given files and directories, and prints the names of those that changed. With - it formats standard input to standard output.

A file with a syntax error is left alone and reported. Files in JSON syntax are not touched.`,
		Examples: []Example{
			{"fmt", "format the working directory"},
			{"fmt -check -diff -recursive", "in a pipeline: show what is not formatted and fail"},
			{"fmt -", "format what an editor sends"},
		},
		Codes: []Code{
			{3, "With -check: a file is not in canonical form."},
		},
		options: func() Options { return &Fmt{} },
	}
}
