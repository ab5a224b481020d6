package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// poll is how often a condition is looked at while somebody waits for the cluster.
const poll = 25 * time.Millisecond

// connect makes a client from a kubeconfig file. It does not wait between requests.
func connect(kubeconfig string) (*kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	config.UserAgent = "meshhost-control-plane"
	return kubernetes.NewForConfig(config)
}

// waitFor polls until what returns nil, and says the last reason when ctx ends first.
func waitFor(ctx context.Context, goal string, what func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
		// One request may hang in a server that is starting or stopping; the next one will not.
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		last = what(ctx)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("waiting until %s: %w (last: %v)", goal, errors.Join(context.Cause(ctx)), last)
	}
	return nil
}

// waitAPIServer waits until the API server says that it is ready, which includes that the roles
// that the other components need have been made.
func waitAPIServer(ctx context.Context, client kubernetes.Interface) error {
	return waitFor(ctx, "the API server is ready", func(ctx context.Context) error {
		return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

// nodeAddress is the address of the nth node (from 0), in the block that RFC 2544 sets aside for
// benchmarks: a loopback address would not be accepted in an EndpointSlice, and any other could be
// somebody's.
func nodeAddress(n int) string {
	return netip.AddrFrom4([4]byte{198, byte(18 + n>>16), byte((n + 1) >> 8), byte(n + 1)}).String()
}

const maxNodes = 5000

// createNodes makes node-1 to node-N. kwok says of them that they are Ready.
func createNodes(ctx context.Context, client kubernetes.Interface, count int, version string) error {
	size := corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("64"),
		corev1.ResourceMemory:           resource.MustParse("256Gi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("1Ti"),
		corev1.ResourcePods:             resource.MustParse("10k"),
	}
	for n := range count {
		name := fmt.Sprintf("node-%d", n+1)
		_, err := client.CoreV1().Nodes().Create(ctx, &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
				corev1.LabelHostname:   name,
				corev1.LabelOSStable:   "linux",
				corev1.LabelArchStable: "amd64",
			}},
			Status: corev1.NodeStatus{
				Capacity:    size,
				Allocatable: size,
				Addresses: []corev1.NodeAddress{
					{Type: corev1.NodeInternalIP, Address: nodeAddress(n)},
					{Type: corev1.NodeHostName, Address: name},
				},
				NodeInfo: corev1.NodeSystemInfo{
					OperatingSystem:         "linux",
					Architecture:            "amd64",
					KubeletVersion:          version,
					ContainerRuntimeVersion: "kwok://",
				},
			},
		}, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("node %s: %w", name, err)
		}
	}
	return nil
}

// waitCluster waits until workloads can be created without a retry: nodes are Ready, and every
// namespace has what the controller manager puts into it: a service account and, if rootCA is set,
// the certificate of the cluster's authority (since Kubernetes 1.20).
func waitCluster(ctx context.Context, client kubernetes.Interface, nodes int, rootCA bool) error {
	err := waitFor(ctx, "every namespace has its service account", func(ctx context.Context) error {
		for _, namespace := range []string{"default", "kube-system", "kube-public", "kube-node-lease"} {
			if _, err := client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{}); err != nil {
				return err
			}
			if !rootCA {
				continue
			}
			if _, err := client.CoreV1().ConfigMaps(namespace).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return waitFor(ctx, "all nodes are ready", func(ctx context.Context) error {
		list, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		ready := 0
		for _, node := range list.Items {
			for _, condition := range node.Status.Conditions {
				// New nodes carry this taint until the controller manager has seen that they are ready.
				if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue && len(node.Spec.Taints) == 0 {
					ready++
				}
			}
		}
		if ready < nodes {
			return fmt.Errorf("%d of %d nodes are ready", ready, nodes)
		}
		return nil
	})
}
