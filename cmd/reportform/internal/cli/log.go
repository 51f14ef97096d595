package cli

import (
	"fmt"

	"github.com/hashicorp/go-hclog"
)

// logger returns the log that RF_LOG and RF_LOG_FORMAT ask for, on standard
// error; nil where they ask for none.
func (a *App) logger() (hclog.Logger, error) {
	level := a.getenv("RF_LOG")
	if level == "" {
		return nil, nil
	}
	parsed := hclog.LevelFromString(level)
	if parsed == hclog.NoLevel {
		return nil, fmt.Errorf("RF_LOG is %q: set it to trace, debug, info, warn, error or off", level)
	}
	color := hclog.ColorOff
	if a.Streams.Err.Color {
		color = hclog.ForceColor
	}
	return hclog.New(&hclog.LoggerOptions{
		Name: "reportform", Level: parsed, Output: a.Streams.Err,
		JSONFormat: a.getenv("RF_LOG_FORMAT") == "json", Color: color,
	}), nil
}
