// Package contribute lets a piece in Go have objects of its own. A program that imports it must register a function.
package contribute

import (
	"meshhost.dev/piece"
	"meshhost.dev/piece/abi"
)

// Contribution is everything that the piece adds to the installation.
type Contribution struct {
	// Objects, one JSON text each. Their order has no meaning.
	Objects []string
	// Order beyond what kinds tell.
	Order []OrderRule
	// Restarts tells which programs must start anew when their configuration changes.
	Restarts []RestartRule
	// Diagnostics are told to the person.
	Diagnostics []piece.Diagnostic
	// Notes are shown after a successful apply.
	Notes []string
}

// OrderRule says what is ready before what is applied.
type OrderRule struct {
	Before, After piece.Selector
}

// RestartRule rolls pods of this piece when content of this piece changes.
type RestartRule struct {
	Changed, Restart piece.Selector
}

var handler func(piece.Request) (Contribution, *piece.Failure)

// Handle registers the function. Call it when the program is initialised.
func Handle(with func(piece.Request) (Contribution, *piece.Failure)) { handler = with }

// A request is exactly as many numbers as the ABI passes one by one.
//
//go:wasmexport meshhost:piece/contribute@0.1.0#contribute
func contribute(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p uint32) uint32 {
	answer, failure := handler(abi.Flat[piece.Request](a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p))
	return abi.Return(piece.Result[Contribution]{Answer: answer, Failure: failure})
}
