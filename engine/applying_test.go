package engine

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// recordedSeat records what happens to it.
type recordedSeat struct{ did []string }

func (s *recordedSeat) Leave()  { s.did = append(s.did, "leave") }
func (s *recordedSeat) Return() { s.did = append(s.did, "return") }

// What a pull waits is the time for which at least one of its requests waits.
func TestTimedSeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var below recordedSeat
		s := &timedSeat{Seat: &below}
		s.Leave()
		time.Sleep(time.Second)
		s.Return()
		time.Sleep(time.Minute)
		s.Leave()
		time.Sleep(time.Second)
		s.Leave()
		time.Sleep(time.Second)
		s.Return()
		time.Sleep(time.Second)
		s.Return()
		time.Sleep(time.Minute)
		if got := s.waited(); got != 4*time.Second {
			t.Errorf("waited %v, want 4s", got)
		}
		if want := []string{"leave", "return", "leave", "leave", "return", "return"}; !slices.Equal(below.did, want) {
			t.Errorf("the seat below did %v, want %v", below.did, want)
		}
	})
}
