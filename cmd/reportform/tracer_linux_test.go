//go:build amd64 && !race

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// interference says what happens to a process at its system calls that change
// files or lock one.
type interference struct {
	// kill is the number of the call at which the process is killed, from 1
	// over all threads; 0 for never.
	kill int
	// after kills when the call has been carried out, else before.
	after bool
	// fail are the calls that are not carried out, but fail with errno; nil for none.
	fail  *regexp.Regexp
	errno unix.Errno
}

// errNoTracing says that this system does not let a process trace its child.
var errNoTracing = errors.New("processes cannot be traced here")

// skipUntraced skips a test where processes cannot be traced. A thorough run,
// which is there for these tests, fails instead.
func skipUntraced(t *testing.T, err error) {
	t.Helper()
	if thorough() {
		t.Fatal(err)
	}
	t.Skip(err)
}

// traced is what became of a process.
type traced struct {
	// calls are those that concern files below the process's working
	// directory, such as "rename ./out/a.json" and "sync ./out/*", in their order.
	calls  []string
	killed bool
	failed int // so many calls
	code   int // the exit code, unless killed
	said   string
}

// trace runs a process and interferes as told.
func trace(cmd *exec.Cmd, with interference) (*traced, error) {
	// The system takes the thread that starts a process for the one that traces it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	said, err := os.CreateTemp("", "")
	if err != nil {
		return nil, err
	}
	defer said.Close()
	defer os.Remove(said.Name())
	process, err := os.StartProcess(cmd.Path, cmd.Args, &os.ProcAttr{
		Dir: cmd.Dir, Env: cmd.Env, Files: []*os.File{nil, said, said}, Sys: &syscall.SysProcAttr{Ptrace: true, Setpgid: true},
	})
	if errors.Is(err, syscall.EPERM) {
		return nil, fmt.Errorf("%w: %w", errNoTracing, err)
	}
	if err != nil {
		return nil, err
	}
	defer process.Release() //nolint:errcheck // it was waited for
	t := &tracer{pid: process.Pid, dir: cmd.Dir, with: with, in: map[int]call{}}
	if err := t.run(); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(said.Name())
	t.said = string(text)
	return &t.traced, err
}

type tracer struct {
	pid  int
	dir  string
	with interference
	in   map[int]call // by thread
	traced
}

// call is a call of interest that a thread is in.
type call struct {
	number int
	fails  bool
}

// run follows the process until it has ended.
func (t *tracer) run() error {
	var status unix.WaitStatus
	if _, err := unix.Wait4(t.pid, &status, unix.WALL, nil); err != nil {
		return err
	}
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	if err := unix.PtraceSetOptions(t.pid, options); err != nil {
		return err
	}
	if err := unix.PtraceSyscall(t.pid, 0); err != nil {
		return err
	}
	for {
		tid, err := unix.Wait4(-t.pid, &status, unix.WALL, nil) // any thread of its group
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ECHILD):
			return nil
		case err != nil:
			return err
		case !status.Stopped():
			if tid == t.pid && status.Exited() {
				t.code = status.ExitStatus()
			}
			continue // a thread has ended, or all have
		}
		deliver := 0
		switch signal := status.StopSignal(); {
		case signal == unix.SIGTRAP|0x80:
			if err := t.systemCall(tid); err != nil {
				return err
			}
		case signal != unix.SIGTRAP && signal != unix.SIGSTOP: // those are about tracing
			deliver = int(signal)
		}
		if err := unix.PtraceSyscall(tid, deliver); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
}

// systemCall looks at a thread that stands before or behind a call.
func (t *tracer) systemCall(tid int) error {
	var info syscallInfo
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errors.Is(errno, unix.ESRCH) {
		return nil // killed meanwhile
	}
	if errno != 0 {
		return fmt.Errorf("PTRACE_GET_SYSCALL_INFO: %w", errno)
	}
	switch info.op {
	case unix.PTRACE_SYSCALL_INFO_ENTRY:
		what, path := t.describe(&info)
		below, ok := strings.CutPrefix(path+"/", t.dir+"/")
		if what == "" || !ok {
			return nil
		}
		t.calls = append(t.calls, what+" ./"+nameless(strings.TrimSuffix(below, "/")))
		c := call{number: len(t.calls), fails: t.with.fail != nil && t.with.fail.MatchString(t.calls[len(t.calls)-1])}
		t.in[tid] = c
		if c.number == t.with.kill && !t.with.after {
			return t.end()
		}
		if c.fails {
			t.failed++
			return skipCall(tid)
		}
	case unix.PTRACE_SYSCALL_INFO_EXIT:
		c, ok := t.in[tid]
		delete(t.in, tid)
		if ok && c.number == t.with.kill && t.with.after {
			return t.end()
		}
		if c.fails {
			return returnError(tid, t.with.errno)
		}
	}
	return nil
}

// skipCall makes the call that a thread is about to make none.
func skipCall(tid int) error {
	var registers unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &registers); err != nil {
		return err
	}
	registers.Orig_rax = ^uint64(0)
	return unix.PtraceSetRegs(tid, &registers)
}

// returnError makes the call that a thread has made fail.
func returnError(tid int, errno unix.Errno) error {
	var registers unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &registers); err != nil {
		return err
	}
	registers.Rax = -uint64(errno)
	return unix.PtraceSetRegs(tid, &registers)
}

func (t *tracer) end() error {
	t.killed = true
	return unix.Kill(t.pid, unix.SIGKILL)
}

// syscallInfo is the system's struct ptrace_syscall_info.
type syscallInfo struct {
	op     uint8
	_      [3]uint8
	_      uint32 // architecture
	_      [2]uint64
	number uint64
	args   [6]uint64
}

// describe returns what a call does to which path; nothing if it changes nothing.
func (t *tracer) describe(info *syscallInfo) (what, path string) {
	switch info.number {
	case unix.SYS_OPENAT:
		if info.args[2]&unix.O_TMPFILE == unix.O_TMPFILE {
			return "create", t.text(info.args[1]) + "/" + withoutName
		}
		if info.args[2]&unix.O_CREAT == 0 {
			return "", ""
		}
		return "create", t.text(info.args[1])
	case unix.SYS_MKDIRAT:
		return "mkdir", t.text(info.args[1])
	case unix.SYS_LINKAT:
		return "link", t.text(info.args[3])
	case unix.SYS_RENAMEAT:
		return "rename", t.text(info.args[3])
	case unix.SYS_UNLINKAT:
		return "unlink", t.text(info.args[1])
	case unix.SYS_WRITE, unix.SYS_PWRITE64:
		return "write", t.opened(info.args[0])
	case unix.SYS_FSYNC:
		return "sync", t.opened(info.args[0])
	case unix.SYS_FTRUNCATE:
		return "truncate", t.opened(info.args[0])
	case unix.SYS_FLOCK:
		return "lock", t.opened(info.args[0])
	}
	return "", ""
}

// opened is the path of an open file of the process.
func (t *tracer) opened(descriptor uint64) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", t.pid, descriptor))
	return path
}

// text reads a string of the process.
func (t *tracer) text(address uint64) string {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", t.pid))
	if err != nil {
		return ""
	}
	defer memory.Close()
	buf := make([]byte, unix.PathMax)
	n, _ := memory.ReadAt(buf, int64(address))
	text, _, _ := bytes.Cut(buf[:n], []byte{0})
	return string(text)
}

// nameless replaces what varies in a path: the names of temporary files, of
// pages and of locks by *, and that of a file without a name by #.
func nameless(path string) string {
	return random.ReplaceAllString(numbered.ReplaceAllString(path, "#"), "*")
}

var numbered = regexp.MustCompile(`#[0-9]+( \(deleted\))?`)

// withoutName stands for a file that has no name.
const withoutName = "#0"

var random = regexp.MustCompile(`\.reportform-[A-Z0-9]+\.tmp|[0-9]{8}t[0-9]{6}z-[a-z0-9]+|\.locks/[0-9]+`)
