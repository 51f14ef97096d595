package args

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Flag describes one flag.
type Flag struct {
	Name  string
	Value string // stands for the value in help, such as "FILE"; empty for a switch
	Text  string // empty for a flag that is described elsewhere
	// Repeats says that the flag may be given many times.
	Repeats bool

	implied string // the value of a flag that is given without one; empty to need one
	set     func(value string) error
}

// flags collects the flags of one command.
type flags struct{ list []Flag }

// toggle declares a switch: -name, -name=true or -name=false.
func (f *flags) toggle(p *bool, name, text string) {
	f.list = append(f.list, Flag{Name: name, Text: text, implied: "true", set: func(value string) (err error) {
		if *p, err = strconv.ParseBool(value); err != nil {
			return mistakef("-%s is a switch: write -%s, -%s=true or -%s=false, not %q.", name, name, name, name, value)
		}
		return nil
	}})
}

// toggleOff declares a switch that is on unless -name=false is given; p is true
// if it was switched off.
func (f *flags) toggleOff(p *bool, name, text string) {
	on := true
	f.toggle(&on, name, text)
	flag := &f.list[len(f.list)-1]
	flag.Value = "false"
	set := flag.set
	flag.set = func(value string) error {
		err := set(value)
		*p = !on
		return err
	}
}

// text declares a flag with a text; the last one given counts.
func (f *flags) text(p *string, name, value, text string) {
	f.list = append(f.list, Flag{Name: name, Value: value, Text: text, set: func(value string) error {
		*p = value
		return nil
	}})
}

// texts declares a flag that may be given many times.
func (f *flags) texts(p *[]string, name, value, text string) {
	f.list = append(f.list, Flag{Name: name, Value: value, Text: text, Repeats: true, set: func(value string) error {
		*p = append(*p, value)
		return nil
	}})
}

// number declares a flag with a whole number of at least least.
func (f *flags) number(p *int, name, value string, least int, text string) {
	f.list = append(f.list, Flag{Name: name, Value: value, Text: text, set: func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < least || n > math.MaxInt32 {
			return mistakef("-%s is a whole number of at least %d, not %q.", name, least, value)
		}
		*p = n
		return nil
	}})
}

// duration declares a flag with a length of time that is not zero.
func (f *flags) duration(p *time.Duration, name, value, text string) {
	f.list = append(f.list, Flag{Name: name, Value: value, Text: text, set: func(value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return mistakef("-%s is a length of time, such as 90s, 50m or 1h30m, not %q.", name, value)
		}
		*p = d
		return nil
	}})
}

// extent says how far parse reads.
type extent bool

const (
	untilOperand extent = false // up to the first argument that is no flag
	toTheEnd     extent = true  // flags may follow operands
)

// parse sets the flags among the words and returns the other words. One dash
// or two, -name value or -name=value; what follows "--" is no flag, and a
// single "-" never is.
func (f *flags) parse(words []string, to extent) (operands []string, err error) {
	for len(words) > 0 {
		word := words[0]
		switch {
		case word == "--":
			return append(operands, words[1:]...), nil
		case word == "-" || !strings.HasPrefix(word, "-"):
			if to == untilOperand {
				return words, nil
			}
			operands, words = append(operands, word), words[1:]
			continue
		}
		words = words[1:]
		name, value, given := strings.Cut(strings.TrimPrefix(word[1:], "-"), "=")
		flag, err := f.find(name)
		if err != nil {
			return nil, err
		}
		switch {
		case !given && flag.implied != "":
			value = flag.implied
		case !given && len(words) > 0:
			value, words = words[0], words[1:]
		}
		if value == "" {
			return nil, mistakef("-%s needs a value: -%s=%s.", name, name, flag.Value)
		}
		if err := flag.set(value); err != nil {
			return nil, err
		}
	}
	return operands, nil
}

func (f *flags) find(name string) (Flag, error) {
	var names []string
	for _, flag := range f.list {
		if flag.Name == name {
			return flag, nil
		}
		names = append(names, flag.Name)
	}
	if name == "chdir" {
		return Flag{}, mistakef("-chdir goes before the command: %s -chdir=DIR ...", Program)
	}
	return Flag{}, mistakef("There is no option -%s here.%s", name, suggestion(name, names, "-"))
}
