package main

import (
	"context"
	"net"
)

// The components by their usual program names, in the order in which they are started.
const (
	etcd              = "etcd"
	apiServer         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	scheduler         = "kube-scheduler"
	kwok              = "kwok"
)

var componentNames = []string{etcd, apiServer, controllerManager, scheduler, kwok}

// serve runs one component until ctx is done or the component fails.
type serve func(ctx context.Context) error

// builtin has, for each component, what turns its command line into something that runs.
//
// Preparing reads flags and touches what the components share when they are linked into one
// program (feature gates above all), so components are prepared one after the other and only then
// run side by side. Only the API server uses listener: an already bound socket, or nil for "bind
// what the flags say".
var builtin = map[string]func(args []string, listener net.Listener) (serve, error){
	etcd:              prepareEtcd,
	apiServer:         prepareAPIServer,
	controllerManager: prepareControllerManager,
	scheduler:         prepareScheduler,
	kwok:              prepareKwok,
}
