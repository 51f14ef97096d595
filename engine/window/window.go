// Package window turns declarations of time into slices. It is pure.
package window
