package place

// Condition says what is found at a place, compared with what a ledger records
// of it, as a stable word.
type Condition string

// The conditions.
const (
	Intact     Condition = "intact"     // as it was written
	Missing    Condition = "missing"    // nothing is there
	Altered    Condition = "altered"    // something else is there
	Unreadable Condition = "unreadable" // what is there cannot be read
	// Unsure is the answer to a look where only reading everything can tell.
	Unsure Condition = "unsure"
)

// Finding is a Condition with its evidence.
type Finding struct {
	Condition
	Bytes  int64  // found, of what is Altered
	SHA256 string // found, of what is Altered and has the recorded size
	Err    error  // why it is Unreadable
}
