package outputstest

import (
	"fmt"
	"io"
	"testing"

	"github.com/reportform/reportform/outputs"
)

// SignIn returns the i-th of a series of sign-ins, about 2 KB in the shape
// that Microsoft Graph gives them.
func SignIn(i int) []byte {
	pick := func(of ...string) string { return of[uint32(i*2654435761)>>7%uint32(len(of))] }
	guid := func(salt int) string {
		h := uint64(i+1)*0x9e3779b97f4a7c15 + uint64(salt)*0xbf58476d1ce4e5b9
		h ^= h >> 29
		h *= 0x94d049bb133111eb
		return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", uint32(h), uint16(h>>32), uint16(h>>48), uint16(h>>7), h>>16)
	}
	return fmt.Appendf(nil, `{"id":%q,"createdDateTime":"2026-11-%02dT%02d:%02d:%02dZ","userDisplayName":%q,"userPrincipalName":"%s@contoso.onmicrosoft.com","userId":%q,"appId":%q,"appDisplayName":%q,"ipAddress":%q,"ipAddressFromResourceProvider":null,"clientAppUsed":"Browser","userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36","correlationId":%q,"conditionalAccessStatus":%q,"originalRequestId":%q,"isInteractive":true,"tokenIssuerName":"","tokenIssuerType":"AzureAD","processingTimeInMilliseconds":%d,"riskDetail":"none","riskLevelAggregated":"none","riskLevelDuringSignIn":"none","riskState":"none","riskEventTypes":[],"riskEventTypes_v2":["unfamiliarFeatures"],"resourceDisplayName":"Microsoft Graph","resourceId":"00000003-0000-0000-c000-000000000000","resourceTenantId":%q,"homeTenantId":%q,"authenticationMethodsUsed":[],"authenticationRequirement":"multiFactorAuthentication","signInEventTypes":["interactiveUser"],"servicePrincipalId":"","servicePrincipalName":null,"status":{"errorCode":%s,"failureReason":"Other.","additionalDetails":%s},"deviceDetail":{"deviceId":"","displayName":"DESKTOP-4F2K9","operatingSystem":"Windows 10","browser":"Chrome 131.0.0","isCompliant":true,"isManaged":false,"trustType":"Azure AD joined"},"location":{"city":%q,"state":"Washington","countryOrRegion":"US","geoCoordinates":{"altitude":null,"latitude":%d.%05d,"longitude":-122.12094}},"appliedConditionalAccessPolicies":[{"id":%q,"displayName":"Require MFA for admins","enforcedGrantControls":["Mfa"],"enforcedSessionControls":[],"result":"success"}],"authenticationProcessingDetails":[{"key":"Legacy TLS (TLS 1.0, 1.1, 3DES)","value":"False"},{"key":"Is CAE Token","value":"False"}],"networkLocationDetails":[]}`,
		guid(1), i%28+1, i%24, i%60, i*7%60,
		pick("Adele Vance", "Alex Wilber", "Björn Åström", "山田 太郎"), pick("adelev", "alexw", "bjorn.astrom", "taro.yamada"), guid(2), guid(3),
		pick("Office 365 Exchange Online", "Graph Explorer", "Azure Portal"), pick("203.0.113.7", "2001:db8:85a3::8a2e:370:7334"), guid(4),
		pick("success", "failure", "notApplied"), guid(5), i*37%900+40, guid(6), guid(6),
		pick("0", "50126", "50076"), pick("null", `"MFA requirement satisfied by claim in the token"`, `"The user didn't enter the right credentials.\r\nIt's expected."`),
		pick("Redmond", "München", "São Paulo"), i%90, i*7919%100000, guid(7))
}

// BenchmarkEncoding measures an encoder in bytes of events.
func BenchmarkEncoding(b *testing.B, encoding outputs.Encoding) {
	var events []*outputs.Event
	size := 0
	for i := range 512 {
		events = append(events, Event(string(SignIn(i))))
		size += len(events[i].Raw)
	}
	encoder, err := encoding.NewEncoder(io.Discard, Pull())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(size / len(events)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := encoder.Encode(events[i%len(events)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
