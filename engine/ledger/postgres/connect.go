package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	tableName = "ledgers"
	// maxConns bounds the connections of a process. A ledger is read or written
	// in about a millisecond, so a few serve many pulls.
	maxConns = 4
	// connectTimeout bounds how long a server is waited for, unless the
	// connection's settings say otherwise.
	connectTimeout = 15 * time.Second
	// creation is the advisory lock under which schema and table are made.
	creation = 0x7265706f7274666d // "reportfm"
)

// query runs a statement. A table that is missing has no rows, pgx.ErrNoRows.
func (b *Backend) query(ctx context.Context, statement func(*pgxpool.Pool) error) error {
	return b.use(ctx, func(pool *pgxpool.Pool) (creating bool, err error) {
		if err = statement(pool); missing(err) {
			err = pgx.ErrNoRows
		}
		return false, err
	})
}

// insert runs a statement, and where the table is missing, once more after
// making it.
func (b *Backend) insert(ctx context.Context, statement func(*pgxpool.Pool) error) error {
	return b.use(ctx, func(pool *pgxpool.Pool) (creating bool, err error) {
		err = statement(pool)
		if !missing(err) {
			return false, err
		}
		if creating, err = b.migrate(ctx, pool); err != nil {
			return creating, err
		}
		return false, statement(pool)
	})
}

// migrate makes the schema and the table where they are missing.
func (b *Backend) migrate(ctx context.Context, pool *pgxpool.Pool) (creating bool, err error) {
	err = pgx.BeginTxFunc(ctx, pool, creationOptions(), func(tx pgx.Tx) error {
		creating = true
		return b.create(ctx, tx)
	})
	return creating, err
}

// missing reports whether an error says that there is no table.
func missing(err error) bool { return code(err) == undefinedTable || code(err) == invalidSchemaName }

// use lets do use the connections, and explains its errors. creating tells that
// do failed to make the table.
func (b *Backend) use(ctx context.Context, do func(*pgxpool.Pool) (creating bool, err error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	pool, err := b.connect(ctx)
	if err != nil {
		return err
	}
	creating, err := do(pool)
	switch {
	case err == nil || errors.Is(err, pgx.ErrNoRows):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return b.explain(creating, pool.Config().ConnConfig, err)
}

// connect returns the pool, which opens connections when they are needed.
func (b *Backend) connect(ctx context.Context) (*pgxpool.Pool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pool != nil {
		return b.pool, nil
	}
	config, err := b.config(ctx)
	if err != nil {
		return nil, err
	}
	config.MaxConns = maxConns
	config.MinConns, config.MinIdleConns = 0, 0
	// Statements are not kept on the server, which poolers such as PgBouncer
	// do not bear; one round trip each all the same.
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "reportform"
	}
	if b.options.Password != nil {
		config.BeforeConnect = func(ctx context.Context, connection *pgx.ConnConfig) error {
			password, err := b.options.Password(ctx)
			if err != nil {
				return &passwordError{err}
			}
			connection.Password = password
			return nil
		}
	}
	b.pool, err = pgxpool.NewWithConfig(ctx, config)
	return b.pool, err
}

func (b *Backend) config(ctx context.Context) (*pgxpool.Config, error) {
	if b.options.URL == nil {
		config, err := pgxpool.ParseConfig(keywords(b.options.Settings))
		if err != nil {
			return nil, fmt.Errorf("the settings of the connection to PostgreSQL are not usable: %w", err)
		}
		return config, nil
	}
	url, err := b.options.URL(ctx)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return nil, errors.New("the secret that url refers to is no connection URL of PostgreSQL: one begins with postgres://")
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The error repeats the URL, in which the password is not always found.
		return nil, errors.New("the connection URL that url refers to is not understood: write postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=MODE, " +
			"with the characters : / ? # [ ] @ % of user and password as %XX, and check the files that it or the PG* variables name")
	}
	return config, nil
}

// keywords writes connection settings as libpq's connection string.
func keywords(settings map[string]string) string {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	var b strings.Builder
	for _, keyword := range slices.Sorted(maps.Keys(settings)) {
		b.WriteString(keyword + "='" + quote.Replace(settings[keyword]) + "' ")
	}
	return b.String()
}

// creationOptions are of transactions that create: each statement has to see
// what another process has committed meanwhile, whatever the database's default
// isolation is.
func creationOptions() pgx.TxOptions { return pgx.TxOptions{IsoLevel: pgx.ReadCommitted} }

// create is migrate in a transaction. Processes that
// start at once take turns: of two that create the same thing, PostgreSQL fails
// the second in spite of IF NOT EXISTS.
func (b *Backend) create(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(creation)); err != nil {
		return err
	}
	// Even of a schema or a table that exists, CREATE IF NOT EXISTS demands the
	// right to create one.
	var schema, table bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1), EXISTS (SELECT FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname = $1 AND relname = $2)",
		b.options.Schema, tableName).Scan(&schema, &table)
	if err != nil || table {
		return err
	}
	if !schema {
		if _, err := tx.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{b.options.Schema}.Sanitize()); err != nil {
			return err
		}
	}
	// Keys are compared byte by byte, so that an index outlives an upgrade of the
	// system's collations.
	_, err = tx.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+b.table+` (
	report text COLLATE "C" NOT NULL,
	tenant text COLLATE "C" NOT NULL,
	page text COLLATE "C" NOT NULL,
	data bytea NOT NULL,
	version uuid NOT NULL,
	updated_at timestamptz NOT NULL,
	PRIMARY KEY (report, tenant, page)
)`)
	return err
}
