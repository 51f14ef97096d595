// Package keypath gives what a backend stores its name: a path that files and
// objects share, and that is distinct and legal wherever they are kept.
package keypath

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reportform/reportform/engine/ledger"
)

const extension = ".json"

// Of returns the path of a key, with slashes: REPORT/TENANT.json for a ledger,
// REPORT/TENANT/PAGE.json for a page of it, the addresses escaped.
func Of(key ledger.Key) string {
	path := escape(key.Report) + "/" + escape(key.Tenant)
	if key.Page != "" {
		path += "/" + key.Page
	}
	return path + extension
}

// Parse is the inverse of Of. ok is false for a path that does not have the
// shape of one: what else may lie beside ledgers. A path that has the shape,
// and that Of never returns, is an error.
func Parse(path string) (key ledger.Key, ok bool, err error) {
	name, ok := strings.CutSuffix(path, extension)
	parts := strings.Split(name, "/")
	if !ok || len(parts) < 2 || len(parts) > 3 || slices.Contains(parts, "") || strings.HasPrefix(parts[len(parts)-1], ".") {
		return ledger.Key{}, false, nil
	}
	if key.Report, err = unescape(parts[0]); err == nil {
		key.Tenant, err = unescape(parts[1])
	}
	if len(parts) == 3 {
		key.Page = parts[2]
	}
	if err != nil {
		return ledger.Key{}, false, fmt.Errorf("%s is not the name of a ledger: keep other files elsewhere", path)
	}
	return key, true, nil
}
