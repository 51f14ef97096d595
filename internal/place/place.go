// Package place has the words for where an output keeps a slice, and for what
// is found there. Outputs give them their meaning; ledgers and plans compare
// and record them.
package place

// Place is where an output keeps one slice: a file, an object, rows of a table,
// a part of a stream. It means something to the output alone; what everybody
// may do is to compare two of them, to record one and to show its Text.
//
// Two equal Places are one: what is written to it later takes the place of what
// was there.
type Place struct {
	// Kind says what sort of place it is. An entry of a ledger whose output is
	// not declared any more can still be read and removed if its kind tells how:
	// File does.
	Kind Kind
	// Text names the place to people: a path, a URL, a table. For a File it is
	// relative to the configuration's directory, with slashes, where the file
	// lies below it; otherwise absolute.
	Text string
	// Part tells the slices apart that share a Text, as rows of one table do;
	// empty where the Text is the slice's own.
	Part string
}

// Kind is a sort of place, as a stable word.
type Kind string

// The kinds that are known without their output's block. Outputs may have
// kinds of their own.
const (
	// File is a file of this machine.
	File Kind = "file"
	// Console is standard output: everything may go there, nothing stays.
	Console Kind = "console"
)

// ConsoleText is the Text of every Console.
const ConsoleText = "-"

// Recorded is the Place of a record that may have been made before places had
// kinds: then it is that of a file, or of standard output.
func Recorded(kind Kind, text, part string) Place {
	if kind == "" {
		if kind = File; text == ConsoleText {
			kind = Console
		}
	}
	return Place{kind, text, part}
}

// Stays reports whether anything is there after it was written.
func (p Place) Stays() bool { return p.Kind != Console }

// Key is equal for equal Places, and for no others.
func (p Place) Key() string {
	if p.Kind == File && p.Part == "" {
		return p.Text // which has no NUL
	}
	return string(p.Kind) + "\x00" + p.Text + "\x00" + p.Part
}

// String names the place to people, with its Part.
func (p Place) String() string {
	if p.Part == "" {
		return p.Text
	}
	return p.Text + " " + p.Part
}

// Condition says what is found at a place, compared with what a ledger records
// of it, as a stable word.
type Condition string

// The conditions.
const (
	Intact     Condition = "intact"     // as it was written
	Missing    Condition = "missing"    // nothing is there
	Altered    Condition = "altered"    // something else is there
	Unreadable Condition = "unreadable" // it cannot be told what is there
	// Unsure is the answer to a look that only reading it all can improve.
	Unsure Condition = "unsure"
)

// Finding is a Condition with its evidence.
type Finding struct {
	Condition
	Bytes  int64  // found, of what is Altered
	SHA256 string // found, of what is Altered and has the recorded size
	Err    error  // why it is Unreadable
}
