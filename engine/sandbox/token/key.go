package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/reportform/reportform/engine/sandbox/directory"
)

// Key signs tokens and what else must come back as it was sent.
type Key []byte

// KeyOf returns the key of a seed, so that what is signed outlives the sandbox.
func KeyOf(seed uint64) Key {
	return directory.AppendGUID([]byte("sandbox "), directory.Hash(seed, "key"))
}

// Sign makes a token: a JWT.
func (k Key) Sign(content *Claims) string {
	payload, err := json.Marshal(content)
	if err != nil {
		panic(err) // it is made of texts and numbers
	}
	encode := base64.RawURLEncoding.EncodeToString
	head := encode([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + encode(payload)
	return head + "." + encode(k.MAC(head))
}

// Verify returns the content of a token that was signed with the key.
func (k Key) Verify(token string) (*Claims, bool) {
	i := strings.LastIndexByte(token, '.')
	if i < 0 {
		return nil, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[i+1:])
	if err != nil || !hmac.Equal(signature, k.MAC(token[:i])) {
		return nil, false
	}
	var content Claims
	_, payload, _ := strings.Cut(token[:i], ".")
	if decodePart(payload, &content) != nil {
		return nil, false
	}
	return &content, true
}

// MAC returns the signature of a text.
func (k Key) MAC(text string) []byte {
	h := hmac.New(sha256.New, k)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// decodePart reads the JSON of one part of a JWT.
func decodePart(part string, into any) error {
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
