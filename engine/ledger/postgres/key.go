package postgres

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/reportform/reportform/engine/ledger"
)

// columns are the values of report, tenant and page.
func columns(key ledger.Key) []any {
	return []any{escape(key.Report), escape(key.Tenant), escape(key.Page)}
}

func scanKey(row pgx.CollectableRow) (ledger.Key, error) {
	var key ledger.Key
	if err := row.Scan(&key.Report, &key.Tenant, &key.Page); err != nil {
		return key, err
	}
	for _, column := range []*string{&key.Report, &key.Tenant, &key.Page} {
		address, err := url.PathUnescape(*column)
		if err != nil || escape(address) != *column {
			return key, fmt.Errorf("a row of the table holds %q, which is no escaped address: remove the row", *column)
		}
		*column = address
	}
	return key, nil
}

// escape makes an address text that a database of any encoding holds: printable
// ASCII stands for itself, every other byte and '%' is %XX.
func escape(address string) string {
	var b strings.Builder
	for i := range len(address) {
		if c := address[i]; c >= ' ' && c <= '~' && c != '%' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
