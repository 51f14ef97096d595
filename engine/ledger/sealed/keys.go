package sealed

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"

	"filippo.io/age"
)

// keyring reads the keys once.
type keyring struct {
	places []Identity

	mu   sync.Mutex
	keys *keys // nil until they are read
}

// keys are what encrypts and what decrypts.
type keys struct {
	recipient  age.Recipient
	identities []age.Identity // the recipient's own is the first
}

func (k *keyring) load(ctx context.Context) (*keys, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys != nil {
		return k.keys, nil
	}
	read := &keys{}
	for _, place := range k.places {
		text, err := place.Read(ctx)
		if err != nil {
			return nil, fmt.Errorf("the key that encrypts the state is not available: %w", err)
		}
		identities, err := age.ParseIdentities(strings.NewReader(text))
		if err != nil {
			// The error may repeat a part of the key.
			return nil, fmt.Errorf("%s holds no age identity: one is a line that begins with AGE-SECRET-KEY-, as age-keygen writes it; a recipient (age1...), an SSH key or a passphrase will not do", place.Place)
		}
		read.identities = append(read.identities, identities...)
	}
	switch first := read.identities[0].(type) {
	case *age.X25519Identity:
		read.recipient = first.Recipient()
	case *age.HybridIdentity:
		read.recipient = first.Recipient()
	default:
		return nil, fmt.Errorf("%s holds an age identity of an unknown kind, with which Reportform cannot encrypt", k.places[0].Place)
	}
	k.keys = read
	return read, nil
}

// sealedByFirst reports whether the first key opens what is stored.
func (k *keys) sealedByFirst(stored []byte) bool {
	_, err := age.Decrypt(bytes.NewReader(stored), k.identities[0])
	return err == nil
}
