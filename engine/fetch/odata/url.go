package odata

import (
	"strconv"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/fetch"
)

// tick is the precision of times in the service.
const tick = 100 * time.Nanosecond

// firstURL returns the URL of the first page of a span.
func firstURL(r *Request, s fetch.Span) string {
	query := []string{}
	option := func(name, value string) {
		if value != "" {
			query = append(query, name+"="+escapeValue(value))
		}
	}
	option(r.Protocol.Option(r))
	option("$filter", filter(r, s))
	option("$select", strings.Join(r.Select, ","))
	if r.PageSize > 0 {
		option("$top", strconv.Itoa(r.PageSize))
	}
	option("$orderby", r.OrderBy)

	address := r.Protocol.Base(r) + strings.TrimPrefix(escapePath(r.Path), "/")
	if len(query) == 0 {
		return address
	}
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + strings.Join(query, "&")
}

// filter joins the span's condition and the request's filters. A filter that
// may hold an `or` stands in parentheses, unless it is alone.
func filter(r *Request, s fetch.Span) string {
	var parts []string
	if r.Time != "" {
		parts = append(parts, condition(r, s))
	}
	alone := len(parts)+len(r.Filters) == 1
	for _, f := range r.Filters {
		if !alone && hasOr(f) {
			f = "(" + f + ")"
		}
		parts = append(parts, f)
	}
	return strings.Join(parts, " and ")
}

// condition is the span in OData. Bounds that are no whole ticks are widened
// to the next: the check of each event's time makes up for it.
func condition(r *Request, s fetch.Span) string {
	from, to := s.From.Truncate(tick), s.To.Truncate(tick)
	if to.Before(s.To) {
		to = to.Add(tick)
	}
	if r.Lower == "gt" {
		from = from.Add(-tick)
	}
	if r.Upper == "le" {
		to = to.Add(-tick)
	}
	return r.Time + " " + r.Lower + " " + literal(from) + " and " + r.Time + " " + r.Upper + " " + literal(to)
}

// literal is a time in OData: UTC, with a fraction only where there is one.
func literal(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.9999999Z") }

// hasOr reports whether the word or occurs. It does not look for quotes:
// parentheses do no harm where they are not needed.
func hasOr(filter string) bool {
	words := strings.FieldsFunc(filter, func(c rune) bool {
		return c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z')
	})
	for _, word := range words {
		if strings.EqualFold(word, "or") {
			return true
		}
	}
	return false
}

// escapeValue escapes the value of a query option and leaves OData readable.
// Spaces become %20: the service does not take a plus sign for one everywhere.
func escapeValue(s string) string { return escape(s, "-_.~'():,/!*@$") }

// escapePath escapes what cannot stand in a path or, where it has one, in its
// query. Escapes that are there stay.
func escapePath(s string) string { return escape(s, "-_.~'():,/!*@$%?=&;+[]") }

func escape(s, keep string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte(keep, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}
