// Package inject lets a piece in Go put sidecars into workloads. A program that imports it must register a function.
package inject

import (
	"meshhost.dev/piece"
	"meshhost.dev/piece/abi"
)

// Outcome is what became of one object.
type Outcome struct {
	// Injected is the whole object, JSON; nil when it stays as it is.
	Injected *string
	// Problems are why it could not be injected, if there are any; paths are in the object.
	Problems []piece.Problem
	// Diagnostics are told to the person; paths are in the object.
	Diagnostics []piece.Diagnostic
}

var handler func(piece.Request, []string) ([]Outcome, *piece.Failure)

// Handle registers the function. Call it when the program is initialised. It is handed objects, one JSON text each, and
// gives one outcome for each, in the same order.
func Handle(with func(piece.Request, []string) ([]Outcome, *piece.Failure)) { handler = with }

type arguments struct {
	Request piece.Request
	Objects []string
}

//go:wasmexport meshhost:piece/inject@0.1.0#inject
func inject(at uint32) uint32 {
	of := abi.Load[arguments](at)
	answer, failure := handler(of.Request, of.Objects)
	return abi.Return(piece.Result[[]Outcome]{Answer: answer, Failure: failure})
}
