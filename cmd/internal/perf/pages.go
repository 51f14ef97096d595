package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// The events of page p are numbered from p*pageSize; the number is written
// into the id and the time of each, so that no two events are the same, while
// everything else comes from a prebuilt page.

// book is a prebuilt page and the places in it that vary.
type book struct {
	load  load
	page  []byte // the elements of value, joined by commas
	marks []int  // for each event, the offset of its number's 12 digits
	times []int  // for each event, the offset of its time's 20 characters
	end   []int  // for each event, the offset behind it
}

// window in which all events lie.
var (
	windowFrom = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant, which Go has not for times
	windowTo   = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant, which Go has not for times
)

const (
	numberMark = "000000000000"
	timeMark   = "2026-11-01T00:00:00Z"
)

// newBook builds a page of sign-ins of about 2 KB each, all different.
func newBook(l load) *book {
	b := &book{load: l}
	random := rand.New(rand.NewPCG(1, 2))
	var page bytes.Buffer
	for i := range l.pageSize {
		if i > 0 {
			page.WriteByte(',')
		}
		start := page.Len()
		page.WriteString(signIn(random))
		event := page.Bytes()[start:]
		b.marks = append(b.marks, start+bytes.Index(event, []byte(numberMark)))
		b.times = append(b.times, start+bytes.Index(event, []byte(timeMark)))
		b.end = append(b.end, page.Len())
	}
	b.page = page.Bytes()
	return b
}

// write appends the body of page number p to dst.
func (b *book) write(dst []byte, origin, tenant string, p int) []byte {
	first := p * b.load.pageSize
	count := min(b.load.pageSize, b.load.events-first)
	dst = append(dst, `{"@odata.context":"`...)
	dst = append(dst, origin...)
	dst = append(dst, `/v1.0/$metadata#auditLogs/signIns",`...)
	if first+count < b.load.events {
		dst = fmt.Appendf(dst, `"@odata.nextLink":"%s/v1.0/auditLogs/signIns?tenant=%s&$top=%d&$skiptoken=%d",`, origin, tenant, b.load.pageSize, p+1)
	}
	dst = append(dst, `"value":[`...)
	at := len(dst)
	dst = append(dst, b.page[:b.end[count-1]]...)
	step := windowTo.Sub(windowFrom) / time.Duration(b.load.events)
	for i := range count {
		copy(dst[at+b.marks[i]:], fmt.Sprintf("%012d", first+i))
		windowFrom.Add(time.Duration(first+i)*step).AppendFormat(dst[:at+b.times[i]], time.RFC3339)
	}
	if b.load.giant > 0 && first <= b.load.events/2 && b.load.events/2 < first+count {
		dst = fmt.Appendf(dst, `,{"id":"giant","createdDateTime":"%s","userAgent":"`, timeMark)
		dst = append(dst, strings.Repeat("x", b.load.giant)...)
		dst = append(dst, `"}`...)
	}
	return append(dst, "]}"...)
}

// signIn is one event as Microsoft Graph gives it, with the marks in it.
func signIn(r *rand.Rand) string {
	guid := func() string {
		return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xffff, r.Uint32()&0xffff, r.Uint64()&0xffffffffffff)
	}
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	name := pick("Ada", "Grace", "Linus", "Zoë", "Søren", "Amélie", "Nguyễn", "Иван") + " " + pick("Example", "Beispiel", "Muster", "Demo")
	upn := fmt.Sprintf("user%d@contoso.example", r.IntN(5000))
	city := pick("Berlin", "Zürich", "Seattle", "São Paulo", "Kraków")
	code, reason, details := "0", "Other.", "MFA requirement satisfied by claim in the token"
	if r.IntN(10) == 0 {
		code, reason, details = "50126", "Error validating credentials due to invalid username or password.", "The password was \\\"wrong\\\"; the user may try again."
	}
	var policies []string
	for i := range 1 + r.IntN(3) {
		policies = append(policies, fmt.Sprintf(`{"id":"%s","displayName":"Policy %d: require multi-factor authentication","enforcedGrantControls":["mfa"],"enforcedSessionControls":[],"result":"%s"}`,
			guid(), i, pick("success", "notApplied", "reportOnlyNotApplied")))
	}
	return `{"id":"` + guid()[:23] + "-" + numberMark + `","createdDateTime":"` + timeMark + `","userDisplayName":"` + name + `","userPrincipalName":"` + upn +
		`","userId":"` + guid() + `","appId":"` + guid() + `","appDisplayName":"` + pick("Azure Portal", "Microsoft Teams", "Office 365 Exchange Online") +
		`","ipAddress":"203.0.113.` + fmt.Sprint(r.IntN(255)) + `","clientAppUsed":"` + pick("Browser", "Mobile Apps and Desktop clients") +
		`","userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1` + fmt.Sprint(r.IntN(40)) + `.0.0.0 Safari/537.36","correlationId":"` + guid() +
		`","conditionalAccessStatus":"` + pick("success", "notApplied", "failure") + `","isInteractive":true,"riskDetail":"none","riskLevelAggregated":"none","riskLevelDuringSignIn":"none","riskState":"none","riskEventTypes":[],"riskEventTypes_v2":[],"resourceDisplayName":"Windows Azure Service Management API","resourceId":"` + guid() +
		`","resourceTenantId":"` + guid() + `","homeTenantId":"` + guid() + `","servicePrincipalId":"","servicePrincipalName":null,"status":{"errorCode":` + code + `,"failureReason":"` + reason + `","additionalDetails":"` + details +
		`"},"deviceDetail":{"deviceId":"","displayName":"` + pick("", "LAPTOP-7") + `","operatingSystem":"Windows 11","browser":"Edge 1` + fmt.Sprint(r.IntN(40)) + `.0","isCompliant":false,"isManaged":false,"trustType":""},"location":{"city":"` + city +
		`","state":"","countryOrRegion":"` + pick("DE", "CH", "US", "BR", "PL") + `","geoCoordinates":{"altitude":null,"latitude":` + fmt.Sprintf("%.5f", r.Float64()*90) + `,"longitude":` + fmt.Sprintf("%.5f", r.Float64()*180) +
		`}},"appliedConditionalAccessPolicies":[` + strings.Join(policies, ",") + `],"authenticationDetails":[{"authenticationStepDateTime":"2026-11-01T08:00:00Z","authenticationMethod":"Password","authenticationMethodDetail":"Password in the cloud","succeeded":true,"authenticationStepResultDetail":"Correct password","authenticationStepRequirement":"Primary authentication"}],"networkLocationDetails":[{"networkType":"namedNetwork","networkNames":["Head office"]}]}`
}
