// Package gcs keeps objects in Google Cloud Storage.
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

	"github.com/reportform/reportform/internal/objectstore"
)

// store keeps objects under conditions on their generation, which is the
// version. Every request may be sent twice: it reads, or it is bound to a
// generation, or it asks for what is the case after the first one.
type store struct {
	client *http.Client
	base   string // URL
	bucket string
	words  words
}

func (s *store) Get(ctx context.Context, name string) ([]byte, objectstore.Version, error) {
	answer, err := s.call(ctx, http.MethodGet, s.object(name), url.Values{"alt": {"media"}}, nil)
	if noObject(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", s.words.explain(err)
	}
	version := answer.header.Get("X-Goog-Generation")
	if version == "" {
		return nil, "", objectstore.Explain(nil, "%s does not say which generation of an object it sends: check endpoint", s.words.endpoint)
	}
	return answer.body, objectstore.Version(version), nil
}

func (s *store) Put(ctx context.Context, name string, data []byte, old objectstore.Version) (objectstore.Version, error) {
	query := unchanged(old)
	query.Set("uploadType", "media")
	query.Set("name", name)
	answer, err := s.call(ctx, http.MethodPost, "/upload"+s.objects(), query, data)
	if status(err) == http.StatusPreconditionFailed {
		return "", objectstore.ErrConflict
	}
	if err != nil {
		return "", s.words.explain(err)
	}
	var stored struct {
		Generation string `json:"generation"`
	}
	if err := json.Unmarshal(answer.body, &stored); err != nil || stored.Generation == "" {
		return "", objectstore.Explain(err, "%s does not say which generation of an object it has stored: check endpoint", s.words.endpoint)
	}
	return objectstore.Version(stored.Generation), nil
}

func (s *store) Delete(ctx context.Context, name string, old objectstore.Version) error {
	_, err := s.call(ctx, http.MethodDelete, s.object(name), unchanged(old), nil)
	switch {
	case old == objectstore.Any && noObject(err):
		return nil
	case status(err) == http.StatusPreconditionFailed || noObject(err):
		return objectstore.ErrConflict
	}
	return s.words.explain(err)
}

func (s *store) List(ctx context.Context, prefix string) ([]objectstore.Object, error) {
	query := url.Values{"prefix": {prefix}, "fields": {"items(name,size),nextPageToken"}}
	var objects []objectstore.Object
	for {
		answer, err := s.call(ctx, http.MethodGet, s.objects(), query, nil)
		if err != nil {
			return nil, s.words.explain(err)
		}
		var page struct {
			Items []struct {
				Name string `json:"name"`
				Size int64  `json:"size,string"`
			} `json:"items"`
			NextPageToken string `json:"nextPageToken"`
		}
		if err := json.Unmarshal(answer.body, &page); err != nil {
			return nil, objectstore.Explain(err, "%s sent a list that is no JSON: check endpoint", s.words.endpoint)
		}
		for _, object := range page.Items {
			objects = append(objects, objectstore.Object(object))
		}
		if page.NextPageToken == "" {
			return objects, nil
		}
		query.Set("pageToken", page.NextPageToken)
	}
}

// objects is the path of the bucket's objects, object that of one.
func (s *store) objects() string           { return "/storage/v1/b/" + url.PathEscape(s.bucket) + "/o" }
func (s *store) object(name string) string { return s.objects() + "/" + url.PathEscape(name) }

// unchanged is the condition that the version is old, or that there is none, as
// part of a query; empty if any will do.
func unchanged(old objectstore.Version) url.Values {
	switch old {
	case objectstore.Any:
		return url.Values{}
	case "":
		old = "0"
	}
	return url.Values{"ifGenerationMatch": {string(old)}}
}
