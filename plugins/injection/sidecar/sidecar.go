// Package sidecar puts into a workload what Istio 1.4 puts there: what its template gives, and what its injector adds to
// that. It owns the rules of that injector and must not know where objects and configuration come from.
package sidecar

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	api "istio.io/api/mesh/v1alpha1"
	"meshhost.dev/injection/kube"
	"meshhost.dev/injection/template"
	"meshhost.dev/piece"
	"meshhost.dev/piece/inject"
)

const (
	proxyName = template.ProxyContainer
	labelTLS  = "security.istio.io/tlsMode"
)

// Injector is a mesh's injector.
type Injector struct {
	Policy Policy
	Values map[string]any
	Mesh   *api.MeshConfig
	// SkipOptedOut leaves pods alone that the webhook passes over.
	SkipOptedOut bool
}

// Inject gives what becomes of one object.
func (injector *Injector) Inject(text string) inject.Outcome {
	work := &work{}
	if injected := injector.inject(text, work); injected != "" && len(work.outcome.Problems) == 0 {
		work.outcome.Injected = &injected
	}
	return work.outcome
}

// work is on one object.
type work struct{ outcome inject.Outcome }

func (work *work) refuse(place, message string) {
	work.outcome.Problems = append(work.outcome.Problems, piece.Problem{Path: place, Message: message})
}

func (work *work) say(severity piece.Severity, place, message string) {
	diagnostic := piece.Diagnostic{Severity: severity, Message: message}
	if place != "" {
		diagnostic.Path = &place
	}
	work.outcome.Diagnostics = append(work.outcome.Diagnostics, diagnostic)
}

func (work *work) note(place, message string) { work.say(piece.Note, place, message) }
func (work *work) warn(place, message string) { work.say(piece.Warning, place, message) }

func (injector *Injector) inject(text string, work *work) string {
	object, err := kube.Parse(text)
	if err != nil {
		work.refuse("", err.Error())
		return ""
	}
	kind, _ := object["kind"].(string)
	workload := workloadOf(kind)
	if workload == nil {
		return ""
	}
	if wrong := kube.Read(object, workload.typed); len(wrong) > 0 {
		for _, one := range wrong {
			work.refuse(one.Place, one.Message)
		}
		return ""
	}
	if injector.passesOver(workload, work) {
		return ""
	}
	work.checkAnnotations(workload.marked, workload.markedPlace)
	if policy := workload.spec.DNSPolicy; policy != "" && policy != "ClusterFirst" {
		work.warn(workload.specPlace+".dnsPolicy", "with "+policy+" the sidecar may not find the control plane by its name")
	}
	if len(work.outcome.Problems) > 0 {
		return ""
	}
	if err := injector.add(workload, work); err != nil {
		work.refuse("", err.Error())
		return ""
	}
	written, err := kube.Write(workload.typed, object)
	if err != nil {
		work.refuse("", err.Error())
	}
	return written
}

// passesOver is whether a workload stays as it is, and says why.
func (injector *Injector) passesOver(of *workload, work *work) bool {
	switch {
	case of.spec.HostNetwork:
		work.note("", "is not injected: its pods are on the network of their hosts, whose traffic the sidecar would take over")
		return true
	case len(of.spec.Containers) > 1 && slices.ContainsFunc(of.spec.Containers, isProxy):
		work.note("", "is not injected: it has a container "+proxyName+" already")
		return true
	}
	if why := injector.Policy.optedOut(of.pod, of.owner.Namespace); why != "" {
		if injector.SkipOptedOut {
			work.note("", "is not injected: "+why)
			return true
		}
		work.note("", "is injected, though the webhook would pass over it: "+why)
	}
	return false
}

func isProxy(container kube.Container) bool { return container.Name == proxyName }

func (injector *Injector) add(to *workload, work *work) error {
	injection, warnings, err := template.Run(injector.Policy.Template, &template.Data{
		TypeMeta: to.kind, DeploymentMeta: to.owner,
		ObjectMeta: to.marked, Spec: to.spec,
		ProxyConfig: injector.Mesh.DefaultConfig, MeshConfig: injector.Mesh,
		Values: injector.Values,
	})
	for _, warning := range warnings {
		work.warn("", warning)
	}
	if err != nil {
		return err
	}
	if proxy := proxy(injection.Containers); proxy != nil {
		setConcurrency(proxy)
	}
	status, err := injector.status(injection)
	if err != nil {
		return err
	}
	spec := to.spec
	spec.InitContainers = append(spec.InitContainers, injection.InitContainers...)
	spec.Containers = append(spec.Containers, injection.Containers...)
	spec.Volumes = append(spec.Volumes, injection.Volumes...)
	if spec.DNSConfig != nil {
		work.warn(to.specPlace+".dnsConfig", "goes away, as in Istio 1.4: only the mesh's own global.podDNSSearchNamespaces count")
	}
	spec.DNSConfig = injection.DNSConfig
	if err := rewriteProbes(to.marked, spec, injection); err != nil {
		return err
	}
	if injector.Mesh.SdsUdsPath != "" {
		if spec.SecurityContext != nil {
			work.warn(to.specPlace+".securityContext", "is replaced, as in Istio 1.4: with secret discovery it is fsGroup 1337")
		}
		group := int64(1337) // the token of the service account is readable for root and this group only
		spec.SecurityContext = &kube.PodSecurityContext{FSGroup: &group}
	}
	mark(to.marked, injection.PodRedirectAnnot, status)
	return nil
}

// mark writes what the CNI plug-in, the webhook and pilot read from the pod.
func mark(of *kube.ObjectMeta, redirection map[string]string, status string) {
	if of.Annotations == nil {
		of.Annotations = map[string]string{}
	}
	for name, value := range redirection {
		if _, known := annotations[name]; known && value != "" {
			of.Annotations[name] = value
		}
	}
	of.Annotations[annotationStatus] = status
	if of.Labels[labelTLS] == "" {
		if of.Labels == nil {
			of.Labels = map[string]string{}
		}
		of.Labels[labelTLS] = "istio"
	}
}

// status names what was added, and the template that said so.
func (injector *Injector) status(of *template.Injection) (string, error) {
	version := sha256.Sum256([]byte(injector.Policy.Template))
	var status struct {
		Version          string   `json:"version"`
		InitContainers   []string `json:"initContainers"`
		Containers       []string `json:"containers"`
		Volumes          []string `json:"volumes"`
		ImagePullSecrets []string `json:"imagePullSecrets"`
	}
	status.Version = hex.EncodeToString(version[:])
	for _, one := range of.InitContainers {
		status.InitContainers = append(status.InitContainers, one.Name)
	}
	for _, one := range of.Containers {
		status.Containers = append(status.Containers, one.Name)
	}
	for _, one := range of.Volumes {
		status.Volumes = append(status.Volumes, one.Name)
	}
	for _, one := range of.ImagePullSecrets {
		status.ImagePullSecrets = append(status.ImagePullSecrets, one.Name)
	}
	text, err := json.Marshal(status)
	if err != nil {
		return "", fmt.Errorf("the status cannot be written: %w", err)
	}
	return string(text), nil
}
