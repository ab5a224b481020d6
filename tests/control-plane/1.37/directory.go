package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// directory is where one cluster keeps its files:
//
//	lock              held (flock) for as long as the cluster runs, which is how others see that it
//	                  does; holds the process id
//	cluster.json      the line that `up` prints when the cluster is ready
//	kubeconfig        for the administrator
//	pki/              certificates, keys and the components' own kubeconfigs
//	stages.yaml       how kwok moves nodes and pods along
//	etcd/, etcd.sock  etcd's data and the socket it listens on
//	*.log             what the components say
type directory string

func (d directory) path(elem ...string) string {
	return filepath.Join(append([]string{string(d)}, elem...)...)
}

func (d directory) kubeconfig() string { return d.path("kubeconfig") }

// openDirectory makes the directory if needed and takes its lock, which the caller keeps open.
func openDirectory(name string) (directory, *os.File, error) {
	absolute, err := filepath.Abs(name)
	if err != nil {
		return "", nil, err
	}
	d := directory(absolute)
	if err := os.MkdirAll(d.path("pki"), 0o700); err != nil {
		return "", nil, err
	}
	lock, err := os.OpenFile(d.path("lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return "", nil, fmt.Errorf("a cluster is running in %s already (%s is locked)", d, lock.Name())
	}
	if err := os.WriteFile(lock.Name(), fmt.Appendln(nil, os.Getpid()), 0o600); err != nil {
		return "", nil, err
	}
	if _, err := os.Stat(d.path("etcd")); err == nil {
		return "", nil, fmt.Errorf("%s holds the data of an earlier cluster: remove the directory or name another", d)
	}
	return d, lock, nil
}

// serviceIP is what the Service default/kubernetes gets: the first address of serviceCIDR.
const (
	serviceCIDR = "10.96.0.0/16"
	serviceIP   = "10.96.0.1"
)

// fill writes the certificates, the kubeconfigs and the stages.
func (d directory) fill(server string, stages []byte) error {
	if err := os.WriteFile(d.path("stages.yaml"), stages, 0o644); err != nil {
		return err
	}
	ca, id, err := newAuthority("meshhost-local-cluster")
	if err != nil {
		return err
	}
	if err := id.write(d.path("pki", "ca.crt"), d.path("pki", "ca.key")); err != nil {
		return err
	}
	id, err = ca.server(apiServer, "127.0.0.1", "localhost", serviceIP, "kubernetes", "kubernetes.default",
		"kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
	if err != nil {
		return err
	}
	if err := id.write(d.path("pki", "apiserver.crt"), d.path("pki", "apiserver.key")); err != nil {
		return err
	}
	if err := writeServiceAccountKey(d.path("pki", "sa.key"), d.path("pki", "sa.pub")); err != nil {
		return err
	}
	// The bootstrap RBAC rules know the controller manager and the scheduler by these names, and
	// system:masters as those who may do anything.
	for _, user := range []struct {
		name   string
		groups []string
		file   string
	}{
		{"meshhost-admin", []string{"system:masters"}, d.kubeconfig()},
		{"system:kube-controller-manager", nil, d.kubeconfigOf(controllerManager)},
		{"system:kube-scheduler", nil, d.kubeconfigOf(scheduler)},
		{"system:kwok-controller", []string{"system:masters"}, d.kubeconfigOf(kwok)},
	} {
		id, err := ca.client(user.name, user.groups...)
		if err != nil {
			return err
		}
		if err := writeKubeconfig(user.file, server, user.name, ca.pem, id); err != nil {
			return err
		}
	}
	return nil
}

// kubeconfigOf is the kubeconfig of a component.
func (d directory) kubeconfigOf(component string) string {
	return d.path("pki", component+".kubeconfig")
}

// writeKubeconfig writes a kubeconfig that needs no other file.
func writeKubeconfig(file, server, user string, ca []byte, id identity) error {
	const cluster = "meshhost-local"
	config := clientcmdapi.NewConfig()
	config.Clusters[cluster] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{ClientCertificateData: id.certificate, ClientKeyData: id.key}
	config.Contexts[cluster] = &clientcmdapi.Context{Cluster: cluster, AuthInfo: user}
	config.CurrentContext = cluster
	return clientcmd.WriteToFile(*config, file)
}
