package main

import (
	"strconv"
)

// etcdURL is a socket in etcd's working directory, which is the cluster's: a socket's whole path may
// be no longer than about 100 bytes, and nobody else on the machine can reach it there.
const (
	etcdURL     = "unix://etcd.sock"
	etcdPeerURL = "unix://etcd-peer.sock"
)

// commandLines gives every component its flags. They hold for the linked-in components and for the
// separate programs alike, so only flags that many versions know are used.
func commandLines(d directory, port int, programs map[string]program, extra map[string][]string) map[string][]string {
	pki := func(name string) string { return d.path("pki", name) }
	// Nobody scrapes the metrics of these two, so they listen nowhere.
	const nowhere = "--secure-port=0"
	lines := map[string][]string{
		etcd: {
			"--name=default",
			"--data-dir=" + d.path("etcd"),
			"--listen-client-urls=" + etcdURL,
			"--advertise-client-urls=" + etcdURL,
			"--listen-peer-urls=" + etcdPeerURL,
			"--initial-advertise-peer-urls=" + etcdPeerURL,
			"--initial-cluster=default=" + etcdPeerURL,
			"--unsafe-no-fsync", // a crash of the machine may lose data; nothing else does
			"--log-level=warn",
		},
		apiServer: {
			"--etcd-servers=" + etcdURL,
			"--bind-address=127.0.0.1",
			"--advertise-address=127.0.0.1",
			"--secure-port=" + strconv.Itoa(port),
			"--endpoint-reconciler-type=none", // 127.0.0.1 is not allowed in Endpoints
			"--service-cluster-ip-range=" + serviceCIDR,
			"--authorization-mode=Node,RBAC",
			"--allow-privileged=true",
			"--client-ca-file=" + pki("ca.crt"),
			"--tls-cert-file=" + pki("apiserver.crt"),
			"--tls-private-key-file=" + pki("apiserver.key"),
			"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
			"--service-account-key-file=" + pki("sa.pub"),
			"--service-account-signing-key-file=" + pki("sa.key"),
			"--profiling=false",
		},
		controllerManager: {
			"--kubeconfig=" + d.kubeconfigOf(controllerManager),
			nowhere,
			"--leader-elect=false",
			"--use-service-account-credentials",
			"--root-ca-file=" + pki("ca.crt"),
			"--service-account-private-key-file=" + pki("sa.key"),
			"--cluster-signing-cert-file=" + pki("ca.crt"),
			"--cluster-signing-key-file=" + pki("ca.key"),
			"--flex-volume-plugin-dir=" + d.path("flexvolume"), // it is made; the default is in /usr
			// The defaults keep a shared API server from harm; here they would only make tests wait.
			"--kube-api-qps=500",
			"--kube-api-burst=1000",
		},
		scheduler: {
			"--kubeconfig=" + d.kubeconfigOf(scheduler),
			nowhere,
			"--leader-elect=false",
			"--kube-api-qps=500",
			"--kube-api-burst=1000",
		},
		kwok: {
			"--kubeconfig=" + d.kubeconfigOf(kwok),
			"--config=" + d.path("stages.yaml"),
			"--manage-all-nodes=true",
			"--cidr=10.244.0.0/16",
			"--node-ip=" + nodeAddress(0),
			"--node-lease-duration-seconds=40",
		},
	}
	// Old versions also listen without TLS if they are not told otherwise; the flags went away later.
	for component, flag := range map[string]string{
		apiServer:         "--insecure-port=0",
		controllerManager: "--port=0",
		scheduler:         "--port=0",
	} {
		if minor := programs[component].minor; minor != 0 && minor < 20 {
			lines[component] = append(lines[component], flag)
		}
	}
	for component, flags := range extra {
		lines[component] = append(lines[component], flags...)
	}
	return lines
}
