package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/reportform/reportform/engine/ledger"
)

// errPlain refuses plain text where encryption is declared.
var errPlain = errors.New("it is stored in plain text, but the configuration declares encryption: " +
	"if it is from before that, set migrate = true in the encryption block and run reportform init, which encrypts everything; " +
	"if it is not, somebody has replaced it: " + ledger.Remedy)

// name is how errors call what a key is for.
func name(key ledger.Key) string {
	text := fmt.Sprintf("the ledger of %s for %s", key.Report, key.Tenant)
	if key.Page != "" {
		text = fmt.Sprintf("page %s of %s", key.Page, text)
	}
	return text
}

// binding is the first line of the plaintext, another one for every key.
const binding = "reportform state %q %q %q\n"

// seal encrypts data for the place of key.
func seal(k *keys, key ledger.Key, data []byte) ([]byte, error) {
	var sealed bytes.Buffer
	sealed.Grow(len(data) + 512 + len(data)>>10) // age adds a header, and 16 bytes to each 64 KiB
	w, err := age.Encrypt(&sealed, k.recipient)
	if err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	plain := append(fmt.Appendf(nil, binding, key.Report, key.Tenant, key.Page), data...)
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	return sealed.Bytes(), nil
}

// open decrypts what seal made for the same key.
func open(k *keys, key ledger.Key, stored []byte) ([]byte, error) {
	var nobody *age.NoIdentityMatchError
	r, err := age.Decrypt(bytes.NewReader(stored), k.identities...)
	if errors.As(err, &nobody) {
		return nil, &ledger.KeyError{Err: errors.New("it is encrypted with another key than the configuration names: add the identity that it was encrypted with to old_identities of the encryption block; if that is lost, " + ledger.Remedy)}
	}
	if err != nil {
		return nil, fmt.Errorf("it is damaged (%w): %s", err, ledger.Remedy)
	}
	plain := bytes.NewBuffer(make([]byte, 0, len(stored)))
	if _, err := io.Copy(plain, r); err != nil {
		return nil, fmt.Errorf("it is damaged (%w): %s", err, ledger.Remedy)
	}
	data, ours := bytes.CutPrefix(plain.Bytes(), fmt.Appendf(nil, binding, key.Report, key.Tenant, key.Page))
	if ours {
		return data, nil
	}
	line, _, _ := bytes.Cut(plain.Bytes(), []byte("\n"))
	var other ledger.Key
	if _, err := fmt.Sscanf(string(line)+"\n", binding, &other.Report, &other.Tenant, &other.Page); err != nil {
		return nil, errors.New("it was encrypted with the right key, but is no ledger: " + ledger.Remedy)
	}
	return nil, fmt.Errorf("what is stored in its place is %s: %s", name(other), ledger.Remedy)
}
