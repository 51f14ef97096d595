//go:build unix

package advice

import (
	"os"
	"syscall"
	"testing"

	"github.com/reportform/reportform/config"
)

func TestDisk(t *testing.T) {
	explain := For(&config.Tenant{}, &config.Report{Type: &config.ReportType{}}, "")
	for code, want := range map[syscall.Errno]string{
		syscall.ENOSPC: diskFull, syscall.EDQUOT: diskFull, syscall.EROFS: diskReadOnly,
		syscall.EFBIG: fileTooLarge, syscall.EIO: diskBroken,
	} {
		if cause, advice := explain(&os.PathError{Op: "write", Path: "x", Err: code}); cause != "disk" || advice != want {
			t.Errorf("%v: %s, %q", code, cause, advice)
		}
	}
	if cause, advice := explain(syscall.EINVAL); cause != "" || advice != "" {
		t.Errorf("EINVAL: %s, %q", cause, advice)
	}
}
