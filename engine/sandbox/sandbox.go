// Package sandbox is the built-in stand-in for the cloud: token endpoints,
// Microsoft Graph and the Azure AD Graph reporting API over HTTP, with
// deterministic events and switchable faults.
package sandbox
