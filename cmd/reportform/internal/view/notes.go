package view

// AllInJSON ends a screen that shows the first of many.
const AllInJSON = "-json lists everything"

// OfSelection is the end of a summary in numbers, where these are of a
// selection.
func OfSelection(narrowed bool) string {
	if narrowed {
		return ", of the selection"
	}
	return ""
}

// Narrowed says what is shown of the configuration.
func (h *Human) Narrowed() {
	h.Out.Hanging(h.Out.Yellow("Note:")+" ", 6, "this is of a selection (-target, -exclude, -tenant). What else the configuration declares was not compared.")
}

// FilesTrusted says what -refresh=false means for what is shown.
func (h *Human) FilesTrusted() {
	h.Out.Hanging("Files: ", 7, "none of those that are held was looked at (-refresh=false); one that is gone or altered does not show.")
}
