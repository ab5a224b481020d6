// Package piece is what the author of a piece in Go uses: a main package registers a card here and a function with
// meshhost.dev/piece/contribute or one of the other packages, is built with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o piece.wasm
//
// and packed with `meshhost plugin pack piece.wasm -o piece-component.wasm`. What Go's runtime asks a system for (clock,
// chance, files) is closed then: clocks stand still, chance is the same each time unless meshhost.dev/piece/once seeds it, and
// there are no files.
//
// It owns the guest side of the contract in wit/ and must not know any piece.
package piece

import "meshhost.dev/piece/abi"

// Card is what a piece says of itself.
type Card struct {
	// Name is a DNS label.
	Name string
	// Version is semver.
	Version string
	// Summary is one sentence.
	Summary string
	// Schema is the JSON Schema of the settings.
	Schema string
	// Files that it can use.
	Files []Wish
	// Emits is what contribute may return with any settings at all.
	Emits []Selector
	// Amends is what of others is handed to amend.
	Amends []Selector
	// Assesses is what of its own it can judge.
	Assesses []Selector
	// Images that the objects refer to with default settings.
	Images []string
}

// Wish is a file, or a folder of files, that a piece can use.
type Wish struct {
	// Name is a DNS label.
	Name string
	// Purpose is one sentence.
	Purpose string
	// Required is whether nothing works without it.
	Required bool
}

// Selector chooses objects; what is nil matches everything.
type Selector struct {
	Group, Kind, Namespace, Name *string
}

// Severity is how much a diagnostic matters.
type Severity uint8

const (
	// Note is worth knowing.
	Note Severity = iota
	// Warning is probably not what was meant.
	Warning
)

// Diagnostic is something to say without failing.
type Diagnostic struct {
	Severity Severity
	// Path is where in the settings, if anywhere.
	Path *string
	// Message is one sentence, lower case, no full stop.
	Message string
}

// Problem is one reason why a request was refused.
type Problem struct {
	// Path is where in the settings; empty for the whole.
	Path    string
	Message string
	// Hint is what to do about it, if that is known.
	Hint *string
}

// Failure is why a call gave no result: problems of what was handed over, or else a fault of the piece itself.
type Failure struct {
	Problems []Problem
	Internal string
}

// Cases is for the ABI.
func (Failure) Cases() []any { return []any{[]Problem(nil), ""} }

// Chosen is for the ABI.
func (failure Failure) Chosen() (int, any) {
	if failure.Problems != nil {
		return 0, failure.Problems
	}
	return 1, failure.Internal
}

// Rejected is a failure with one problem.
func Rejected(path, message string) *Failure {
	return &Failure{Problems: []Problem{{Path: path, Message: message}}}
}

// Result is an answer, or why there is none.
type Result[T any] struct {
	Answer  T
	Failure *Failure
}

// Cases is for the ABI.
func (Result[T]) Cases() []any {
	var answer T
	return []any{answer, Failure{}}
}

// Chosen is for the ABI.
func (result Result[T]) Chosen() (int, any) {
	if result.Failure != nil {
		return 1, *result.Failure
	}
	return 0, result.Answer
}

var card Card

// Describe registers the piece's card. Call it when the program is initialised.
func Describe(of Card) { card = of }

//go:wasmexport meshhost:piece/describe@0.1.0#describe
func describe() uint32 { return abi.Return(card) }
