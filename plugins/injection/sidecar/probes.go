package sidecar

import (
	"encoding/json"
	"strconv"

	"meshhost.dev/injection/kube"
	"meshhost.dev/injection/template"
)

// rewriteProbes sends the HTTP probes of the application through the agent beside the proxy, which knows from an
// environment variable where they went: a kubelet has no certificate for mutual TLS.
func rewriteProbes(of *kube.ObjectMeta, spec *kube.PodSpec, injection *template.Injection) error {
	wanted := injection.RewriteAppHTTPProbe
	if said, err := strconv.ParseBool(of.Annotations[annotationRewrite]); err == nil {
		wanted = said
	}
	proxy := proxy(spec.Containers)
	if !wanted || proxy == nil {
		return nil
	}
	port, ok := number(statusPortFlag, proxy.Args)
	if !ok || port == -1 {
		return nil
	}
	before := map[string]*kube.HTTPGetAction{}
	each(spec, func(container *kube.Container, path string, probe *kube.HTTPGetAction) {
		if probe.Port.IsName {
			number, named := portNamed(container, probe.Port.Name)
			if !named {
				return
			}
			probe.Port = kube.IntOrString{Number: number}
		}
		copy := *probe
		before[path] = &copy
	})
	// The agent reads it as JSON, in which `<` may be escaped.
	text, err := json.Marshal(before)
	if err != nil {
		return err
	}
	proxy.Env = append(proxy.Env, kube.EnvVar{Name: "ISTIO_KUBE_APP_PROBERS", Value: string(text)})
	each(spec, func(_ *kube.Container, path string, probe *kube.HTTPGetAction) {
		probe.Path = path
		probe.Port = kube.IntOrString{Number: int32(port)}
		if probe.Scheme == "HTTPS" {
			probe.Scheme = "HTTP"
		}
	})
	return nil
}

// each calls with every HTTP probe for readiness and liveness of the application, and with its path at the agent.
func each(spec *kube.PodSpec, call func(container *kube.Container, path string, probe *kube.HTTPGetAction)) {
	for i := range spec.Containers {
		container := &spec.Containers[i]
		if container.Name == proxyName {
			continue
		}
		for kind, probe := range map[string]*kube.Probe{"readyz": container.ReadinessProbe, "livez": container.LivenessProbe} {
			if probe != nil && probe.HTTPGet != nil {
				call(container, "/app-health/"+container.Name+"/"+kind, probe.HTTPGet)
			}
		}
	}
}

func portNamed(container *kube.Container, name string) (int32, bool) {
	found, ok := int32(0), false
	for _, port := range container.Ports {
		if port.Name != "" && port.Name == name {
			found, ok = port.ContainerPort, true
		}
	}
	return found, ok
}
