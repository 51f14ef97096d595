package outputstest

import (
	"testing"

	"github.com/reportform/reportform/internal/place"
)

func TestMemory(t *testing.T) {
	RunKeeper(t, func(*testing.T) Keeper {
		m := &Memory{}
		return Keeper{
			Output: m,
			Lose:   func(_ *testing.T, p place.Place) { m.Drop(p) },
			Spoil:  func(_ *testing.T, p place.Place) { m.slices[p] = append(m.slices[p], "{}") },
		}
	})
}

func TestStream(t *testing.T) {
	RunKeeper(t, func(*testing.T) Keeper { return Keeper{Output: &Stream{}} })
}
