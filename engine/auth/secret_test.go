package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/config"
)

// TestMain lets the test binary be a command that prints a secret.
func TestMain(m *testing.M) {
	switch os.Getenv("AUTH_TEST_COMMAND") {
	case "print":
		fmt.Println(value)
		fmt.Fprintln(os.Stderr, "noise")
	case "fail":
		fmt.Fprintln(os.Stderr, "vault says", value)
		fmt.Println(value)
		os.Exit(3)
	case "hang":
		time.Sleep(time.Minute)
	case "flood":
		fmt.Print(strings.Repeat("x", 1<<20))
	default:
		os.Exit(m.Run())
	}
}

func TestReadSecret(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) config.Secret {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return config.Secret{File: path}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := config.Secret{Exec: []string{self, "argument"}}
	tests := []struct {
		name    string
		place   config.Secret
		command string
		want    string // empty for an error
		says    string
	}{
		{name: "variable", place: config.Secret{Env: "SET"}, want: value},
		{name: "variable not set", place: config.Secret{Env: "UNSET"}, says: `environment variable "UNSET"`},
		{name: "file", place: file("plain", value), want: value},
		{name: "file with a newline", place: file("newline", value+"\n"), want: value},
		{name: "file of Windows", place: file("windows", "\ufeff"+value+"\r\n"), want: value},
		{name: "spaces belong to it", place: file("spaces", " a b "), want: " a b "},
		{name: "empty file", place: file("empty", "\n"), says: "the secret is empty"},
		{name: "two lines", place: file("lines", value+"\nmore"), says: "one line"},
		{name: "UTF-16", place: file("utf16", "\xff\xfes\x003\x00"), says: "one line of UTF-8"},
		{name: "large file", place: file("large", strings.Repeat("x", 1<<20)), says: "more than 64 KiB"},
		{name: "no file", place: config.Secret{File: filepath.Join(dir, "none")}, says: "none"},
		{name: "directory", place: config.Secret{File: dir}, says: filepath.Base(dir)},
		{name: "command", place: command, command: "print", want: value},
		{name: "command that fails", place: command, command: "fail", says: "exit status 3"},
		{name: "command that floods", place: command, command: "flood", says: "more than 64 KiB"},
		{name: "no command", place: config.Secret{Exec: []string{filepath.Join(dir, "none")}}, says: "none"},
		{name: "no shell", place: config.Secret{Exec: []string{"echo x; echo y"}}, says: "echo x"},
		{name: "nothing", says: "no secret"},
	}
	getenv := func(name string) string { return map[string]string{"SET": value}[name] }
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("AUTH_TEST_COMMAND", tt.command)
			got, err := readSecret(t.Context(), tt.place, getenv)
			if tt.want != "" {
				if err != nil || got.reveal() != tt.want {
					t.Errorf("got %q, %v", got.reveal(), err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("got %v, want %q in it", err, tt.says)
			}
			for _, never := range []string{value, "noise", "vault", "xxxx"} {
				if strings.Contains(err.Error(), never) {
					t.Errorf("%q holds %q", err, never)
				}
			}
			if got.reveal() != "" {
				t.Errorf("got a value with the error %v", err)
			}
		})
	}
}

func TestLinesReader(t *testing.T) {
	tests := []struct{ name, content, want, says string }{
		{"one line", value + "\n", value, ""},
		{"a file of keys", "\ufeff# created: today\r\n\r\n" + value + "\r\n", "# created: today\r\n\r\n" + value, ""},
		{"nothing", "\n\n", "", "the secret is empty"},
		{"control characters", value + "\nx\x00", "", "lines of UTF-8 text"},
		{"UTF-16", "\xff\xfes\x003\x00", "", "lines of UTF-8 text"},
		{"too much", value + "\n" + strings.Repeat("x", 1<<16), "", "more than 64 KiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys")
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := LinesReader(config.Secret{File: path}, os.Getenv)(t.Context())
			if got != tt.want || (err == nil) != (tt.says == "") {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
			if err != nil && (!strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), value)) {
				t.Errorf("the error is %v, want %q and the path without the value", err, tt.says)
			}
		})
	}
}

func TestCommandEndsWithItsContext(t *testing.T) {
	t.Setenv("AUTH_TEST_COMMAND", "hang")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := readSecret(ctx, config.Secret{Exec: []string{self}}, os.Getenv); err == nil || time.Since(start) > 20*time.Second {
		t.Errorf("got %v after %s", err, time.Since(start))
	}
}

func TestUnreadableSecretSaysWhereItShouldBe(t *testing.T) {
	_, err := withSecret("").Token(t.Context(), http.DefaultClient, Audience{Login: "https://login.example", Tenant: "contoso.example"})
	want := `no token for tenant "contoso.example" as app "` + app + `": the secret is empty: environment variable "TEST_SECRET" holds nothing. ` +
		"Make the secret available there, or set the credential's secret to another place."
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
	broker := NewBroker(client)
	audience := Audience{Login: "https://login.example", Tenant: "t"}
	source := broker.Source(credential, audience)
	if got, err := source.Token(t.Context()); got != token || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	source.Invalidate("another") // the request has let go of the source when this returns
	source.client = nil          // the fake client knows the answer
	broker.client = nil
	for name, v := range map[string]any{
		"credential": credential, "source": source, "broker": broker, "audience": audience,
		"secret": hide(value), "pointer to a secret": new(hide(value)), "secret in a struct": struct{ S, s secret }{hide(value), hide(value)},
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
