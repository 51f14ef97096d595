package keypath

import (
	"fmt"
	"strings"
)

const hexDigits = "0123456789abcdef"

// stands reports whether the byte at an offset of an address stands for itself
// in a file name.
func stands(c byte, offset int) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' && offset > 0
}

// escape makes an address a file name that is distinct on every file system,
// those that fold case included: lower-case letters, digits, '.', '_' and '-'
// stand for themselves, everything else is %XX.
func escape(address string) string {
	var b strings.Builder
	b.Grow(len(address) + 8) // room for the brackets and quotes of a key
	for i := range len(address) {
		c := address[i]
		if stands(c, i) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

// unescape is the inverse of escape. It refuses names that escape does not make.
func unescape(name string) (string, error) {
	var b strings.Builder
	b.Grow(len(name))
	for i := 0; i < len(name); i++ {
		c := name[i]
		escaped := c == '%'
		if escaped {
			if i+2 >= len(name) {
				return "", fmt.Errorf("%q ends within an escape", name)
			}
			high, low := strings.IndexByte(hexDigits, name[i+1]), strings.IndexByte(hexDigits, name[i+2])
			if high < 0 || low < 0 {
				return "", fmt.Errorf("bad escape in %q", name)
			}
			c = byte(high<<4 | low)
			i += 2
		}
		if stands(c, b.Len()) == escaped {
			return "", fmt.Errorf("%q is no escaped address", name)
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}
