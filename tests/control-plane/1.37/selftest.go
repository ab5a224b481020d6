package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

const (
	testNamespace = "selftest"
	testName      = "selftest"
)

// selftest sees that a cluster does what the tests of an installer need: Deployments become
// available, Jobs complete, every node gets its pod of a DaemonSet in kube-system, and what is
// deleted goes away with all that hangs on it. It leaves nothing behind.
func selftest(ctx context.Context, args []string) error {
	set := pflag.NewFlagSet("control-plane selftest", pflag.ContinueOnError)
	kubeconfig := set.String("kubeconfig", "", "kubeconfig file of the cluster")
	timeout := set.Duration("timeout", time.Minute, "how long it may take altogether")
	if err := set.Parse(args); err != nil {
		return err
	}
	if *kubeconfig == "" {
		return errors.New("selftest: --kubeconfig is required")
	}
	client, err := connect(*kubeconfig)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, *timeout, fmt.Errorf("not done after %s", *timeout))
	defer cancel()
	for _, step := range []struct {
		name string
		run  func(context.Context, kubernetes.Interface) error
	}{
		{"create a Deployment of 3, a Job, and a DaemonSet in kube-system", createWorkloads},
		{"the Deployment is available", waitDeployment},
		{"the Job is complete", waitJob},
		{"the DaemonSet is ready on every node", waitDaemonSet},
		{"what is deleted goes away", deleteWorkloads},
	} {
		began := time.Now()
		if err := step.run(ctx, client); err != nil {
			return fmt.Errorf("selftest: %s: %w", step.name, err)
		}
		fmt.Printf("ok: %s (%.1f s)\n", step.name, time.Since(began).Seconds())
	}
	return nil
}

func createWorkloads(ctx context.Context, client kubernetes.Interface) error {
	meta := metav1.ObjectMeta{Name: testName, Labels: map[string]string{"app": testName}}
	selector := &metav1.LabelSelector{MatchLabels: meta.Labels}
	privileged := true // as the CNI pieces of a mesh are
	pod := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: meta.Labels},
		Spec: corev1.PodSpec{
			InitContainers: []corev1.Container{{Name: "init", Image: "example.invalid/init"}},
			Containers: []corev1.Container{{
				Name: "main", Image: "example.invalid/main",
				SecurityContext: &corev1.SecurityContext{Privileged: &privileged},
			}},
		},
	}
	once := *pod.DeepCopy()
	once.Spec.RestartPolicy = corev1.RestartPolicyNever
	everywhere := *pod.DeepCopy()
	everywhere.Spec.HostNetwork = true
	replicas := int32(3)

	options := metav1.CreateOptions{}
	_, err := client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: testNamespace}}, options)
	if err != nil {
		return err
	}
	_, err = client.AppsV1().Deployments(testNamespace).Create(ctx, &appsv1.Deployment{
		ObjectMeta: meta,
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas, Selector: selector, Template: pod},
	}, options)
	if err != nil {
		return err
	}
	_, err = client.BatchV1().Jobs(testNamespace).Create(ctx, &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: testName},
		Spec:       batchv1.JobSpec{Template: once},
	}, options)
	if err != nil {
		return err
	}
	_, err = client.AppsV1().DaemonSets("kube-system").Create(ctx, &appsv1.DaemonSet{
		ObjectMeta: meta,
		Spec:       appsv1.DaemonSetSpec{Selector: selector, Template: everywhere},
	}, options)
	return err
}

func waitDeployment(ctx context.Context, client kubernetes.Interface) error {
	return waitFor(ctx, "3 replicas are available", func(ctx context.Context) error {
		d, err := client.AppsV1().Deployments(testNamespace).Get(ctx, testName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if d.Status.ObservedGeneration < d.Generation || d.Status.AvailableReplicas != 3 {
			return fmt.Errorf("%d are", d.Status.AvailableReplicas)
		}
		return nil
	})
}

func waitJob(ctx context.Context, client kubernetes.Interface) error {
	return waitFor(ctx, "it has the condition Complete", func(ctx context.Context) error {
		job, err := client.BatchV1().Jobs(testNamespace).Get(ctx, testName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range job.Status.Conditions {
			if condition.Type == batchv1.JobComplete && condition.Status == corev1.ConditionTrue {
				return nil
			}
		}
		return fmt.Errorf("conditions: %v", job.Status.Conditions)
	})
}

func waitDaemonSet(ctx context.Context, client kubernetes.Interface) error {
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	return waitFor(ctx, fmt.Sprintf("%d pods are ready", len(nodes.Items)), func(ctx context.Context) error {
		d, err := client.AppsV1().DaemonSets("kube-system").Get(ctx, testName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if d.Status.ObservedGeneration < d.Generation || int(d.Status.NumberReady) != len(nodes.Items) {
			return fmt.Errorf("%d are", d.Status.NumberReady)
		}
		return nil
	})
}

func deleteWorkloads(ctx context.Context, client kubernetes.Interface) error {
	background := metav1.DeletePropagationBackground
	options := metav1.DeleteOptions{PropagationPolicy: &background} // a Job's default would leave its pods
	if err := client.AppsV1().DaemonSets("kube-system").Delete(ctx, testName, options); err != nil {
		return err
	}
	if err := client.AppsV1().Deployments(testNamespace).Delete(ctx, testName, options); err != nil {
		return err
	}
	if err := client.BatchV1().Jobs(testNamespace).Delete(ctx, testName, options); err != nil {
		return err
	}
	err := waitFor(ctx, "its pods are gone", func(ctx context.Context) error {
		pods, err := client.CoreV1().Pods("").List(ctx, metav1.ListOptions{LabelSelector: "app=" + testName})
		if err == nil && len(pods.Items) != 0 {
			err = fmt.Errorf("%d pods are left", len(pods.Items))
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := client.CoreV1().Namespaces().Delete(ctx, testNamespace, metav1.DeleteOptions{}); err != nil {
		return err
	}
	return waitFor(ctx, "the namespace is gone", func(ctx context.Context) error {
		_, err := client.CoreV1().Namespaces().Get(ctx, testNamespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(err, errors.New("it is left"))
	})
}
