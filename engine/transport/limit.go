package transport

import "net/http"

// limit lets every request to home wait for its turn.
type limit struct {
	next    http.RoundTripper
	limiter *Limiter
	home    origin
}

func (l *limit) RoundTrip(req *http.Request) (*http.Response, error) {
	if l.home.has(req.URL) {
		if err := l.limiter.Wait(req.Context()); err != nil {
			closeBody(req)
			return nil, err
		}
	}
	return l.next.RoundTrip(req)
}
