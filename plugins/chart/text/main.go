// The same engine as a piece that answers with what `helm template` prints, as one text in the place of the objects, and
// then each document of that text as JSON, read on its own: for the tests that compare both with Helm. It is no part of
// meshhost.
package main

import (
	"meshhost.dev/chart/answer"
	"meshhost.dev/chart/engine"
	"meshhost.dev/chart/request"
	"meshhost.dev/piece"
	"meshhost.dev/piece/contribute"
	"meshhost.dev/piece/once"
	"sigs.k8s.io/yaml"
)

func init() {
	piece.Describe(request.Card)
	contribute.Handle(func(of piece.Request) (contribute.Contribution, *piece.Failure) {
		input, failure := request.Input(&of)
		if failure != nil {
			return contribute.Contribution{}, failure
		}
		once.Use(of.Once)
		output, err := engine.Render(input)
		if err != nil {
			return contribute.Contribution{}, answer.Refusal(err)
		}
		texts := []string{output.Text()}
		for _, document := range engine.Split(output.Text()) {
			content, err := yaml.YAMLToJSON([]byte(document))
			if err != nil {
				return contribute.Contribution{}, answer.Refusal(err)
			}
			texts = append(texts, string(content))
		}
		return contribute.Contribution{Objects: texts}, nil
	})
}

// Never called: the piece is a library.
func main() {}
