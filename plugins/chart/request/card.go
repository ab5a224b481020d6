// Package request is what the piece says of itself and what it reads of a request: which chart, which values, which
// cluster. It must not know how a chart is rendered.
package request

import (
	_ "embed"

	"meshhost.dev/piece"
)

//go:embed schema.json
var schema string

const (
	wishChart  = "chart"
	wishValues = "values"
)

// Card says that any object can come out: what a chart emits is known when it is rendered, and a grant can narrow it.
var Card = piece.Card{
	Name:    "chart",
	Version: "0.1.0",
	Summary: "Renders a Helm chart, as Helm 4 does",
	Schema:  schema,
	Files: []piece.Wish{
		{Name: wishChart, Purpose: "the chart: a folder, or its archive (.tgz)", Required: true},
		{Name: wishValues, Purpose: "values files, in the order of their names; later ones win"},
	},
	Emits: []piece.Selector{{}},
}
