// The piece that renders a Helm chart with Helm's own engine: the chart and its values are handed over as files and
// settings, and what comes out are objects, hooks and notes.
package main

import (
	"runtime/debug"

	"meshhost.dev/chart/answer"
	"meshhost.dev/chart/engine"
	"meshhost.dev/chart/request"
	"meshhost.dev/piece"
	"meshhost.dev/piece/contribute"
	"meshhost.dev/piece/once"
)

func init() {
	// An instance renders one chart and is gone: what most charts need is never collected, and what a megabyte of
	// definitions needs only now and then.
	debug.SetGCPercent(400)
	piece.Describe(request.Card)
	contribute.Handle(render)
}

// Never called: the piece is a library.
func main() {}

func render(of piece.Request) (contribute.Contribution, *piece.Failure) {
	input, failure := request.Input(&of)
	if failure != nil {
		return contribute.Contribution{}, failure
	}
	once.Use(of.Once)
	output, err := engine.Render(input)
	if err != nil {
		return contribute.Contribution{}, answer.Refusal(err)
	}
	return answer.Of(output, &of)
}
