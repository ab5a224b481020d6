// Package contribute lets a piece in Go have objects of its own. A program that imports it must register a function.
package contribute

import (
	"meshhost.dev/piece"
	"meshhost.dev/piece/abi"
)

// Contribution is everything that the piece adds to the installation.
type Contribution struct {
	// Objects, one JSON text each. Their order has no meaning. One without a namespace whose kind lives in one goes to
	// that of the request.
	Objects []string
	// Order beyond what kinds tell.
	Order []OrderRule
	// Restarts tells which programs must start anew when their configuration changes.
	Restarts []RestartRule
	// Diagnostics are told to the person.
	Diagnostics []piece.Diagnostic
	// Notes are shown after a successful apply.
	Notes []string
	// Hooks are objects for occasions.
	Hooks []Hook
	// UsedOnce is whether something in it comes from the request's Once: only then is that kept.
	UsedOnce bool
}

// Hook is an object that is made for an occasion and waited for, as a rule a Job.
type Hook struct {
	// Manifest is the object, JSON.
	Manifest string
	// On is not empty and has nothing twice.
	On []Occasion
	// Weight: hooks of one occasion run one after the other, the lowest first, and by name within a weight.
	Weight int32
	// Delete is when the object is removed; before it is made again when nothing is said.
	Delete []DeletePolicy
}

// Occasion is when a hook is run.
type Occasion uint8

// The occasions: before and after the first apply of the piece, a later one, its removal, and a rollback; and when the
// person asks whether it works.
const (
	PreInstall Occasion = iota
	PostInstall
	PreUpgrade
	PostUpgrade
	PreDelete
	PostDelete
	PreRollback
	PostRollback
	Test
)

// DeletePolicy is when the object of a hook is removed.
type DeletePolicy uint8

const (
	// BeforeHookCreation is before it is made again.
	BeforeHookCreation DeletePolicy = iota
	// HookSucceeded is when it has succeeded.
	HookSucceeded
	// HookFailed is when it has failed.
	HookFailed
)

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

//go:wasmexport meshhost:piece/contribute@0.1.0#contribute
func contribute(at uint32) uint32 {
	answer, failure := handler(abi.Load[piece.Request](at))
	return abi.Return(piece.Result[Contribution]{Answer: answer, Failure: failure})
}
