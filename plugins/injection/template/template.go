// Package template runs the injection template of Istio 1.4: a Go text/template over a pod and its mesh, which gives YAML
// of what is added to the pod. It owns the template's functions and data, and must not know what becomes of the result.
package template

import (
	"fmt"
	"strings"
	"text/template"

	api "istio.io/api/mesh/v1alpha1"
	"meshhost.dev/injection/kube"
	"sigs.k8s.io/yaml"
)

// Data is what the template may refer to.
type Data struct {
	// TypeMeta and DeploymentMeta are the workload's.
	TypeMeta       *kube.TypeMeta
	DeploymentMeta *kube.ObjectMeta
	// ObjectMeta and Spec are the pod's.
	ObjectMeta  *kube.ObjectMeta
	Spec        *kube.PodSpec
	ProxyConfig *api.ProxyConfig
	MeshConfig  *api.MeshConfig
	// Values is what the mesh was installed with.
	Values map[string]any
}

// Injection is what is added to a pod.
type Injection struct {
	PodRedirectAnnot    map[string]string           `json:"podRedirectAnnot"`
	RewriteAppHTTPProbe bool                        `json:"rewriteAppHTTPProbe"`
	InitContainers      []kube.Container            `json:"initContainers"`
	Containers          []kube.Container            `json:"containers"`
	Volumes             []kube.Volume               `json:"volumes"`
	DNSConfig           *kube.PodDNSConfig          `json:"dnsConfig"`
	ImagePullSecrets    []kube.LocalObjectReference `json:"imagePullSecrets"`
}

// Run gives what the template adds, and what its functions warn of.
func Run(text string, data *Data) (*Injection, []string, error) {
	run := &run{data: data}
	rendered, err := run.render(text)
	if err != nil {
		return nil, run.warnings, fmt.Errorf("the template does not work: %w", err)
	}
	// Where a text is wanted, a number or a truth value in YAML is taken for one.
	var injection Injection
	if err := yaml.Unmarshal([]byte(rendered), &injection); err != nil {
		return nil, run.warnings, fmt.Errorf("what the template gives cannot be read: %w", err)
	}
	return &injection, run.warnings, nil
}

type run struct {
	data     *Data
	warnings []string
}

func (run *run) render(text string) (string, error) {
	parsed, err := template.New("inject").Funcs(run.functions()).Parse(text)
	if err != nil {
		return "", err
	}
	var rendered strings.Builder
	err = parsed.Execute(&rendered, run.data)
	return rendered.String(), err
}

// again renders a text with the same data: for settings that are templates.
func (run *run) again(text string) string {
	rendered, err := run.render(text)
	if err != nil {
		run.warn("render: %v", err)
		return ""
	}
	return rendered
}

func (run *run) warn(format string, arguments ...any) {
	run.warnings = append(run.warnings, fmt.Sprintf(format, arguments...))
}
