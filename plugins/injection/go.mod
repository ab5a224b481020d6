module meshhost.dev/injection

go 1.26.0

require (
	// The types of the mesh configuration as Istio 1.4 has them: its template calls their methods.
	github.com/gogo/protobuf v1.3.2
	istio.io/api v0.0.0-20191115173247-e1a1952e5b81
	// Quantities, written as Kubernetes writes them.
	k8s.io/apimachinery v0.16.15
	meshhost.dev/piece v0.0.0
	// YAML as Kubernetes reads it: the types of the fields decide about numbers and texts.
	sigs.k8s.io/yaml v1.6.0
)

require (
	go.yaml.in/yaml/v2 v2.4.2 // indirect
	gopkg.in/inf.v0 v0.9.1 // indirect
	istio.io/gogo-genproto v0.0.0-20190930162913-45029607206a // indirect
)

replace meshhost.dev/piece => ../go
