package keypath

import (
	"fmt"
	"strings"
)

// escape makes an address a file name that is distinct on every file system,
// those that fold case included: lower-case letters, digits, '.', '_' and '-'
// stand for themselves, everything else is %XX.
func escape(address string) string {
	var b strings.Builder
	for i := range len(address) {
		c := address[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_', c == '-', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}

// unescape is the inverse of escape. It refuses names that escape does not make.
func unescape(name string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '%' {
			b.WriteByte(name[i])
			continue
		}
		var c byte
		if n, err := fmt.Sscanf(name[i:], "%%%02x", &c); n != 1 || err != nil || i+2 >= len(name) {
			return "", fmt.Errorf("bad escape in %q", name)
		}
		b.WriteByte(c)
		i += 2
	}
	if escape(b.String()) != name {
		return "", fmt.Errorf("%q is no escaped address", name)
	}
	return b.String(), nil
}
