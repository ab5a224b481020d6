// Package once makes crypto/rand and the clock of a piece follow what the host hands over: the same request gives the same
// random values and times, and nobody who does not know the seed can guess them.
//
// Without it, or before Use, both are the same in every run: no key may be made of them.
package once

import (
	"unsafe"

	"meshhost.dev/piece"
)

// Use seeds what crypto/rand reads, and sets the clock. Call it before anything random is made or the time is asked for;
// what was seeded before a request came, as the functions of math/rand are, stays as it was.
//
// A contribution in which anything of it is used must say so (contribute.Contribution.UsedOnce).
func Use(once piece.Once) {
	if len(once.Seed) != 32 {
		panic("the seed has not 32 bytes")
	}
	seed(unsafe.Pointer(&once.Seed[0]))
	clock(once.Time)
}

// Both are made when the piece is packed.

//go:wasmimport meshhost:seal seed
func seed(bytes unsafe.Pointer)

//go:wasmimport meshhost:seal clock
func clock(seconds uint64)
