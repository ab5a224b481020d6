// Command control-plane is a whole Kubernetes control plane in one program: etcd, kube-apiserver,
// kube-controller-manager, kube-scheduler, and kwok, which plays the part of the nodes so that
// pods become Ready without a container runtime.
//
//	control-plane up [flags]          start a cluster, print one line of JSON when it is ready, serve until told to stop
//	control-plane selftest [flags]    create workloads on a running cluster and see them become ready and go away
//	control-plane kubectl COMMAND     kubectl of the same version, which KUBECONFIG tells the cluster
//	control-plane COMPONENT [flags]   run one component with its own usual flags (how `up --processes` starts them)
//	control-plane version             the Kubernetes version that is linked in
//
// Build it with (VERSION is the version of k8s.io/kubernetes in go.mod; without it the API server
// would tell its clients that it is v0.0.0):
//
//	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=VERSION" .
//
// Nothing here listens on anything but 127.0.0.1 and sockets inside the cluster's own directory.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"k8s.io/component-base/version"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(console, "control-plane:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	usage := "usage: control-plane up|selftest|kubectl|version|" + strings.Join(componentNames, "|") + " [flags]"
	if len(args) == 0 {
		return errors.New(usage)
	}
	if !strings.HasPrefix(version.Get().GitVersion, "v"+version.DefaultKubeBinaryVersion+".") {
		return errors.New("built without -ldflags \"-X k8s.io/component-base/version.gitVersion=...\"; see the top of main.go")
	}
	name, rest := args[0], args[1:]
	switch name {
	case "version":
		fmt.Println(version.Get().GitVersion)
		return nil
	case "up":
		return up(rest)
	case "selftest":
		return selftest(untilSignal(), rest)
	case "kubectl":
		kubectl(rest)
		return nil
	}
	prepare, ok := builtin[name]
	if !ok {
		return fmt.Errorf("unknown command %q\n%s", name, usage)
	}
	if len(rest) == 1 && rest[0] == "--version" && strings.HasPrefix(name, "kube-") {
		fmt.Println("Kubernetes", version.Get().GitVersion) // as the program of that name says it
		return nil
	}
	serve, err := prepare(rest, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	ctx, cancel := context.WithCancel(untilSignal())
	go whenStdinCloses(cancel)
	return serve(ctx)
}

// untilSignal is done at the first SIGINT or SIGTERM; the second one ends the process at once.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(130)
	}()
	return ctx
}
