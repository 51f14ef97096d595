package diag

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
)

// Reason is an error of the system without the name of the file or the program,
// for a text that has the one that means something to a reader; any other error
// as it is.
func Reason(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	if program, ok := errors.AsType[*exec.Error](err); ok {
		return program.Err
	}
	return err
}
