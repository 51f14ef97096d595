// Package run carries out pulls. It is the only package that knows sources,
// sinks, plans and ledgers at once.
package run
