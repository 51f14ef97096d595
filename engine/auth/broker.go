package auth

import (
	"net/http"
	"sync"
	"time"
)

// Broker hands out one Source for each credential and audience, so that
// everything that needs the same token shares it. It is safe for concurrent use.
type Broker struct {
	clients func(app string, audience Audience) *http.Client

	mu      sync.Mutex
	sources map[sourceKey]*Source
}

type sourceKey struct {
	credential Credential
	audience   Audience
}

// NewBroker returns a Broker whose sources ask token endpoints over the client
// that clients gives for an application and an audience.
func NewBroker(clients func(app string, audience Audience) *http.Client) *Broker {
	return &Broker{clients: clients, sources: map[sourceKey]*Source{}}
}

// Source returns the Source of a credential for an audience: the same one for
// equal arguments.
func (b *Broker) Source(credential Credential, audience Audience) *Source {
	key := sourceKey{credential, audience}
	b.mu.Lock()
	defer b.mu.Unlock()
	source, ok := b.sources[key]
	if !ok {
		source = NewSource(credential, audience, b.clients(credential.App(), audience), time.Now)
		b.sources[key] = source
	}
	return source
}

// Begin begins a run: what was refused before may be asked for again.
func (b *Broker) Begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, source := range b.sources {
		source.forget()
		if c, ok := key.credential.(interface{ forget() }); ok {
			c.forget()
		}
	}
}
