package rawjson

import "fmt"

// SyntaxError says where and why data is not what it should be.
type SyntaxError struct {
	// Offset is the index of the offending byte; the length of the data where
	// that ends too early.
	Offset int
	// Reason says what is wrong, in a few words.
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid JSON at byte %d: %s", e.Offset, e.Reason)
}
