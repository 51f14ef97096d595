// Package rawjson works on JSON as bytes: it validates and splits a page of
// events in one pass, and walks an event, without decoding or allocating.
package rawjson
