// Package keypath gives what a backend stores its name: a path that files and
// objects share, and that is distinct and legal wherever they are kept.
//
// File systems, and the object stores that are built on them, allow names of 255
// bytes. An address whose escaped name is longer, as a long key in letters
// beyond ASCII makes it, is cut into folders, each "~" before the cut and after:
//
//	report.a.b/tenant.customer%5b%22%e3%81%82...~/~%e3%81%84...%22%5d.json
//
// No escaped name has a "~", so the pieces are joined again without a doubt.
package keypath

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reportform/reportform/engine/ledger"
)

const extension = ".json"

const (
	// longest is how many bytes a name may have. A longer one is cut.
	longest = 255
	// piece is how many bytes of a name that is cut a folder has at most.
	piece = 240
	cut   = "~/~"
)

// Of returns the path of a key, with slashes: REPORT/TENANT.json for a ledger,
// REPORT/TENANT/PAGE.json for a page of it, each part escaped and cut.
func Of(key ledger.Key) string {
	path := divide(escape(key.Report), longest) + "/" + divide(escape(key.Tenant), longest-len(extension))
	if key.Page != "" {
		path += "/" + escape(key.Page)
	}
	return path + extension
}

// divide cuts a name that is longer than most into pieces.
func divide(name string, most int) string {
	if len(name) <= most {
		return name
	}
	var pieces []string
	for ; len(name) > piece; name = name[piece:] {
		pieces = append(pieces, name[:piece])
	}
	return strings.Join(append(pieces, name), cut)
}

// Parse is the inverse of Of. ok is false for a path that does not have the
// shape of one: what else may lie beside ledgers. A path that has the shape,
// and that Of never returns, is an error.
func Parse(path string) (key ledger.Key, ok bool, err error) {
	name, ok := strings.CutSuffix(path, extension)
	parts := strings.Split(strings.ReplaceAll(name, cut, ""), "/")
	if !ok || len(parts) < 2 || len(parts) > 3 || slices.Contains(parts, "") || strings.HasPrefix(parts[len(parts)-1], ".") {
		return ledger.Key{}, false, nil
	}
	for i, field := range []*string{&key.Report, &key.Tenant, &key.Page}[:len(parts)] {
		if *field, err = unescape(parts[i]); err != nil {
			break
		}
	}
	if err != nil || Of(key) != path {
		return ledger.Key{}, false, fmt.Errorf("%s is not the name of a ledger", path)
	}
	return key, true, nil
}
