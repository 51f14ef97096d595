// Package postgres stores ledgers as rows of a table in PostgreSQL 13 or newer.
package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reportform/reportform/engine/ledger"
)

// Options say where the ledgers are.
type Options struct {
	// URL reads a connection URL, which may hold a password, at the first use.
	// It is nil where Settings say how to connect.
	URL func(context.Context) (string, error)
	// Settings are libpq's connection settings by keyword, such as host; none
	// is a secret. What they and the URL leave out comes from where libpq
	// takes it: the PG* variables of the process, a service file, ~/.pgpass.
	Settings map[string]string
	// Password reads the password, for every new connection; nil for none. It
	// goes with Settings.
	Password func(context.Context) (string, error)
	// Schema holds the table. Both are made by Migrate, or the first Put, where
	// they are missing.
	Schema string
}

// Backend is a table of ledgers. Any number of processes may share it.
//
// Every Put and Delete is one statement that names the version it replaces. A
// version is a random UUID, so none comes twice: not after a delete, and not
// after the database was restored from a backup.
//
// A Put whose connection breaks before the answer is an error, and may have
// been carried out all the same: who reads the ledger again sees which.
type Backend struct {
	options Options
	table   string // quoted, with its schema

	mu   sync.Mutex
	pool *pgxpool.Pool // nil until the first use
}

// New returns the backend and contacts nobody.
func New(options Options) *Backend {
	return &Backend{options: options, table: pgx.Identifier{options.Schema, tableName}.Sanitize()}
}

// Close closes the connections. The backend opens new ones if it is used again.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pool != nil {
		b.pool.Close()
		b.pool = nil
	}
	return nil
}

// Get implements ledger.Backend.
func (b *Backend) Get(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	var data []byte
	var version string
	err := b.query(ctx, func(pool *pgxpool.Pool) error {
		return pool.QueryRow(ctx, "SELECT data, version::text FROM "+b.table+" WHERE report = $1 AND tenant = $2 AND page = $3",
			columns(key)...).Scan(&data, &version)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	return data, ledger.Version(version), nil
}

// Put implements ledger.Backend.
func (b *Backend) Put(ctx context.Context, key ledger.Key, data []byte, old ledger.Version) (ledger.Version, error) {
	if data == nil {
		data = []byte{} // nil would be SQL's NULL
	}
	run := b.insert
	statement := "INSERT INTO " + b.table + " (report, tenant, page, data, version, updated_at)" +
		" VALUES ($1, $2, $3, $4, gen_random_uuid(), now()) ON CONFLICT DO NOTHING RETURNING version::text"
	args := append(columns(key), data)
	if old != "" {
		run = b.query
		statement = "UPDATE " + b.table + " SET data = $4, version = gen_random_uuid(), updated_at = now()" +
			" WHERE report = $1 AND tenant = $2 AND page = $3 AND version::text = $5 RETURNING version::text"
		args = append(args, string(old))
	}
	var version string
	err := run(ctx, func(pool *pgxpool.Pool) error {
		return pool.QueryRow(ctx, statement, args...).Scan(&version)
	})
	return ledger.Version(version), conflict(err)
}

// Delete implements ledger.Backend.
func (b *Backend) Delete(ctx context.Context, key ledger.Key, old ledger.Version) error {
	if old == "" {
		_, stored, err := b.Get(ctx, key)
		if err == nil && stored != "" {
			return ledger.ErrConflict
		}
		return err
	}
	var report string
	err := b.query(ctx, func(pool *pgxpool.Pool) error {
		return pool.QueryRow(ctx, "DELETE FROM "+b.table+" WHERE report = $1 AND tenant = $2 AND page = $3 AND version::text = $4 RETURNING report",
			append(columns(key), string(old))...).Scan(&report)
	})
	return conflict(err)
}

// conflict returns ErrConflict where a statement found no row to change.
func conflict(err error) error {
	// In a database whose transactions are serializable by default, the loser
	// of a race is told so.
	if errors.Is(err, pgx.ErrNoRows) || code(err) == serializationFailure || code(err) == deadlockDetected {
		return ledger.ErrConflict
	}
	return err
}

// List implements ledger.Backend.
func (b *Backend) List(ctx context.Context) ([]ledger.Key, error) {
	var keys []ledger.Key
	err := b.query(ctx, func(pool *pgxpool.Pool) error {
		rows, err := pool.Query(ctx, "SELECT report, tenant, page FROM "+b.table)
		if err != nil {
			return err
		}
		keys, err = pgx.CollectRows(rows, scanKey)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return keys, err
}

// Migrate implements ledger.Migrator: it makes the schema and the table where
// they are missing.
func (b *Backend) Migrate(ctx context.Context) (encrypted int, err error) {
	return 0, b.use(ctx, func(pool *pgxpool.Pool) (creating bool, err error) { return b.migrate(ctx, pool) })
}

// Check implements ledger.Checker: it stores a row, and makes the table before
// where it is missing, in a transaction that it takes back.
func (b *Backend) Check(ctx context.Context) error {
	return b.use(ctx, func(pool *pgxpool.Pool) (creating bool, err error) {
		tx, err := pool.BeginTx(ctx, creationOptions())
		if err != nil {
			return false, err
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { return b.try(ctx, tx) }) // which leaves tx usable
		if !missing(err) {
			return false, err
		}
		if err := b.create(ctx, tx); err != nil {
			return true, err
		}
		return false, b.try(ctx, tx)
	})
}

// try does with a row of its own what Put and Delete do.
func (b *Backend) try(ctx context.Context, tx pgx.Tx) error {
	row := columns(ledger.Key{Report: "check", Tenant: rand.Text()})
	for _, statement := range []string{
		"INSERT INTO " + b.table + " (report, tenant, page, data, version, updated_at) VALUES ($1, $2, $3, '', gen_random_uuid(), now())",
		"UPDATE " + b.table + " SET data = 'x' WHERE report = $1 AND tenant = $2 AND page = $3",
		"DELETE FROM " + b.table + " WHERE report = $1 AND tenant = $2 AND page = $3",
	} {
		if _, err := tx.Exec(ctx, statement, row...); err != nil {
			return err
		}
	}
	return nil
}
