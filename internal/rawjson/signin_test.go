package rawjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
)

// signInPage returns a compact page of n sign-ins with a next link.
func signInPage(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#auditLogs/signIns","@odata.nextLink":"https://graph.microsoft.com/v1.0/auditLogs/signIns?$top=1000&$skiptoken=9177f2e3532fcd4c4d225f68f7b9bdf7_1000","value":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(signInEvent(i))
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// signInEvent returns the i-th of a series of sign-ins, 2 to 3 KB in the
// shape that Microsoft Graph gives them: texts of varying lengths, members
// that come and go, some text that is not ASCII, some escapes.
func signInEvent(i int) []byte {
	pick := func(salt int, of ...string) string {
		h := uint32(i)*2654435761 + uint32(salt)*40503
		h ^= h >> 15
		h *= 2246822519
		h ^= h >> 13
		return of[h%uint32(len(of))]
	}
	guid := func(salt int) string {
		h := uint64(i+1)*0x9e3779b97f4a7c15 + uint64(salt)*0xbf58476d1ce4e5b9
		h ^= h >> 29
		h *= 0x94d049bb133111eb
		return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", uint32(h), uint16(h>>32), uint16(h>>48), uint16(h>>7), h>>16)
	}
	var b bytes.Buffer
	text := func(name, value string) {
		quoted, _ := json.Marshal(value)
		fmt.Fprintf(&b, "%q:%s,", name, quoted)
	}
	raw := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }

	user := pick(1, "Adele Vance", "Alex Wilber", "Bj\u00f6rn \u00c5str\u00f6m", "\u5c71\u7530 \u592a\u90ce", "Christie Cline", "Lee Gu", "Megan \"Meg\" Bowen")
	raw("{")
	text("id", guid(1))
	text("createdDateTime", fmt.Sprintf("2026-11-%02dT%02d:%02d:%02dZ", i%28+1, i%24, i%60, i*7%60))
	text("userDisplayName", user)
	text("userPrincipalName", pick(1, "adelev", "alexw", "bjorn.astrom", "taro.yamada", "christiec", "leeg", "meganb")+"@contoso.onmicrosoft.com")
	text("userId", guid(2))
	text("appId", guid(3))
	text("appDisplayName", pick(2, "Office 365 Exchange Online", "Graph Explorer", "Microsoft Teams", "Azure Portal", "SharePoint Online Web Client Extensibility"))
	text("ipAddress", pick(3, "203.0.113.7", "198.51.100.214", "2001:db8:85a3::8a2e:370:7334"))
	raw(`"ipAddressFromResourceProvider":null,`)
	text("clientAppUsed", pick(4, "Browser", "Mobile Apps and Desktop clients", "Exchange ActiveSync"))
	text("userAgent", pick(5, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36", "python-requests/2.32", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"))
	text("correlationId", guid(4))
	text("conditionalAccessStatus", pick(6, "success", "failure", "notApplied"))
	raw(`"isInteractive":%s,`, pick(7, "true", "false"))
	text("originalRequestId", guid(5))
	text("tokenIssuerName", "")
	text("tokenIssuerType", "AzureAD")
	raw(`"processingTimeInMilliseconds":%d,`, i*37%900+40)
	text("riskDetail", pick(8, "none", "hidden", "userPerformedSecuredPasswordReset"))
	text("riskLevelAggregated", "none")
	text("riskLevelDuringSignIn", pick(9, "none", "low", "medium", "hidden"))
	text("riskState", "none")
	raw(`"riskEventTypes":[],"riskEventTypes_v2":[%s],`, pick(10, "", "", `"unfamiliarFeatures"`, `"anonymizedIPAddress","unlikelyTravel"`))
	text("resourceDisplayName", pick(11, "Microsoft Graph", "Windows Azure Active Directory", "Office 365 SharePoint Online"))
	text("resourceId", "00000003-0000-0000-c000-000000000000")
	if i%3 == 0 {
		raw(`"resourceTenantId":%q,"homeTenantId":%q,"homeTenantName":"","crossTenantAccessType":"none",`, guid(6), guid(6))
	}
	text("authenticationRequirement", pick(12, "singleFactorAuthentication", "multiFactorAuthentication"))
	raw(`"authenticationMethodsUsed":[],"signInEventTypes":["interactiveUser"],"servicePrincipalId":"","servicePrincipalName":null,"flaggedForReview":false,"autonomousSystemNumber":%d,`, i*13%65000)
	raw(`"status":{"errorCode":%s,"failureReason":%s,"additionalDetails":%s},`, pick(13, "0", "50126", "50076"), pick(13, `"Other."`, `"Error validating credentials due to invalid username or password."`, `"Due to a configuration change you must use multi-factor authentication."`), pick(13, "null", `"MFA requirement satisfied by claim in the token"`, `"The user didn't enter the right credentials.\r\nIt's expected."`))
	raw(`"deviceDetail":{"deviceId":%s,"displayName":%s,"operatingSystem":"%s","browser":"%s","isCompliant":%s,"isManaged":false,"trustType":%s},`, pick(14, `""`, `"`+guid(7)+`"`), pick(14, `""`, `"DESKTOP-4F2K9"`), pick(15, "Windows 10", "Ios 18.1", "MacOs"), pick(16, "Chrome 131.0.0", "Edge 130.0.2849", "Rich Client 5.2.8.0"), pick(14, "false", "true"), pick(14, `""`, `"Azure AD joined"`))
	raw(`"location":{"city":"%s","state":"%s","countryOrRegion":"%s","geoCoordinates":{"altitude":null,"latitude":%d.%05d,"longitude":-%d.%05d}},`, pick(17, "Redmond", "München", "São Paulo", "Tokyo"), pick(17, "Washington", "Bayern", "", "Tokyo"), pick(17, "US", "DE", "BR", "JP"), i%90, i*7919%100000, i%180, i*104729%100000)
	raw(`"appliedConditionalAccessPolicies":[`)
	for k := range i % 3 {
		raw(`{"id":"%s","displayName":"%s","enforcedGrantControls":["Mfa"],"enforcedSessionControls":[],"result":"%s"},`, guid(20+k), pick(20+k, "Require MFA for admins", "Block legacy authentication"), pick(30+k, "success", "notApplied", "reportOnlyNotApplied"))
	}
	raw(`{"id":"%s","displayName":"All users","enforcedGrantControls":[],"enforcedSessionControls":["SignInFrequency"],"result":"notEnabled"}],`, guid(40))
	raw(`"authenticationDetails":[{"authenticationStepDateTime":"2026-11-09T13:11:%02dZ","authenticationMethod":"Password","authenticationMethodDetail":"Password in the cloud","succeeded":true,"authenticationStepResultDetail":"Correct password","authenticationStepRequirement":""}],`, i%60)
	raw(`"authenticationProcessingDetails":[{"key":"Legacy TLS (TLS 1.0, 1.1, 3DES)","value":"False"},{"key":"Is CAE Token","value":"%s"}],"networkLocationDetails":[],"mfaDetail":null}`, pick(18, "False", "True"))
	return b.Bytes()
}

func TestSignInEvent(t *testing.T) {
	size := 0
	for i := range 100 {
		event := signInEvent(i)
		if !json.Valid(event) {
			t.Fatalf("event %d is not valid: %s", i, event)
		}
		size += len(event)
	}
	if mean := size / 100; mean < 1800 || mean > 3500 {
		t.Errorf("events have %d bytes on average, want 2 to 3 KB", mean)
	}
}
