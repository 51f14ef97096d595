package cli

import (
	"runtime"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view"
)

// versionView is what version has to tell.
type versionView interface {
	Version(v view.Version)
}

func (a *App) version(o *args.Version) int {
	var v versionView = a.human()
	if o.JSON {
		v = a.json()
	}
	v.Version(view.Version{Version: a.Version, OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version()})
	return ok
}
