package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/ledgertest"
	"github.com/reportform/reportform/engine/ledger/postgres/pgtest"
)

// text reads a secret that is known.
func text(value string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return value, nil }
}

// open returns a backend on a database that ends with the test.
func open(t *testing.T, options Options) *Backend {
	t.Helper()
	if options.Schema == "" {
		options.Schema = "reportform"
	}
	backend := New(options)
	t.Cleanup(func() { _ = backend.Close() })
	return backend
}

func TestPostgreSQL(t *testing.T) {
	server := pgtest.Start(t)
	database := func(t *testing.T, name, more string) string {
		t.Helper()
		server.Exec(t, "postgres", `CREATE DATABASE "`+name+`" `+more)
		return server.URL(url.PathEscape(name))
	}

	t.Run("suite", func(t *testing.T) {
		place := database(t, "suite", "")
		ledgertest.Run(t, func(t *testing.T) ledger.Backend { return open(t, Options{URL: text(place)}) })
	})

	t.Run("reading", func(t *testing.T) {
		place := database(t, "reading", "")
		ledgertest.RunReading(t, func(t *testing.T) ledger.Backend { return open(t, Options{URL: text(place)}) },
			func(t *testing.T) map[string]string { return contents(t, place) })
	})

	t.Run("suite in a database of strict isolation and narrow encoding", func(t *testing.T) {
		place := database(t, "strict", "TEMPLATE template0 ENCODING 'LATIN1'")
		server.Exec(t, "postgres", "ALTER DATABASE strict SET default_transaction_isolation = 'serializable'")
		ledgertest.Run(t, func(t *testing.T) ledger.Backend { return open(t, Options{URL: text(place)}) })
	})

	t.Run("suite through a pooler", func(t *testing.T) {
		through := server.Pool(t)
		database(t, "pooled", "")
		ledgertest.Run(t, func(t *testing.T) ledger.Backend { return open(t, Options{URL: text(through("pooled"))}) })
	})

	t.Run("settings and a schema that needs quotes", func(t *testing.T) {
		database(t, `od'd \`, "")
		options := Options{
			Settings: map[string]string{"host": server.Socket, "port": strconv.Itoa(server.Port), "dbname": `od'd \`, "user": server.User},
			Schema:   `Team "A"`,
		}
		key := ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}
		if _, err := open(t, options).Put(t.Context(), key, []byte("x"), ""); err != nil {
			t.Fatal(err)
		}
		if data, _, err := open(t, options).Get(t.Context(), key); string(data) != "x" || err != nil {
			t.Errorf("got %q, %v", data, err)
		}
	})

	t.Run("every address", func(t *testing.T) {
		backend := open(t, Options{URL: text(database(t, "addresses", ""))})
		want := map[ledger.Key]bool{}
		for _, name := range []string{"a", "a%", "a%00", "a\x00", "a\xff", "\u2028客户", "a'\"\\$1", " a ", "A", "\r\n\t\x7f"} {
			key := ledger.Key{Tenant: name, Report: "r" + name}
			want[key] = true
			if _, err := backend.Put(t.Context(), key, []byte(name), ""); err != nil {
				t.Errorf("%q: %v", name, err)
			}
			if data, _, err := backend.Get(t.Context(), key); string(data) != name || err != nil {
				t.Errorf("%q: got %q, %v", name, data, err)
			}
		}
		keys, err := backend.List(t.Context())
		if err != nil || len(keys) != len(want) {
			t.Errorf("list has %d keys, %v; want %d", len(keys), err, len(want))
		}
		for _, key := range keys {
			if !want[key] {
				t.Errorf("list has %q", key)
			}
		}
	})

	t.Run("many first uses at once", func(t *testing.T) {
		place := database(t, "start", "")
		var group sync.WaitGroup
		for i := range 24 {
			backend := open(t, Options{URL: text(place)})
			group.Go(func() {
				if _, err := backend.Put(t.Context(), ledger.Key{Tenant: fmt.Sprint(i), Report: "r"}, nil, ""); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		keys, err := open(t, Options{URL: text(place)}).List(t.Context())
		if err != nil || len(keys) != 24 {
			t.Errorf("%d keys are stored, %v; want 24", len(keys), err)
		}
	})

	t.Run("a version does not come twice", func(t *testing.T) {
		backend := open(t, Options{URL: text(database(t, "versions", ""))})
		key := ledger.Key{Tenant: "t", Report: "r"}
		seen := map[ledger.Version]bool{}
		for range 20 {
			version, err := backend.Put(t.Context(), key, []byte("same"), "")
			if err != nil || seen[version] {
				t.Fatalf("version %q, %v after %v", version, err, seen)
			}
			seen[version] = true
			for stale := range seen {
				if stale == version {
					continue
				}
				if _, err := backend.Put(t.Context(), key, nil, stale); !errors.Is(err, ledger.ErrConflict) {
					t.Fatalf("put with a version of what was deleted: %v", err)
				}
				if err := backend.Delete(t.Context(), key, stale); !errors.Is(err, ledger.ErrConflict) {
					t.Fatalf("delete with a version of what was deleted: %v", err)
				}
			}
			if err := backend.Delete(t.Context(), key, version); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := backend.Put(t.Context(), key, nil, "of another backend"); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("put with a version of another backend: %v", err)
		}
		if err := backend.Delete(t.Context(), key, ""); err != nil {
			t.Errorf("deleting what is not there, as known: %v", err)
		}
	})

	t.Run("connections are few and survive a restart of the server's side", func(t *testing.T) {
		place := database(t, "pool", "")
		backend := open(t, Options{URL: text(place)})
		var group sync.WaitGroup
		for i := range 50 {
			group.Go(func() {
				if _, err := backend.Put(t.Context(), ledger.Key{Tenant: fmt.Sprint(i), Report: "r"}, nil, ""); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if n := backend.pool.Stat().TotalConns(); n < 1 || n > maxConns {
			t.Errorf("%d connections are open, want 1 to %d", n, maxConns)
		}
		server.Exec(t, "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'pool' AND application_name = 'reportform'")
		for range maxConns + 1 { // each dead connection is found out once, by an error or a ping
			if _, err := backend.List(t.Context()); err == nil {
				return
			}
		}
		t.Error("the backend does not connect again")
	})

	t.Run("the password is read for every connection", func(t *testing.T) {
		database(t, "rotated", "")
		server.Exec(t, "postgres", "CREATE ROLE rotating LOGIN PASSWORD 'first'", "GRANT CREATE ON DATABASE rotated TO rotating")
		password := "first"
		backend := open(t, Options{
			Settings: map[string]string{"host": "127.0.0.1", "port": strconv.Itoa(server.Port), "dbname": "rotated", "user": "rotating"},
			Password: func(context.Context) (string, error) { return password, nil },
		})
		if _, err := backend.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		server.Exec(t, "postgres", "ALTER ROLE rotating PASSWORD 'second'")
		backend.pool.Reset()
		if _, err := backend.List(t.Context()); code(err) != invalidPassword {
			t.Errorf("a connection with the old password gave %v", err)
		}
		password = "second"
		if _, err := backend.List(t.Context()); err != nil {
			t.Error(err)
		}
	})

	t.Run("errors", func(t *testing.T) { testErrors(t, server, database) })
}

// contents returns the tables of a database that are its users', and the rows of
// those for ledgers; and the schemas.
func contents(t *testing.T, place string) map[string]string {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close(context.Background()) }()
	found := map[string]string{}
	collect := func(query string) (names []string) {
		rows, err := connection.Query(t.Context(), query)
		if err == nil {
			names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	for _, schema := range collect("SELECT nspname::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'") {
		found[schema] = "schema"
	}
	for _, table := range collect("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')") {
		found[table] = strings.Join(collect("SELECT row_to_json(l)::text FROM "+table+" AS l ORDER BY 1"), "\n")
	}
	for _, lock := range collect("SELECT locktype || mode FROM pg_locks WHERE locktype = 'advisory'") {
		found[lock] = "lock"
	}
	return found
}

// testErrors provokes what goes wrong, and holds each error to its server,
// reason and advice, and to silence about the password.
func testErrors(t *testing.T, server *pgtest.Server, database func(t *testing.T, name, more string) string) {
	const password = "xyzzy-plugh"
	database(t, "errors", "")
	server.Exec(t, "errors", "CREATE ROLE weak LOGIN PASSWORD '"+password+"'", "CREATE ROLE reader LOGIN PASSWORD '"+password+"'",
		"CREATE SCHEMA readonly", "CREATE SCHEMA foreign_table", "CREATE TABLE foreign_table.ledgers (id int)",
		"CREATE SCHEMA granted", "GRANT USAGE, CREATE ON SCHEMA granted TO weak", "GRANT USAGE ON SCHEMA readonly TO reader")
	readonly := New(Options{URL: text(server.URL("errors")), Schema: "readonly"})
	if _, err := readonly.Migrate(t.Context()); err != nil { // makes the table
		t.Fatal(err)
	}
	_ = readonly.Close()
	server.Exec(t, "errors", "GRANT SELECT ON readonly.ledgers TO reader")

	at := fmt.Sprintf("127.0.0.1:%d", server.Port)
	loopback := func(user, database, more string) string {
		return fmt.Sprintf("postgres://%s:%s@%s/%s?%s", user, password, at, database, more)
	}
	key := ledger.Key{Tenant: "t", Report: "r"}
	tests := []struct {
		name    string
		options Options
		says    []string
	}{
		{"unreachable", Options{URL: text("postgres://u:" + password + "@127.0.0.1:1/errors?sslmode=disable")}, []string{
			`PostgreSQL at 127.0.0.1:1, database "errors", user "u"`, "connection refused", "Check host and port",
		}},
		{"no such host", Options{URL: text("postgres://u:" + password + "@db.invalid/errors")}, []string{"db.invalid:5432", "Check host and port"}},
		{"no socket", Options{Settings: map[string]string{"host": "/nowhere", "port": "5432", "user": "u", "dbname": "d"}}, []string{
			"socket /nowhere/.s.PGSQL.5432", "no such file", "Check host and port",
		}},
		{"wrong password", Options{URL: text(loopback(server.User, "errors", "sslmode=disable"))}, []string{
			at, `user "postgres"`, "password authentication failed", "Check the user and the password",
		}},
		{"no such database", Options{URL: text(server.URL("absent"))}, []string{`"absent"`, "does not exist", `CREATE DATABASE "absent"`}},
		{"TLS refused", Options{URL: text(loopback("weak", "errors", "sslmode=require"))}, []string{"server refused TLS", "ssl = on"}},
		{"no right to make the schema", Options{URL: text(loopback("weak", "errors", ""))}, []string{
			`making the table "reportform"."ledgers"`, "permission denied for database errors", `CREATE SCHEMA IF NOT EXISTS "reportform"`,
		}},
		{"no right to make the table", Options{URL: text(loopback("reader", "errors", "")), Schema: "granted"}, []string{
			"permission denied for schema granted", `GRANT USAGE ON SCHEMA "granted" TO "reader"`,
		}},
		{"no right to write", Options{URL: text(loopback("reader", "errors", "")), Schema: "readonly"}, []string{
			"permission denied for table ledgers", `GRANT SELECT, INSERT, UPDATE, DELETE ON "readonly"."ledgers" TO "reader"`,
		}},
		{"read-only", Options{URL: text(loopback("weak", "errors", "default_transaction_read_only=on")), Schema: "granted"}, []string{"read-only transaction", "primary"}},
		{"a table of others", Options{URL: text(server.URL("errors")), Schema: "foreign_table"}, []string{`column "report"`, "set schema to another one"}},
		{"no URL", Options{URL: text("host=db password=" + password)}, []string{"begins with postgres://"}},
		{"broken URL", Options{URL: text("postgres://u:" + password + "/x@h:y/d")}, []string{"is not understood", "%XX"}},
		{"URL not readable", Options{URL: func(context.Context) (string, error) { return "", errors.New("no file") }}, []string{"no file"}},
		{"password not readable", Options{
			Settings: map[string]string{"host": "127.0.0.1", "port": strconv.Itoa(server.Port), "user": "weak"},
			Password: func(context.Context) (string, error) { return "", errors.New("no vault") },
		}, []string{at, `database "weak"`, "no vault. Make the password available there"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, errPut := open(t, tt.options).Put(t.Context(), key, []byte("x"), "")
			for what, err := range map[string]error{"put": errPut, "check": open(t, tt.options).Check(t.Context())} {
				if err == nil {
					t.Fatalf("a %s gives no error", what)
				}
				for _, says := range tt.says {
					if !strings.Contains(err.Error(), says) {
						t.Errorf("a %s does not say %q: %s", what, says, err)
					}
				}
				if strings.Contains(err.Error(), password[:5]) || strings.Contains(err.Error(), "\n") {
					t.Errorf("a %s tells the password, or is not one line: %s", what, err)
				}
			}
		})
	}

	t.Run("a table made by others is enough", func(t *testing.T) {
		server.Exec(t, "errors", "CREATE SCHEMA theirs")
		owner := open(t, Options{URL: text(server.URL("errors")), Schema: "theirs"})
		for range 2 { // the second time there is nothing to do
			if n, err := owner.Migrate(t.Context()); n != 0 || err != nil {
				t.Fatal(n, err)
			}
		}
		server.Exec(t, "errors", "GRANT USAGE ON SCHEMA theirs TO weak", "GRANT SELECT, INSERT, UPDATE, DELETE ON theirs.ledgers TO weak")
		backend := open(t, Options{URL: text(loopback("weak", "errors", "")), Schema: "theirs"})
		_, errMigrate := backend.Migrate(t.Context())
		_, errPut := backend.Put(t.Context(), key, []byte("x"), "")
		if err := errors.Join(errMigrate, backend.Check(t.Context()), errPut); err != nil {
			t.Error(err)
		}
	})

	t.Run("where there is no table", func(t *testing.T) {
		backend := open(t, Options{URL: text(server.URL("errors")), Schema: "nowhere"})
		if _, err := backend.Put(t.Context(), key, []byte("x"), "stale"); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("replacing gives %v, want ErrConflict", err)
		}
		if err := backend.Delete(t.Context(), key, "stale"); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("deleting gives %v, want ErrConflict", err)
		}
		if _, made := contents(t, server.URL("errors"))["nowhere"]; made {
			t.Error("a schema is made for nothing")
		}
		if _, err := backend.Migrate(t.Context()); err != nil {
			t.Error(err)
		}
		if _, made := contents(t, server.URL("errors"))["nowhere.ledgers"]; !made {
			t.Error("a migration makes no table")
		}
	})

	t.Run("a schema made by others is enough", func(t *testing.T) {
		if _, err := open(t, Options{URL: text(loopback("weak", "errors", "")), Schema: "granted"}).Put(t.Context(), key, []byte("x"), ""); err != nil {
			t.Error(err)
		}
	})
}
