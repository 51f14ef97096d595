package token

import "testing"

// A token is believed by the key that signed it, and as it was signed.
func TestVerify(t *testing.T) {
	signed := KeyOf(1).Sign(&Claims{AppID: "app", Roles: []string{"AuditLog.Read.All"}, Expires: 7})
	content, ok := KeyOf(1).Verify(signed)
	if !ok || content.AppID != "app" || len(content.Roles) != 1 || content.Expires != 7 {
		t.Errorf("%+v, %t", content, ok)
	}
	if _, ok := KeyOf(2).Verify(signed); ok {
		t.Error("the key of another seed believes it")
	}
	for i := range signed {
		altered := []byte(signed)
		if altered[i] ^= 1; i == len(signed)-1 {
			break // the last character has bits that mean nothing
		}
		if _, ok := KeyOf(1).Verify(string(altered)); ok {
			t.Errorf("it is believed with another byte at %d", i)
		}
	}
}
