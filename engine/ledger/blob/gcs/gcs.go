// Package gcs drives Google Cloud Storage.
//
// It signs in with Google's library and sends the four requests that it needs
// of the JSON API itself. Google's clients for that API make the program nearly
// twice as large, through gRPC and through reflection that keeps the linker from
// dropping unused code of every other library.
package gcs

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/blob"
)

// driver stores objects under conditions on their generation, which is the
// version. Every request may be sent twice: it reads, or it is bound to a
// generation.
type driver struct {
	client *http.Client
	base   string // URL
	bucket string
	words  words
}

func (d *driver) Get(ctx context.Context, name string) ([]byte, ledger.Version, error) {
	answer, err := d.call(ctx, http.MethodGet, d.object(name), url.Values{"alt": {"media"}}, nil)
	if noObject(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", d.words.explain(err)
	}
	version := answer.header.Get("X-Goog-Generation")
	if version == "" {
		return nil, "", blob.Explain(nil, "%s does not say which generation of an object it sends: check endpoint", d.words.endpoint)
	}
	return answer.body, ledger.Version(version), nil
}

func (d *driver) Put(ctx context.Context, name string, data []byte, old ledger.Version) (ledger.Version, error) {
	query := url.Values{"uploadType": {"media"}, "name": {name}, "ifGenerationMatch": {generation(old)}}
	answer, err := d.call(ctx, http.MethodPost, "/upload"+d.objects(), query, data)
	if status(err) == http.StatusPreconditionFailed {
		return "", ledger.ErrConflict
	}
	if err != nil {
		return "", d.words.explain(err)
	}
	var stored struct {
		Generation string `json:"generation"`
	}
	if err := json.Unmarshal(answer.body, &stored); err != nil || stored.Generation == "" {
		return "", blob.Explain(err, "%s does not say which generation of an object it has stored: check endpoint", d.words.endpoint)
	}
	return ledger.Version(stored.Generation), nil
}

func (d *driver) Delete(ctx context.Context, name string, old ledger.Version) error {
	_, err := d.call(ctx, http.MethodDelete, d.object(name), url.Values{"ifGenerationMatch": {generation(old)}}, nil)
	if status(err) == http.StatusPreconditionFailed || noObject(err) {
		return ledger.ErrConflict
	}
	return d.words.explain(err)
}

func (d *driver) List(ctx context.Context, prefix string) ([]string, error) {
	query := url.Values{"prefix": {prefix}, "fields": {"items/name,nextPageToken"}}
	var names []string
	for {
		answer, err := d.call(ctx, http.MethodGet, d.objects(), query, nil)
		if err != nil {
			return nil, d.words.explain(err)
		}
		var page struct {
			Items         []struct{ Name string } `json:"items"`
			NextPageToken string                  `json:"nextPageToken"`
		}
		if err := json.Unmarshal(answer.body, &page); err != nil {
			return nil, blob.Explain(err, "%s sent a list that is no JSON: check endpoint", d.words.endpoint)
		}
		for _, object := range page.Items {
			names = append(names, object.Name)
		}
		if page.NextPageToken == "" {
			return names, nil
		}
		query.Set("pageToken", page.NextPageToken)
	}
}

// objects is the path of the bucket's objects, object that of one.
func (d *driver) objects() string           { return "/storage/v1/b/" + url.PathEscape(d.bucket) + "/o" }
func (d *driver) object(name string) string { return d.objects() + "/" + url.PathEscape(name) }

// generation returns the generation that a version stands for, as a condition:
// 0 asks that there is no object.
func generation(version ledger.Version) string {
	if version == "" {
		return strconv.Itoa(0)
	}
	return string(version)
}
