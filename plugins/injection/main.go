// The piece that injects sidecars as Istio 1.4 does. It owns its card, and reading what it is handed.
package main

import (
	"encoding/json"
	"fmt"

	"meshhost.dev/injection/mesh"
	"meshhost.dev/injection/sidecar"
	"meshhost.dev/piece"
	"meshhost.dev/piece/inject"
	"sigs.k8s.io/yaml"
)

const schema = `{
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "skipOptedOut": {
      "type": "boolean",
      "default": false,
      "description": "Whether pods stay as they are that the webhook passes over."
    }
  }
}`

func init() {
	piece.Describe(piece.Card{
		Name:    "injection",
		Version: "0.1.0",
		Summary: "Puts Istio 1.4's sidecars into workloads, as its template says",
		Schema:  schema,
		Files: []piece.Wish{
			{Name: "config", Purpose: "key config of ConfigMap istio-sidecar-injector: the template, and which pods get it", Required: true},
			{Name: "values", Purpose: "key values of ConfigMap istio-sidecar-injector: what the mesh was installed with", Required: true},
			{Name: "mesh", Purpose: "key mesh of ConfigMap istio: the mesh configuration", Required: true},
		},
	})
	inject.Handle(run)
}

func run(request piece.Request, objects []string) ([]inject.Outcome, *piece.Failure) {
	injector, failure := injector(request)
	if failure != nil {
		return nil, failure
	}
	outcomes := make([]inject.Outcome, len(objects))
	for i, object := range objects {
		outcomes[i] = injector.Inject(object)
	}
	return outcomes, nil
}

func injector(request piece.Request) (*sidecar.Injector, *piece.Failure) {
	var settings struct {
		SkipOptedOut bool `json:"skipOptedOut"`
	}
	if err := json.Unmarshal([]byte(request.Settings), &settings); err != nil {
		return nil, piece.Rejected("", err.Error())
	}
	injector := &sidecar.Injector{SkipOptedOut: settings.SkipOptedOut}
	failure := &piece.Failure{}
	read := func(wish string, into func(text []byte) error) {
		text, granted := request.Granted(wish)
		err := fmt.Errorf("is missing")
		if granted {
			err = into(text)
		}
		if err != nil {
			failure.Problems = append(failure.Problems, piece.Problem{Path: wish, Message: err.Error()})
		}
	}
	read("config", func(text []byte) error { return yaml.Unmarshal(text, &injector.Policy) })
	read("values", func(text []byte) error { return yaml.Unmarshal(text, &injector.Values) })
	read("mesh", func(text []byte) (err error) {
		injector.Mesh, err = mesh.Read(string(text))
		return err
	})
	if len(failure.Problems) > 0 {
		return nil, failure
	}
	return injector, nil
}

func main() {}
