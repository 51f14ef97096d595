package postgres

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Codes of PostgreSQL's errors, which are the same in every language.
const (
	invalidPassword       = "28P01"
	invalidAuthorization  = "28000"
	invalidCatalogName    = "3D000"
	invalidSchemaName     = "3F000"
	insufficientPrivilege = "42501"
	undefinedColumn       = "42703"
	undefinedFunction     = "42883"
	undefinedTable        = "42P01"
	serializationFailure  = "40001"
	deadlockDetected      = "40P01"
	readOnlyTransaction   = "25006"
	diskFull              = "53100"
	tooManyConnections    = "53300"
	adminShutdown         = "57P01"
	cannotConnectNow      = "57P03"
)

// code is the code of an error that the server reported, or empty.
func code(err error) string {
	var reported *pgconn.PgError
	if errors.As(err, &reported) {
		return reported.Code
	}
	return ""
}

// passwordError says that the password could not be read.
type passwordError struct{ error }

func (e *passwordError) Unwrap() error { return e.error }

// explain says at which server what went wrong, and what to do. creating tells
// that it happened while the table was made. It wraps err.
func (b *Backend) explain(creating bool, config *pgx.ConnConfig, err error) error {
	doing := ""
	if creating {
		doing = "making the table " + b.table + ": "
	}
	return &Error{
		message: fmt.Sprintf("%s: %s%s. %s", server(config), doing, reason(err), b.advice(creating, config, err)),
		cause:   err,
	}
}

// Error is a failure at the server. Its text is one line without the password.
type Error struct {
	message string
	cause   error
}

func (e *Error) Error() string { return e.message }

// Unwrap returns the driver's error.
func (e *Error) Unwrap() error { return e.cause }

// server names the server, or servers, the database and the user.
func server(config *pgx.ConnConfig) string {
	var places []string
	add := func(host string, port uint16) {
		network, address := pgconn.NetworkAddress(host, port)
		if network == "unix" {
			address = "socket " + address
		}
		if !slices.Contains(places, address) {
			places = append(places, address)
		}
	}
	add(config.Host, config.Port)
	for _, f := range config.Fallbacks {
		add(f.Host, f.Port)
	}
	database := config.Database
	if database == "" {
		database = config.User // as the server has it
	}
	return fmt.Sprintf("PostgreSQL at %s, database %q, user %q", strings.Join(places, " or "), database, config.User)
}

// reason is an error on one line. What several tries have in common, with and
// without TLS, is said once.
func reason(err error) string {
	text := err.Error()
	var unreadable *passwordError
	var reported *pgconn.PgError
	var failed *pgconn.ConnectError
	switch {
	case errors.As(err, &unreadable):
		text = unreadable.Error()
	case errors.As(err, &reported):
		text = reported.Message + " (SQLSTATE " + reported.Code + ")"
	case errors.As(err, &failed) && failed.Unwrap() != nil:
		text = strings.Join(slices.Compact(strings.Split(failed.Unwrap().Error(), "\n")), "; ")
	}
	return strings.TrimSuffix(strings.Join(strings.Fields(text), " "), ".")
}

// advice says what to do about an error.
func (b *Backend) advice(creating bool, config *pgx.ConnConfig, err error) string {
	var unreadable *passwordError
	if errors.As(err, &unreadable) {
		return "Make the password available there, or set password to another place."
	}
	schema := pgx.Identifier{b.options.Schema}.Sanitize()
	database, user := pgx.Identifier{config.Database}.Sanitize(), pgx.Identifier{config.User}.Sanitize()
	switch code(err) {
	case invalidPassword:
		return "Check the user and the password that the state block, the PG* variables or ~/.pgpass give."
	case invalidAuthorization:
		return `Check the user, and what the server's pg_hba.conf allows it; a server that demands TLS wants sslmode = "require" or a stricter one.`
	case invalidCatalogName:
		return "Create it with CREATE DATABASE " + database + ", or name another one."
	case insufficientPrivilege:
		if creating {
			return fmt.Sprintf("Let an administrator run CREATE SCHEMA IF NOT EXISTS %s; GRANT USAGE, CREATE ON SCHEMA %s TO %s; or set schema to one in which the user may create tables.", schema, schema, user)
		}
		return fmt.Sprintf("Let the table's owner run GRANT USAGE ON SCHEMA %s TO %s; GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s.", schema, user, b.table, user)
	case undefinedColumn:
		return "The table is not one that Reportform made: set schema to another one."
	case undefinedFunction:
		return "Reportform needs PostgreSQL 13 or newer."
	case readOnlyTransaction:
		return "This server, or database, takes no writes: connect to the primary, or with several hosts set target_session_attrs=read-write in the URL."
	case diskFull:
		return "Free space on the server and run the command again."
	case tooManyConnections:
		return fmt.Sprintf("Each Reportform process opens at most %d connections: raise max_connections or the role's limit, or put a pooler such as PgBouncer in between.", maxConns)
	case adminShutdown, cannotConnectNow:
		return "Run the command again when the server is up."
	case "":
		return connectionAdvice(err)
	}
	return "The server's log says more; what was stored is unharmed."
}

// connectionAdvice is for errors that the server did not report.
func connectionAdvice(err error) string {
	var certificate *tls.CertificateVerificationError
	var failed *pgconn.ConnectError
	switch {
	case errors.As(err, &certificate):
		return "The server's certificate is not trusted: name its authority with sslrootcert in the URL or PGSSLROOTCERT, and the host as the certificate does."
	case strings.Contains(err.Error(), "server refused TLS connection"):
		return `The server offers no TLS: switch it on there (ssl = on), or, if the way to the server is trusted, set sslmode = "disable".`
	case errors.As(err, &failed):
		return "Check host and port, that the server runs and listens there, and that no firewall is in between."
	}
	return "The connection broke: it is open whether a write that was under way took place. Run the command again, which reads what is stored."
}
