package answer

import (
	"encoding/json"
	"slices"
	"sync"

	"meshhost.dev/chart/engine"
	"meshhost.dev/piece"
)

// kind is a kind in a version, or in a group.
type kind struct{ of, kind string }

// scopes tells which kinds live in no namespace: of those that are served, and those that the chart defines.
type scopes struct {
	served map[kind]bool
	// defined is made when it is asked for the first time: reading definitions takes time.
	defined func() map[kind]bool
}

func scopesOf(served []piece.Served, output *engine.Output) scopes {
	scopes := scopes{served: make(map[kind]bool, len(served))}
	for _, one := range served {
		scopes.served[kind{one.APIVersion, one.Kind}] = one.Namespaced
	}
	scopes.defined = sync.OnceValue(func() map[kind]bool { return defined(output) })
	return scopes
}

func (scopes scopes) clusterScoped(apiVersion, name string) bool {
	if namespaced, known := scopes.served[kind{apiVersion, name}]; known {
		return !namespaced
	}
	namespaced, known := scopes.defined()[kind{group(apiVersion), name}]
	return known && !namespaced
}

func group(apiVersion string) string {
	for i := range apiVersion {
		if apiVersion[i] == '/' {
			return apiVersion[:i]
		}
	}
	return ""
}

// defined are the kinds that the chart's own definitions define.
func defined(output *engine.Output) map[kind]bool {
	all := map[kind]bool{}
	for _, document := range slices.Concat(output.CRDs, output.Manifests) {
		texts, err := texts(document)
		if err != nil {
			continue
		}
		for _, text := range texts {
			var definition struct {
				Kind string `json:"kind"`
				Spec struct {
					Group string `json:"group"`
					Scope string `json:"scope"`
					Names struct {
						Kind string `json:"kind"`
					} `json:"names"`
				} `json:"spec"`
			}
			if json.Unmarshal(text, &definition) != nil || definition.Kind != "CustomResourceDefinition" {
				continue
			}
			all[kind{definition.Spec.Group, definition.Spec.Names.Kind}] = definition.Spec.Scope != "Cluster"
		}
	}
	return all
}
