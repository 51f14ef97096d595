// Package args turns command lines into values: for every command a struct
// with what was asked for. It reads nothing but its arguments and prints
// nothing.
//
// Each command has one file: its options, its flags and its help. The tables
// that Commands returns serve parsing, help and shell completion alike.
package args

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reportform/reportform/internal/diag"
)

// Program is the name that users type.
const Program = "reportform"

// Invocation is a parsed command line.
type Invocation struct {
	Chdir   string // -chdir; empty for the working directory
	NoColor bool

	// Help is the help text that was asked for; empty to run a command.
	Help string
	// Options are those of the command to run, such as *Plan; nil with Help.
	Options Options
}

// Options are the parsed arguments of one command: *Init, *Validate, *Fmt,
// *Plan, *Apply, *Show, *Coverage, *Explain, *StateList, *StateShow,
// *StateVerify, *StateRm, *StateMv, *StatePull, *StatePush, *Reports,
// *Sandbox, *Version or *Completion.
type Options interface {
	// flags declares the command's flags.
	flags(f *flags)
	// operands takes the arguments that are not flags.
	operands(rest []string) error
}

// Command describes a command.
type Command struct {
	Name     string // one word, or two: "state show"
	Summary  string // one line, without a full stop
	Usage    string // what follows the name, such as "[options] [FILE]"
	Text     string // paragraphs, divided by empty lines
	Examples []Example
	// Codes are the exit codes beside those that all commands have.
	Codes []Code
	// Endless reports that the command runs until it is interrupted, which is how
	// it ends.
	Endless bool

	options func() Options
}

// Code is an exit code and what it stands for.
type Code struct {
	Code  int
	Means string
}

// Example is a command line, without the program's name, and what it does.
type Example struct{ Line, Does string }

// Flags returns the command's flags, in the order of its help.
func (c *Command) Flags() []Flag {
	var f flags
	c.options().flags(&f)
	return f.list
}

// Commands returns every command in the order of the help.
func Commands() []Command {
	return []Command{
		initCommand(),
		validateCommand(),
		fmtCommand(),
		planCommand(),
		applyCommand(),
		showCommand(),
		coverageCommand(),
		explainCommand(),
		stateListCommand(),
		stateShowCommand(),
		stateVerifyCommand(),
		stateRmCommand(),
		stateMvCommand(),
		statePullCommand(),
		statePushCommand(),
		reportsCommand(),
		sandboxCommand(),
		versionCommand(),
		completionCommand(),
	}
}

// UsageError says what is wrong with a command line and where help is found.
type UsageError struct {
	Command string // empty where there is none
	Message string
}

func (e *UsageError) Error() string {
	help := Program + " -help"
	if e.Command != "" {
		help = Program + " " + e.Command + " -help"
	}
	return fmt.Sprintf("%s\nFor what can be written here, run: %s", e.Message, help)
}

// mistake is what is wrong with a command line, in full sentences.
type mistake string

func (m mistake) Error() string { return string(m) }

func mistakef(format string, args ...any) error { return mistake(fmt.Sprintf(format, args...)) }

// Parse reads a command line without the program's name. Errors are *UsageError.
func Parse(argv []string) (*Invocation, error) {
	inv := &Invocation{}
	var global flags
	var help, version bool
	global.text(&inv.Chdir, "chdir", "DIR", "")
	global.toggle(&inv.NoColor, "no-color", "")
	global.toggle(&help, "help", "")
	global.toggle(&help, "h", "")
	global.toggle(&version, "version", "")
	global.toggle(&version, "v", "")
	rest, err := global.parse(argv, untilOperand)
	if err != nil {
		return nil, &UsageError{"", err.Error()}
	}
	if version && !help {
		rest = append([]string{"version"}, rest...)
	}
	if len(rest) > 0 && rest[0] == "help" {
		help, rest = true, rest[1:]
	}
	if len(rest) == 0 {
		if !help {
			return nil, &UsageError{"", "A command is missing: " + commandWords() + "."}
		}
		inv.Help = Overview()
		return inv, nil
	}
	command, rest, err := find(rest, &help)
	if err != nil {
		return nil, err
	}
	if command == nil { // help on a group
		inv.Help = groupHelp(rest[0])
		return inv, nil
	}
	return inv, command.parse(inv, rest, help)
}

// commandWords lists the first words of all commands.
func commandWords() string {
	var words []string
	for _, c := range Commands() {
		words = append(words, strings.Fields(c.Name)[0])
	}
	return strings.Join(slices.Compact(words), ", ")
}

// find returns the command that the words begin with, and the words behind it.
// For help on a group of commands it returns no command.
func find(words []string, help *bool) (*Command, []string, error) {
	commands := Commands()
	var group []string
	for i := range commands {
		name := strings.Fields(commands[i].Name)
		if len(words) >= len(name) && slices.Equal(name, words[:len(name)]) {
			return &commands[i], words[len(name):], nil
		}
		if len(name) == 2 && name[0] == words[0] {
			group = append(group, name[1])
		}
	}
	if group == nil {
		var names []string
		for _, c := range commands {
			names = append(names, strings.Fields(c.Name)[0])
		}
		return nil, nil, &UsageError{"", fmt.Sprintf("There is no command %q.%s", words[0], suggestion(words[0], names, ""))}
	}
	if len(words) == 1 {
		if *help {
			return nil, words, nil
		}
		return nil, nil, &UsageError{words[0], fmt.Sprintf("%s needs to be told what to do: %s.", words[0], anyOf(group))}
	}
	switch words[1] {
	case "-help", "--help", "-h":
		return nil, words, nil
	}
	return nil, nil, &UsageError{words[0], fmt.Sprintf("There is no command %q.%s", words[0]+" "+words[1], suggestion(words[1], group, words[0]+" "))}
}

// anyOf lists words: "a, b or c".
func anyOf(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func (c *Command) parse(inv *Invocation, words []string, help bool) error {
	options := c.options()
	var f flags
	options.flags(&f)
	f.toggle(&inv.NoColor, "no-color", "")
	f.toggle(&help, "help", "")
	f.toggle(&help, "h", "")
	operands, err := f.parse(words, toTheEnd)
	if help {
		inv.Help = c.Help()
		return nil
	}
	if err == nil {
		err = options.operands(operands)
	}
	if err != nil {
		return &UsageError{c.Name, err.Error()}
	}
	inv.Options = options
	return nil
}

// suggestion is a sentence that names the word nearest to what was written,
// or nothing.
func suggestion(written string, words []string, prefix string) string {
	best := diag.ClosestWord(written, slices.Values(words))
	if best == "" {
		return ""
	}
	return diag.Suggest(prefix + best)
}

// none is embedded by commands that take no operands.
type none struct{}

func (none) operands(rest []string) error {
	if len(rest) > 0 {
		return mistakef("This command takes nothing but options, so %q has no place here.", rest[0])
	}
	return nil
}

// atMostOne returns the single operand, or nothing.
func atMostOne(rest []string, what string) (string, error) {
	switch len(rest) {
	case 0:
		return "", nil
	case 1:
		return rest[0], nil
	}
	return "", mistakef("This command takes one %s at most, so %q has no place here.", what, rest[1])
}
