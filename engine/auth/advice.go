package auth

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// advice says what to do about a refusal of the token endpoint. The numbers
// are those of Microsoft's list of AADSTS errors.
func advice(e *Error, login string) string {
	consent := login + "/" + url.PathEscape(e.Directory) + "/adminconsent?client_id=" + url.QueryEscape(e.App)
	switch e.AADSTS {
	case 7000215:
		return "The secret is wrong. Most often it is the secret's ID where its value belongs; the value is shown only once, " +
			"when the secret is made: make a new one in the app registration under Certificates & secrets and store its value."
	case 7000222:
		return "The secret has expired. Make a new one in the app registration under Certificates & secrets and store its value."
	case 7000218:
		return "The token endpoint got no secret. Check the credential's secret."
	case 7000112:
		return "The application is disabled in this tenant. Have an administrator of the tenant enable it under Enterprise applications."
	case 700016, 7000229:
		return "The tenant does not know the application. Check client_id, and have an administrator of the tenant grant consent: " + consent + " ."
	case 700027:
		return "The certificate does not match one that is registered for the application, or it has expired. Upload it in the app registration under Certificates & secrets."
	case 700024:
		return "The proof of identity was made at a time that the endpoint does not accept: this machine's clock is wrong. Set it, best by NTP."
	case 70021, 700211, 700212, 700213:
		return "No federated credential of the application matches the presented identity. Compare issuer, subject and audience in the app registration with those of the identity."
	case 90002:
		return "No such directory exists in this cloud. Check the tenant's id, and its cloud if the directory belongs to a national one."
	case 900023:
		return "The tenant's id is neither a domain name nor a GUID. Correct it."
	case 900144:
		return "A parameter is missing in the request. If a proxy stands before the token endpoint, it may have dropped the request's body."
	case 70011, 1002012, 500011:
		return "The directory does not know the API that the token is for. Check that the tenant's cloud and endpoints belong together."
	case 50034:
		return "The account is unknown in the directory. Check the tenant's id."
	case 53003:
		return "A Conditional Access policy for workload identities blocks the application from here. Have an administrator of the tenant allow it, or run where the policy allows."
	case 65001:
		return "Nobody has consented to the application in this tenant. Have an administrator of the tenant grant consent: " + consent + " ."
	}
	switch e.Code {
	case "invalid_client":
		return "The token endpoint does not accept the application's proof of identity. Check client_id and the secret."
	case "unauthorized_client":
		return "The application is not allowed to sign in to this tenant. Check client_id, and have an administrator of the tenant grant consent: " + consent + " ."
	case "invalid_tenant":
		return "The directory cannot be found. Check the tenant's id and cloud."
	case "invalid_scope", "invalid_resource":
		return "The directory does not know the API that the token is for. Check that the tenant's cloud and endpoints belong together."
	}
	if e.Retryable() {
		return "Try again in some minutes."
	}
	return ""
}

// proxyAdvice ends a sentence about an answer that is not the endpoint's own.
func proxyAdvice(login string) string {
	return "check that " + login + " is the token endpoint of the tenant's cloud, and that no proxy or sign-in page of your network answers in its place."
}

// networkAdvice says what to do about a token endpoint that did not answer.
func networkAdvice(login string, err error) string {
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		notTLS      tls.RecordHeaderError
		alert       tls.AlertError
		operation   *net.OpError
		timeout     net.Error
		proxy       interface {
			error
			ProxyStatus() int
		}
	)
	switch {
	case errors.As(err, &proxy) && proxy.ProxyStatus() == http.StatusProxyAuthRequired:
		return "The proxy wants a login. Give its user and password in HTTPS_PROXY, or have the proxy let " + login + " pass."
	case errors.As(err, &proxy):
		return "The proxy does not let " + login + " pass. Check its rules, HTTPS_PROXY and NO_PROXY."
	case errors.As(err, &dns):
		return "The name of " + login + " cannot be resolved. Check the network and its DNS, the tenant's cloud and its endpoints."
	case errors.As(err, &certificate):
		return "The certificate of " + login + " is not trusted. If your network inspects TLS, add its root certificate to the system's (or name it in SSL_CERT_FILE)."
	case errors.As(err, &notTLS):
		return "What answers at " + login + " does not speak TLS. Check the endpoint and the proxy settings (HTTPS_PROXY, NO_PROXY)."
	case errors.As(err, &alert), strings.Contains(err.Error(), "tls:"):
		return "No TLS connection to " + login + " can be made; TLS 1.2 or newer is needed. Check what proxy stands between."
	case errors.As(err, &timeout) && timeout.Timeout():
		return "Nothing answers at " + login + " in time. Check the network, the firewall and the proxy settings (HTTPS_PROXY, NO_PROXY)."
	case errors.As(err, &operation):
		return "No connection to " + login + " can be made. Check the network, the firewall and the proxy settings (HTTPS_PROXY, NO_PROXY)."
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "The connection to " + login + " ended without an answer. Try again; if it stays, check what proxy stands between."
	}
	return "Check the network and that " + login + " is the token endpoint of the tenant's cloud."
}
