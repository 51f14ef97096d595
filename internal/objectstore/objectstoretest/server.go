package objectstoretest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"
)

// serversVariable is an environment variable: with the value "required", a test
// whose server is not installed fails instead of being skipped.
const serversVariable = "REPORTFORM_TEST_SERVERS"

// startTimeout bounds how long a server may take until it accepts connections.
const startTimeout = 30 * time.Second

// Program returns the path of a server's program: the one that the environment
// variable names, otherwise the one that PATH has under name. Without either
// the test is skipped with a hint how to install it, which is a command.
func Program(t testing.TB, name, variable, install string) string {
	t.Helper()
	if given := os.Getenv(variable); given != "" {
		name = given
	}
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	complain := t.Skipf
	if os.Getenv(serversVariable) == "required" {
		complain = t.Fatalf
	}
	complain("the server %s is not installed: %s, or let %s name the program", name, install, variable)
	return ""
}

// Start runs a server until the test has ended and returns its address, where
// it accepts connections. arguments get the loopback address and a free port to
// listen on, and a directory that the test removes.
func Start(t testing.TB, program string, arguments func(host, port, dir string) []string) string {
	t.Helper()
	const host = "127.0.0.1"
	free, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = free.Close()

	var output bytes.Buffer // read after the process has ended
	server := exec.Command(program, arguments(host, port, t.TempDir())...)
	server.Stdout, server.Stderr = &output, &output
	if err := server.Start(); err != nil {
		t.Fatalf("starting %s: %v", program, err)
	}
	var failure error
	ended := make(chan struct{})
	go func() {
		failure = server.Wait()
		close(ended)
	}()
	stop := func() {
		_ = server.Process.Kill()
		<-ended
	}
	for deadline := time.Now().Add(startTimeout); ; {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = connection.Close()
			t.Cleanup(stop)
			return address
		}
		select {
		case <-ended:
			t.Fatalf("%s ended: %v\n%s", program, failure, output.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			stop()
			t.Fatalf("%s does not listen on %s after %s\n%s", program, address, startTimeout, output.String())
		}
	}
}
