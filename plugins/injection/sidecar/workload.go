package sidecar

import "meshhost.dev/injection/kube"

// workload is an object with pods, typed.
type workload struct {
	typed any
	kind  *kube.TypeMeta
	owner *kube.ObjectMeta
	// marked is where annotations are read and written. For a CronJob that is its jobs, not their pods, as in Istio 1.4.
	marked      *kube.ObjectMeta
	markedPlace string
	// pod is the metadata that pods are made with.
	pod       *kube.ObjectMeta
	spec      *kube.PodSpec
	specPlace string
}

// workloadOf is an empty object of a kind, nil when the kind has no pods. The kind alone decides, as in Istio 1.4: a
// Deployment is one in every API group and version.
func workloadOf(kind string) *workload {
	template := func(typed any, kind *kube.TypeMeta, owner *kube.ObjectMeta, of *kube.PodTemplateSpec) *workload {
		return &workload{
			typed: typed, kind: kind, owner: owner,
			marked: &of.ObjectMeta, markedPlace: "spec.template.metadata",
			pod: &of.ObjectMeta, spec: &of.Spec, specPlace: "spec.template.spec",
		}
	}
	switch kind {
	case "Pod":
		of := &kube.Pod{}
		return &workload{
			typed: of, kind: &of.TypeMeta, owner: &of.ObjectMeta,
			marked: &of.ObjectMeta, markedPlace: "metadata",
			pod: &of.ObjectMeta, spec: &of.Spec, specPlace: "spec",
		}
	case "CronJob":
		of := &kube.CronJob{}
		jobs := &of.Spec.JobTemplate
		return &workload{
			typed: of, kind: &of.TypeMeta, owner: &of.ObjectMeta,
			marked: &jobs.ObjectMeta, markedPlace: "spec.jobTemplate.metadata",
			pod: &jobs.Spec.Template.ObjectMeta, spec: &jobs.Spec.Template.Spec,
			specPlace: "spec.jobTemplate.spec.template.spec",
		}
	case "Deployment":
		of := &kube.Deployment{}
		return template(of, &of.TypeMeta, &of.ObjectMeta, &of.Spec.Template)
	case "DaemonSet":
		of := &kube.DaemonSet{}
		return template(of, &of.TypeMeta, &of.ObjectMeta, &of.Spec.Template)
	case "ReplicaSet":
		of := &kube.ReplicaSet{}
		return template(of, &of.TypeMeta, &of.ObjectMeta, &of.Spec.Template)
	case "StatefulSet":
		of := &kube.StatefulSet{}
		return template(of, &of.TypeMeta, &of.ObjectMeta, &of.Spec.Template)
	case "Job":
		of := &kube.Job{}
		return template(of, &of.TypeMeta, &of.ObjectMeta, &of.Spec.Template)
	case "ReplicationController":
		of := &kube.ReplicationController{}
		of.Spec.Template = &kube.PodTemplateSpec{}
		return template(of, &of.TypeMeta, &of.ObjectMeta, of.Spec.Template)
	case "DeploymentConfig":
		of := &kube.DeploymentConfig{}
		of.Spec.Template = &kube.PodTemplateSpec{}
		return template(of, &of.TypeMeta, &of.ObjectMeta, of.Spec.Template)
	}
	return nil
}
