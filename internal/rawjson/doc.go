// Package rawjson works on JSON as bytes: it validates and splits a page of
// events in one pass, and walks an event, without decoding or allocating.
//
// What comes from the network goes through [Page.Split] or [Valid] once. All
// else here reads what those two accepted: on other bytes it neither panics
// nor runs for ever, but its results mean nothing.
package rawjson
