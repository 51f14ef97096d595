package sandbox

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/sandbox/directory"
)

// call is one request on its way through the sandbox.
type call struct {
	sandbox         *Sandbox
	w               http.ResponseWriter
	r               *http.Request
	options         url.Values // of the query
	now             time.Time
	requestID       string
	clientRequestID string
	shape           errorShape
	bom             bool  // the answer has a byte order mark
	unfiltered      bool  // the answer ignores the time that is asked for
	status          int   // of the answer, for the log
	dated           Fault // of the answer's Date; the zero Fault for none
}

func randomGUID() string { return string(directory.AppendGUID(nil, rand.Uint64())) }

const (
	typeGraph = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
	typeToken = "application/json; charset=utf-8"
	typeHTML  = "text/html; charset=utf-8"
	typeXML   = "application/xml; charset=utf-8"
)

// send answers with a whole body.
func (c *call) send(status int, contentType string, body []byte) {
	if c.bom {
		body = append([]byte("\ufeff"), body...)
	}
	c.headers(contentType)
	if c.sandbox.options.Compress && acceptsGzip(c.r) {
		c.w.Header().Set("Content-Encoding", "gzip")
		c.w.Header().Set("Vary", "Accept-Encoding")
		c.write(status)
		z, err := gzip.NewWriterLevel(c.w, gzip.BestSpeed)
		if err == nil {
			_, err = z.Write(body)
		}
		if err == nil {
			err = z.Close()
		}
		c.sent(err)
		return
	}
	c.write(status)
	_, err := c.w.Write(body)
	c.sent(err)
}

// sent notes a client that went away before it had the whole answer.
func (c *call) sent(err error) {
	if err != nil {
		c.sandbox.logger.Debug("the client went away", "request-id", c.requestID, "error", err)
	}
}

func (c *call) write(status int) {
	c.status = status
	c.w.WriteHeader(status)
}

// headers sets what the service sends with every answer.
func (c *call) headers(contentType string) {
	h := c.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-cache")
	c.date(h)
	h["request-id"] = []string{c.requestID}
	h["client-request-id"] = []string{c.clientRequestID}
	switch c.shape {
	case graphErrors:
		h["OData-Version"] = []string{"4.0"}
		h["x-ms-ags-diagnostic"] = []string{`{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"SANDBOX0"}}`}
	case legacyErrors:
		h["OData-Version"] = []string{"4.0"}
		h["ocp-aad-diagnostics-server-name"] = []string{"SANDBOX0"}
	case tokenErrors:
		h["x-ms-request-id"] = []string{c.requestID}
		h.Set("Pragma", "no-cache")
	}
}

// date tells the time, by the sandbox's own clock.
func (c *call) date(h http.Header) {
	now := c.now
	switch c.dated.Kind {
	case "no-date":
		h["Date"] = nil // or the server would add this machine's
		return
	case "aged":
		h.Set("Age", strconv.FormatInt(int64(c.dated.Delay/time.Second), 10))
		now = now.Add(-c.dated.Delay)
	case "old-date":
		now = now.Add(-c.dated.Delay)
	}
	h.Set("Date", now.Format(http.TimeFormat))
}

func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		if name, _, _ := strings.Cut(strings.TrimSpace(coding), ";"); name == "gzip" {
			return true
		}
	}
	return false
}

// baseURL is where the client reaches the sandbox.
func (c *call) baseURL() string {
	scheme := "http://"
	if c.r.TLS != nil {
		scheme = "https://"
	}
	return scheme + c.r.Host
}

// errorShape is how a service spells its errors.
type errorShape int

const (
	graphErrors errorShape = iota + 1
	legacyErrors
	tokenErrors
)

// fail answers with an error in the shape of the service.
func (c *call) fail(status int, code, message string) {
	c.send(status, typeGraph, c.errorBody(code, message))
}

func (c *call) errorBody(code, message string) []byte {
	var body any
	if c.shape == legacyErrors {
		body = map[string]any{"odata.error": map[string]any{
			"code": code, "message": map[string]string{"lang": "en", "value": message},
			"requestId": c.requestID, "date": c.now.Format("2006-01-02T15:04:05"),
		}}
	} else {
		body = graphError{graphErrorContent{code, message, innerError{
			c.now.Format("2006-01-02T15:04:05"), c.requestID, c.clientRequestID,
		}}}
	}
	return mustJSON(body)
}

type graphError struct {
	Error graphErrorContent `json:"error"`
}

type graphErrorContent struct {
	Code       string     `json:"code"`
	Message    string     `json:"message"`
	InnerError innerError `json:"innerError"`
}

// innerError has a date without a zone, which is UTC.
type innerError struct {
	Date            string `json:"date"`
	RequestID       string `json:"request-id"`
	ClientRequestID string `json:"client-request-id"`
}

// mustJSON encodes a value made of strings, numbers, maps and lists.
func mustJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// refusal is a request that cannot be answered.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) Error() string { return r.code + ": " + r.message }

func badRequest(format string, args ...any) error {
	return &refusal{400, "BadRequest", fmt.Sprintf(format, args...)}
}
