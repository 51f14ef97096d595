package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/reportform/reportform/engine/sandbox/fault"
	"github.com/reportform/reportform/engine/sandbox/token"
)

// login answers POST /{tenant}/oauth2[/v2.0]/token.
func (c *call) login(tenantID, path string) {
	c.shape = tokenErrors
	tenantID = strings.ToLower(tenantID)
	v2 := path == "v2.0/token"
	if !v2 && path != "token" {
		c.send(http.StatusNotFound, typeHTML, []byte("<html><body>Not found</body></html>"))
		return
	}
	if c.fault(tenantID, nil) {
		return
	}
	if c.r.Method != http.MethodPost {
		c.refuse(&token.Refusal{Status: 400, Kind: "invalid_request", Code: 900561, Message: "The endpoint only accepts POST requests. Received a " + c.r.Method + " request."})
		return
	}
	content, refusal := c.sandbox.issuer.Issue(c.r, tenantID, v2, c.now)
	if refusal != nil {
		c.refuse(refusal)
		return
	}
	life := content.Expires - content.IssuedAt
	access := c.sandbox.key.Sign(content)
	var body any
	if v2 {
		body = map[string]any{"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": access}
	} else {
		body = map[string]any{
			"token_type": "Bearer", "expires_in": strconv.FormatInt(life, 10), "ext_expires_in": strconv.FormatInt(life, 10),
			"expires_on": strconv.FormatInt(content.Expires, 10), "not_before": strconv.FormatInt(content.Before, 10),
			"resource": content.Audience, "access_token": access,
		}
	}
	if f, ok := c.strike(fault.Page, tenantID, nil); ok && f.Kind == "stall" {
		c.stall(typeToken, mustJSON(body), f.Delay)
		return
	}
	c.send(http.StatusOK, typeToken, mustJSON(body))
}

// refuse answers with an error of the token endpoint.
func (c *call) refuse(e *token.Refusal) {
	stamp := c.now.Format("2006-01-02 15:04:05Z")
	correlation := c.clientRequestID
	c.send(e.Status, typeToken, mustJSON(struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Codes       []int  `json:"error_codes"`
		Timestamp   string `json:"timestamp"`
		Trace       string `json:"trace_id"`
		Correlation string `json:"correlation_id"`
		URI         string `json:"error_uri"`
	}{
		e.Kind,
		fmt.Sprintf("AADSTS%d: %s\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s", e.Code, e.Message, c.requestID, correlation, stamp),
		[]int{e.Code},
		stamp, c.requestID, correlation, fmt.Sprintf("%s/error?code=%d", c.baseURL(), e.Code),
	}))
}

// granted returns what applications may do in a directory, as token.Issuer has it.
func (s *Sandbox) granted(id string) ([]string, bool) {
	tenant, known := s.tenant(id)
	return tenant.Permissions, known
}

// grantable returns all application permissions of an API.
func (s *Sandbox) grantable(api string) []string {
	all := []string{}
	for _, t := range s.options.Types {
		if t.API == api {
			all = append(all, t.Permissions...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
