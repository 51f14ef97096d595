// Package pgtest runs a PostgreSQL server for tests: real, empty, and gone
// when the test ends.
package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a server that listens on a loopback port, where it wants the
// password, and on a socket, where it trusts everybody.
type Server struct {
	Port   int
	Socket string // directory of the socket
	User   string // a superuser
	// Password is the user's.
	Password string
	// Psql is the path of the program psql, empty if there is none.
	Psql string

	prefix []string // of command lines that a superuser may not run
}

// required is the environment variable that makes a missing server a failure
// when its value is "required".
const required = "REPORTFORM_TEST_SERVERS"

// watched runs a server until standard input ends: when the test stops it, or
// when the test's process is no more, however it ended.
const watched = `"$@" </dev/null & server=$!; cat >/dev/null; kill -INT $server; wait $server`

// Start starts a server. Without PostgreSQL on the machine the test is skipped,
// or fails if REPORTFORM_TEST_SERVERS is "required".
func Start(t testing.TB) *Server {
	t.Helper()
	bin := programs()
	if bin == "" {
		Absent(t, "there is no PostgreSQL (initdb and postgres, in PATH or /usr/lib/postgresql/*/bin): install the package postgresql")
	}
	dir, err := os.MkdirTemp("", "pg") // short: a socket's path has about 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &Server{Port: freePort(t), Socket: dir, User: "postgres", Password: "correct horse' \\battery"}
	if psql := filepath.Join(bin, "psql"); exists(psql) {
		s.Psql = psql
	}
	passwords := filepath.Join(dir, "password")
	if err := os.WriteFile(passwords, []byte(s.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.prefix = unprivileged(t, dir, passwords)
	data := filepath.Join(dir, "data")
	initdb := command(s.prefix, filepath.Join(bin, "initdb"), "--pgdata="+data, "--no-sync", "--username="+s.User,
		"--pwfile="+passwords, "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C")
	initdb.Dir = dir
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	run(t, dir, s.URL("postgres"), append(slices.Clone(s.prefix), filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-p", strconv.Itoa(s.Port),
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "full_page_writes=off"))
	return s
}

// Pool starts PgBouncer in front of the server, where each transaction may have
// another connection to it, and returns the connection URLs of databases through
// it. Without PgBouncer on the machine the test is skipped, or fails if
// REPORTFORM_TEST_SERVERS is "required".
func (s *Server) Pool(t testing.TB) (url func(database string) string) {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		Absent(t, "there is no PgBouncer (pgbouncer in PATH): install the package pgbouncer")
	}
	pooler := &Server{Port: freePort(t), User: s.User, Password: s.Password}
	users, config := filepath.Join(s.Socket, "users"), filepath.Join(s.Socket, "pgbouncer.ini")
	for path, content := range map[string]string{
		users: fmt.Sprintf("%q \"\"\n", s.User),
		config: fmt.Sprintf("[databases]\n* = host=%s port=%d\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"+
			"auth_type = trust\nauth_file = %s\npool_mode = transaction\ndefault_pool_size = 3\n", s.Socket, s.Port, pooler.Port, users),
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, s.Socket, pooler.URL("postgres"), append(slices.Clone(s.prefix), program, config))
	return pooler.URL
}

// Absent skips a test whose server, or other program, is not on the machine, and
// says which package has it. Where REPORTFORM_TEST_SERVERS is "required", as in CI, it fails the test.
func Absent(t testing.TB, what string) {
	t.Helper()
	if os.Getenv(required) == "required" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// run starts a server and waits until it answers at a connection URL.
func run(t testing.TB, dir, url string, server []string) {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", watched, "sh"}, server...)...)
	cmd.Dir = dir
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	life, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			_ = life.Close()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(stop)
	deadline := time.Now().Add(time.Minute)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		connection, err := pgx.Connect(ctx, url)
		cancel()
		if err == nil {
			_ = connection.Close(context.Background())
			return
		}
		if time.Now().After(deadline) {
			stop()
			t.Fatalf("%s does not answer: %v\n%s", server, err, log.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// URL is the connection URL of a database over the loopback port, with the
// password.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(s.User, s.Password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)), Path: database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Exec runs statements in a database as the superuser.
func (s *Server) Exec(t testing.TB, database string, statements ...string) {
	t.Helper()
	connection, err := pgx.Connect(context.Background(), s.URL(database))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close(context.Background()) }()
	for _, statement := range statements {
		if _, err := connection.Exec(context.Background(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// programs returns the folder of initdb and postgres, of the newest version
// where there are several, or "".
func programs() string {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(folders, func(a, b string) int { return major(b) - major(a) })
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, folder := range folders {
		if exists(filepath.Join(folder, "initdb")) && exists(filepath.Join(folder, "postgres")) {
			return folder
		}
	}
	return ""
}

func major(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// unprivileged returns the beginning of a command line that runs the rest as
// another user, to whom it gives the paths: PostgreSQL refuses the superuser.
// It is empty for everybody else.
func unprivileged(t testing.TB, paths ...string) []string {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errU := strconv.Atoi(account.Uid)
		gid, errG := strconv.Atoi(account.Gid)
		if errU != nil || errG != nil {
			continue
		}
		for _, path := range paths {
			if err := os.Chown(path, uid, gid); err != nil {
				t.Fatal(err)
			}
		}
		return []string{"setpriv", fmt.Sprintf("--reuid=%d", uid), fmt.Sprintf("--regid=%d", gid), "--clear-groups"}
	}
	t.Fatal("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
	return nil
}

func command(prefix []string, program string, args ...string) *exec.Cmd {
	line := append(append(slices.Clone(prefix), program), args...)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PG") }), "LC_ALL=C")
	return cmd
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
