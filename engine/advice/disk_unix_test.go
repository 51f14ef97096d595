//go:build unix

package advice

import (
	"os"
	"syscall"
	"testing"

	"github.com/reportform/reportform/config"
)

func TestDisk(t *testing.T) {
	explain := For(Subject{Tenant: &config.Tenant{}, Report: &config.Report{Type: &config.ReportType{}}})
	for code, want := range map[syscall.Errno]string{
		syscall.ENOSPC: diskFull, syscall.EDQUOT: diskFull, syscall.EROFS: diskReadOnly,
		syscall.EFBIG: fileTooLarge, syscall.EIO: diskBroken,
	} {
		if x := explain(&os.PathError{Op: "write", Path: "x", Err: code}); x.Cause != "disk" || x.Advice != want {
			t.Errorf("%v: %s, %q", code, x.Cause, x.Advice)
		}
	}
	if x := explain(syscall.EINVAL); x.Cause != "" || x.Advice != "" {
		t.Errorf("EINVAL: %s, %q", x.Cause, x.Advice)
	}
}
