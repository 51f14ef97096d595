package fetch

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/reportform/reportform/internal/bom"
	"github.com/reportform/reportform/internal/rawjson"
)

// NewServiceError describes a response that is not what was asked for, by its
// header and the beginning of its body; address is where it came from.
func NewServiceError(resp *http.Response, address string, body []byte) *ServiceError {
	e := &ServiceError{
		Status:          resp.StatusCode,
		RequestID:       RequestID(resp),
		ClientRequestID: ClientRequestID(resp),
		URL:             withoutQuery(address),
	}
	e.Date, _ = http.ParseTime(resp.Header.Get("Date"))
	body = bom.Trim(body)
	if object := errorObject(body); object != nil {
		e.describe(object)
	} else if !looksLikeMarkup(body) {
		e.Message = Sanitise(string(body), maxMessage)
	}
	e.Kind = kindOf(e.Status, e.Code, e.InnerCode, e.Message)
	return e
}

// Permanent reports whether a response that looks like a failure that passes is
// none: by what it says the service always answers so. Its body can be read
// afterwards as before.
func Permanent(resp *http.Response) bool {
	if resp.StatusCode != http.StatusInternalServerError || resp.Body == nil {
		return false
	}
	const most = 64 << 10
	beginning, err := io.ReadAll(io.LimitReader(resp.Body, most))
	rest := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(beginning), rest), rest}
	return err == nil && NewServiceError(resp, "", beginning).Kind.Final()
}

// NewBadResponse describes a response with status 200 that is not whole, in
// words of one line, and where there is one with the error object within it.
func NewBadResponse(resp *http.Response, address string, object []byte, what string, cause error) *ServiceError {
	e := NewServiceError(resp, address, nil)
	if object != nil {
		e.describe(object)
		what = Sanitise(what+": "+e.Message, maxMessage)
	}
	e.Kind, e.Message, e.cause = BadResponse, what, cause
	return e
}

// NewTimeout describes that no response came from an address in time.
func NewTimeout(address string, cause error) *ServiceError {
	return &ServiceError{
		Kind: Timeout, Message: Sanitise(cause.Error(), maxMessage), ClientRequestID: SentAs(cause),
		URL: withoutQuery(address), cause: cause,
	}
}

// SentAs returns the client-request-id of the request that an error of the
// transport is about; empty where the error does not tell.
func SentAs(err error) string {
	var sent interface {
		error
		ClientRequestID() string
	}
	if errors.As(err, &sent) {
		return Sanitise(sent.ClientRequestID(), maxWord)
	}
	return ""
}

// ClientRequestID returns the client-request-id of a response, sanitised.
func ClientRequestID(resp *http.Response) string {
	return Sanitise(resp.Header.Get("client-request-id"), maxWord)
}

// RequestID returns the service's request-id of a response, sanitised.
func RequestID(resp *http.Response) string { return Sanitise(resp.Header.Get("request-id"), maxWord) }

// withoutQuery returns a URL up to its path, empty if it is none.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// errorObject returns the object in a body that describes an error, nil if
// there is none.
func errorObject(body []byte) []byte {
	if rawjson.Valid(body) != nil {
		return nil
	}
	for _, name := range []string{"error", "odata.error"} {
		if object := rawjson.Lookup(body, name); rawjson.KindOf(object) == rawjson.Object {
			return object
		}
	}
	if rawjson.Lookup(body, "code") != nil {
		return body
	}
	return nil
}

func looksLikeMarkup(body []byte) bool {
	return strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 200)])), "<")
}

// describe fills in what an error object says: that of Microsoft Graph, with
// details within details, or that of Azure AD Graph, where the message is an
// object with a language and the request-id stands beside it.
func (e *ServiceError) describe(object []byte) {
	e.Code = word(object, "code")
	message := text(object, "message")
	if message == "" {
		message = text(object, "message", "value")
	}
	e.describeMessage(message)
	if e.RequestID == "" {
		e.RequestID = word(object, "requestId")
	}
	const deepest = 8
	for range deepest {
		inner := rawjson.Lookup(object, "innerError")
		if inner == nil {
			inner = rawjson.Lookup(object, "innererror")
		}
		if rawjson.KindOf(inner) != rawjson.Object {
			return
		}
		object = inner
		if code := word(object, "code"); code != "" {
			e.InnerCode = code
		}
		if id := word(object, "request-id"); id != "" && e.RequestID == "" {
			e.RequestID = id
		}
		if id := word(object, "client-request-id"); id != "" && e.ClientRequestID == "" {
			e.ClientRequestID = id
		}
		// The date has no zone and is in UTC.
		if date, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(word(object, "date"), "Z")); err == nil {
			e.Date = date
		}
	}
}

// describeMessage takes over a message. That of Intune is JSON in a string.
func (e *ServiceError) describeMessage(message string) {
	if nested := []byte(message); rawjson.KindOf(nested) == rawjson.Object && rawjson.Valid(nested) == nil {
		e.InnerCode = word(nested, "ErrorCode")
		for _, path := range [][]string{{"Message"}, {"message"}, {"error", "message"}} {
			if within := text(nested, path...); within != "" {
				message = within
				break
			}
		}
	}
	e.Message = Sanitise(message, maxMessage)
}

// text returns the string, or the number as it stands, at a path of a valid
// object.
func text(object []byte, path ...string) string {
	value := rawjson.Lookup(object, path...)
	switch rawjson.KindOf(value) {
	case rawjson.String:
		return string(rawjson.AppendString(nil, value))
	case rawjson.Number:
		return string(value)
	default:
		return ""
	}
}

func word(object []byte, path ...string) string { return Sanitise(text(object, path...), maxWord) }

// Greatest lengths of texts of the service, in characters.
const (
	maxMessage = 500
	maxWord    = 100
)

// Sanitise makes a text from the network fit for a screen and a log: one line
// of at most limit characters. White space and what is neither printable nor
// valid UTF-8 becomes single spaces.
func Sanitise(text string, limit int) string {
	var b strings.Builder
	gap := false
	for _, c := range text {
		if c == unicode.ReplacementChar || !unicode.IsPrint(c) || c == ' ' {
			gap = b.Len() > 0
			continue
		}
		if gap {
			limit--
		}
		if limit <= 0 {
			b.WriteString("...")
			break
		}
		if gap {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
		limit--
		gap = false
	}
	return b.String()
}
