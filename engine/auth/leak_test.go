package auth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/reportform/reportform/internal/secret"
)

func TestUnreadableSecretSaysWhereItShouldBe(t *testing.T) {
	_, err := withSecret("").Token(t.Context(), http.DefaultClient, Audience{Login: "https://login.example", Directory: "contoso.example"})
	want := `no token for tenant "contoso.example" as app "` + app + `": the secret is empty: environment variable "TEST_SECRET" holds nothing`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// forms are all the ways in which a value is printed.
func forms(v any) []string {
	out := []string{fmt.Sprint(v), fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), fmt.Sprintf("%s", v), fmt.Sprintf("%q", v), fmt.Sprintf("%x", v), fmt.Sprintf("%d", v)}
	if b, err := json.Marshal(v); err == nil {
		out = append(out, string(b))
	}
	return append(out, dump(reflect.ValueOf(v), 0))
}

// dump prints everything that reflection reaches.
func dump(v reflect.Value, depth int) string {
	if depth > 8 || !v.IsValid() {
		return ""
	}
	var b strings.Builder
	switch v.Kind() {
	case reflect.String:
		return v.String() + "\n"
	case reflect.Pointer, reflect.Interface:
		return dump(v.Elem(), depth+1)
	case reflect.Struct:
		for _, f := range v.Fields() {
			b.WriteString(dump(f, depth+1))
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			b.WriteString(dump(v.Index(i), depth+1))
		}
	case reflect.Map:
		for k, e := range v.Seq2() {
			b.WriteString(dump(k, depth+1) + dump(e, depth+1))
		}
	}
	return b.String()
}

func TestNothingPrintsASecret(t *testing.T) {
	const token = "eyJhbGciOi.access.token"
	leaks := func(name string, v any) {
		t.Helper()
		for _, text := range forms(v) {
			for _, never := range []string{value, value[:8], token, fmt.Sprintf("%x", value[:8]), fmt.Sprintf("%x", token)} {
				if strings.Contains(text, never) {
					t.Errorf("%s shows %q: %s", name, never, text)
				}
			}
		}
	}
	credential := withSecret(value)
	client := answering(200, "application/json", `{"token_type":"Bearer","expires_in":3600,"access_token":"`+token+`"}`)
	broker := NewBroker(func(string, Audience) *http.Client { return client })
	audience := Audience{Login: "https://login.example", Directory: "t"}
	source := broker.Source(credential, audience)
	if got, err := source.Token(t.Context()); got != token || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	source.Invalidate("another") // the request has let go of the source when this returns
	source.client = nil          // the fake client knows the answer
	broker.clients = nil
	for name, v := range map[string]any{
		"credential": credential, "source": source, "broker": broker, "audience": audience,
		"secret": secret.Hide(value), "pointer to a secret": new(secret.Hide(value)), "secret in a struct": struct{ S, s secret.Value }{secret.Hide(value), secret.Hide(value)},
	} {
		leaks(name, v)
	}

	// Endpoints and networks that repeat what they were sent.
	echo := value + " " + strings.ToUpper(value) + " client_secret=" + urlForm(value)
	body, _ := json.Marshal(map[string]any{
		"error": value, "error_description": "AADSTS7000215: You sent " + echo + "\r\nmore " + value, "trace_id": value, "correlation_id": value,
		"token_type": value, "access_token": value,
	})
	for name, client := range map[string]*http.Client{
		"refusal":    answering(401, "application/json", string(body)),
		"page":       answering(200, "text/html", "<html>"+echo),
		"form":       answering(200, "application/x-www-form-urlencoded", "error="+urlForm(value)),
		"gateway":    answering(502, "text/plain", echo),
		"token type": answering(200, "application/json", `{"access_token":"a","token_type":`+quote(value[:15])+`}`),
		"life":       answering(200, "application/json", `{"access_token":"a","token_type":"Bearer","expires_in":`+quote(value)+`}`),
		"network":    failing(fmt.Errorf("malformed HTTP response %q", echo)),
	} {
		_, err := credential.Token(t.Context(), client, audience)
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		leaks(name, err)
		leaks(name, err.Error())
	}
}

func urlForm(s string) string {
	return strings.NewReplacer("&", "%26", "=", "%3D", " ", "+", "/", "%2F", "+", "%2B", "%", "%25").Replace(s)
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func TestRedact(t *testing.T) {
	tests := []struct{ text, value, want string }{
		{"nothing here", "s3cr3tvalue", "nothing here"},
		{"it is s3cr3tvalue.", "s3cr3tvalue", "it is (secret)."},
		{"s3cr3tvalue", "s3cr3tvalue", "(secret)"},
		{"starts with s3cr3t", "s3cr3tvalue", "starts with (secret)"},
		{"ends with 3tvalue, s3cr3", "s3cr3tvalue", "ends with (secret), s3cr3"},
		{"s3cr3tvalues3cr3tvalue twice", "s3cr3tvalue", "(secret) twice"},
		{"short: abc", "abc", "short: (secret)"},
		{"ab", "abc", "ab"},
		{"", "abc", ""},
		{"text", "", "text"},
		{"übergroß ✓", "größe ✓✓", "übergroß ✓"},
	}
	for _, tt := range tests {
		if got := redact(tt.text, []string{tt.value}); got != tt.want {
			t.Errorf("%q without %q is %q, want %q", tt.text, tt.value, got, tt.want)
		}
	}
}
