// Package transport carries requests to the service: it logs, retries, paces
// and authorises them, each as an http.RoundTripper around the next, in the
// order log(retry(limit(authorise(base)))). Every attempt waits its turn and
// carries a fresh token.
package transport
