package args

// Version is the arguments of version.
type Version struct {
	none
	JSON bool
}

func (o *Version) flags(f *flags) { f.toggle(&o.JSON, "json", jsonText) }

func versionCommand() Command {
	return Command{
		Name:     "version",
		Summary:  "Print the version",
		Usage:    "[options]",
		Text:     `Prints the version of Reportform, the system that it was built for, and the version of Go that built it.`,
		Examples: []Example{{"version -json", "for programs"}},
		options:  func() Options { return &Version{} },
	}
}
