package args

import (
	"fmt"
	"strings"
)

// Completion is the arguments of completion.
type Completion struct {
	Shell string // a member of Shells
}

// Shells returns the shells that completion knows.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

func (o *Completion) flags(*flags) {}

func (o *Completion) operands(rest []string) (err error) {
	if o.Shell, err = atMostOne(rest, "shell"); err != nil {
		return err
	}
	if _, ok := o.script(); !ok {
		return mistakef("A shell is needed: %s.", strings.Join(Shells(), ", "))
	}
	return nil
}

func completionCommand() Command {
	return Command{
		Name:    "completion",
		Summary: "Print a script that completes commands and options in a shell",
		Usage:   "SHELL",
		Text:    `Prints the completion script for bash, zsh or fish.`,
		Examples: []Example{
			{"completion bash > /etc/bash_completion.d/reportform", "bash, for every user"},
			{`completion zsh > "${fpath[1]}/_reportform"`, "zsh"},
			{"completion fish > ~/.config/fish/completions/reportform.fish", "fish"},
		},
		options: func() Options { return &Completion{} },
	}
}

// Script is the completion script of the shell.
func (o *Completion) Script() string {
	text, _ := o.script()
	return text
}

func (o *Completion) script() (text string, known bool) {
	switch o.Shell {
	case "bash":
		return bashScript(), true
	case "zsh":
		return zshScript(), true
	case "fish":
		return fishScript(), true
	}
	return "", false
}

// completionCases lists, for each state of a command line, the pattern of the
// words so far and the words that can follow.
func completionCases() [][2]string {
	var first []string
	var cases [][2]string
	group := 0 // the case of the last word that begins several commands
	for _, c := range Commands() {
		word, sub, isGroup := strings.Cut(c.Name, " ")
		switch n := len(first); {
		case !isGroup:
			first = append(first, word)
		case n == 0 || first[n-1] != word:
			first = append(first, word)
			group = len(cases)
			cases = append(cases, [2]string{fmt.Sprintf("%q", word), "-help " + sub})
		default:
			cases[group][1] += " " + sub
		}
		var words []string
		if c.Name == "completion" {
			words = append(words, Shells()...)
		}
		for _, flag := range append(c.Flags(), Flag{Name: "no-color"}, Flag{Name: "help"}) {
			if flag.Value != "" {
				words = append(words, "-"+flag.Name+"=")
			} else {
				words = append(words, "-"+flag.Name)
			}
		}
		cases = append(cases, [2]string{fmt.Sprintf("%q|%q*", c.Name, c.Name+" "), strings.Join(words, " ")})
	}
	top := strings.Join(append(first, "-chdir=", "-no-color", "-help", "-version"), " ")
	return append([][2]string{{`""`, top}}, cases...)
}

func bashScript() string {
	var b strings.Builder
	b.WriteString(`# bash completion for reportform
_reportform() {
  local current="${COMP_WORDS[COMP_CWORD]}" line="" words="" i word
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    if [[ "${COMP_WORDS[i-1]}" == "=" || "$word" == "=" || "$word" == -* ]]; then continue; fi
    line="${line:+$line }$word"
  done
  case "$line" in
`)
	for _, c := range completionCases() {
		fmt.Fprintf(&b, "    %s) words=%q ;;\n", c[0], c[1])
	}
	b.WriteString(`  esac
  if [[ "$current" == "=" || "${COMP_WORDS[COMP_CWORD-1]}" == "=" ]]; then return; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *= ]]; then compopt -o nospace; fi
}
complete -o default -F _reportform reportform
`)
	return b.String()
}

func zshScript() string {
	var b strings.Builder
	b.WriteString(`#compdef reportform
# zsh completion for reportform
_reportform() {
  local line="" candidates="" word
  for word in "${(@)words[2,CURRENT-1]}"; do
    if [[ "$word" == -* ]]; then continue; fi
    line="${line:+$line }$word"
  done
  case "$line" in
`)
	for _, c := range completionCases() {
		fmt.Fprintf(&b, "    %s) candidates=%q ;;\n", c[0], c[1])
	}
	b.WriteString(`  esac
  local -a plain values
  for word in ${=candidates}; do
    if [[ "$word" == *= ]]; then values+=("$word"); else plain+=("$word"); fi
  done
  if [[ "$PREFIX" == -*=* ]]; then compset -P '*='; _files; return; fi
  compadd -a plain
  compadd -S '' -a values
  if [[ "$PREFIX" != -* && -n "$line" ]]; then _files; fi
}
if [[ "$funcstack[1]" == "_reportform" ]]; then _reportform "$@"; else compdef _reportform reportform; fi
`)
	return b.String()
}

func fishScript() string {
	var b strings.Builder
	b.WriteString("# fish completion for reportform\n")
	quote := func(s string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
	}
	option := func(when string, flag Flag) {
		fmt.Fprintf(&b, "complete -c reportform -n %s -o %s -d %s", quote(when), flag.Name, quote(flag.Text))
		if flag.Value != "" {
			b.WriteString(" -r")
		}
		b.WriteByte('\n')
	}
	const top = "__fish_use_subcommand"
	option(top, Flag{Name: "chdir", Value: "DIR", Text: "Work in this directory."})
	option(top, Flag{Name: "no-color", Text: "No colour."})
	option(top, Flag{Name: "help", Text: "Help."})
	seen, groups := map[string]bool{}, map[string][]string{}
	for _, c := range Commands() {
		if word, sub, isGroup := strings.Cut(c.Name, " "); isGroup {
			groups[word] = append(groups[word], sub)
		}
	}
	for _, c := range Commands() {
		word, sub, isGroup := strings.Cut(c.Name, " ")
		when := "__fish_seen_subcommand_from " + word
		if !seen[word] {
			seen[word] = true
			text := c.Summary
			if isGroup {
				text = "The ledgers"
			}
			fmt.Fprintf(&b, "complete -c reportform -f -n %s -a %s -d %s\n", quote(top), word, quote(text))
		}
		if isGroup {
			fmt.Fprintf(&b, "complete -c reportform -f -n %s -a %s -d %s\n",
				quote(when+"; and not __fish_seen_subcommand_from "+strings.Join(groups[word], " ")), sub, quote(c.Summary))
			when += "; and __fish_seen_subcommand_from " + sub
		}
		if c.Name == "completion" {
			fmt.Fprintf(&b, "complete -c reportform -f -n %s -a %s\n", quote(when), quote(strings.Join(Shells(), " ")))
		}
		for _, flag := range c.Flags() {
			option(when, flag)
		}
		option(when, Flag{Name: "help", Text: "This help."})
	}
	return b.String()
}
