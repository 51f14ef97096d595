package args

import (
	"fmt"
	"strconv"
	"strings"
)

// width is the number of columns of help texts.
const width = 80

// Overview is the help on the program as a whole.
func Overview() string {
	var b strings.Builder
	b.WriteString("Usage: " + Program + " [global options] COMMAND [options]\n\n")
	b.WriteString(wrap("Declare tenants, reports, time windows and outputs in *.rf.hcl files; plan shows what is missing, apply fetches it.", 0))
	b.WriteString("\nCommands:\n")
	for _, c := range Commands() {
		entry(&b, c.Name, c.Summary, 14)
	}
	b.WriteString("\nGlobal options, before the command:\n")
	entry(&b, "-chdir=DIR", "Work in this directory.", 14)
	entry(&b, "-no-color", "No colour. NO_COLOR in the environment does the same.", 14)
	entry(&b, "-help", "This help; "+Program+" COMMAND -help for a command.", 14)
	entry(&b, "-version", "The same as the command version.", 14)
	b.WriteString("\nEnvironment:\n")
	entry(&b, "RF_LOG", "Log to standard error: trace, debug, info, warn or error.", 14)
	entry(&b, "RF_LOG_FORMAT", "json for a log in JSON.", 14)
	entry(&b, "RF_VAR_name", "The value of the variable name.", 14)
	return b.String()
}

// Help is the help on a command.
func (c *Command) Help() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s %s %s\n\n", Program, c.Name, c.Usage)
	for i, paragraph := range strings.Split(c.Text, "\n\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(wrap(paragraph, 0))
	}
	list := append(c.Flags(), Flag{Name: "no-color", Text: "No colour."}, Flag{Name: "help", Text: "This help."})
	indent := 0
	for _, flag := range list {
		indent = max(indent, len(flag.usage()))
	}
	b.WriteString("\nOptions:\n")
	for _, flag := range list {
		text := flag.Text
		if flag.Repeats {
			text += " Can be given many times."
		}
		entry(&b, flag.usage(), text, indent)
	}
	b.WriteString("\nExit codes:\n")
	entry(&b, "0", "Done.", 8)
	entry(&b, "1", "An error: nothing was done.", 8)
	for _, code := range c.Codes {
		entry(&b, strconv.Itoa(code.Code), code.Means, 8)
	}
	if !c.Endless {
		entry(&b, "130, 143", "Interrupted, or told to end.", 8)
	}
	b.WriteString("\nExamples:\n")
	for _, e := range c.Examples {
		fmt.Fprintf(&b, "  %s %s\n%s", Program, e.Line, wrap(e.Does, 6))
	}
	return b.String()
}

// groupHelp is the help on the commands that begin with a word.
func groupHelp(word string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s %s COMMAND [options]\n\nCommands:\n", Program, word)
	for _, c := range Commands() {
		if strings.HasPrefix(c.Name, word+" ") {
			entry(&b, c.Name, c.Summary, 14)
		}
	}
	return b.String()
}

// usage is the flag as it is typed.
func (f Flag) usage() string {
	if f.Value == "" {
		return "-" + f.Name
	}
	return "-" + f.Name + "=" + f.Value
}

// entry writes a term and its text beside it.
func entry(b *strings.Builder, term, text string, column int) {
	wrapped := wrap(text, column+4)
	fmt.Fprintf(b, "  %-*s%s", column+2, term, wrapped[column+4:])
}

// wrap breaks text into indented lines of at most width columns.
func wrap(text string, indent int) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		switch {
		case column == 0:
			b.WriteString(strings.Repeat(" ", indent))
			column = indent
		case column+1+len(word) > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	b.WriteByte('\n')
	return b.String()
}
