package main

import (
	"context"
	_ "embed"
	"fmt"
	"net"

	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/kwok/controllers"
	"sigs.k8s.io/kwok/pkg/utils/client"
)

// defaultStages says how nodes and pods move from one state to the next.
//
//go:embed stages.yaml
var defaultStages []byte

// prepareKwok understands the few flags of the kwok program that `up` uses, by the same names. It
// starts kwok's controllers and leaves out its own HTTP server (logs and exec of pods), which
// would be one more thing that listens.
func prepareKwok(args []string, _ net.Listener) (serve, error) {
	set := pflag.NewFlagSet(kwok, pflag.ContinueOnError)
	kubeconfig := set.String("kubeconfig", "", "kubeconfig file")
	stages := set.String("config", "", "file of Stage objects")
	all := set.Bool("manage-all-nodes", false, "play the part of every node")
	cidr := set.String("cidr", "10.244.0.0/16", "addresses of pods")
	nodeIP := set.String("node-ip", "192.0.2.1", "address of a node that has none")
	lease := set.Uint("node-lease-duration-seconds", 40, "how long a node's lease is good for")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		byKind, err := loadStages(ctx, *stages)
		if err != nil {
			return err
		}
		conf := controllers.Config{
			Clock: clock.RealClock{},
			// The holder of the nodes' leases. There is one kwok in a cluster; with a name made up at every
			// start, one that was restarted would first wait until its predecessor's leases run out.
			ID:                            kwok,
			ManageAllNodes:                *all,
			CIDR:                          *cidr,
			NodeIP:                        *nodeIP,
			LocalStages:                   byKind,
			NodeLeaseDurationSeconds:      *lease,
			PodPlayStageParallelism:       4,
			NodePlayStageParallelism:      4,
			NodeLeaseParallelism:          4,
			PodsOnNodeSyncParallelism:     1,
			EnablePodsOnNodeSyncListPager: true,
		}
		if err := connectKwok(&conf, *kubeconfig); err != nil {
			return err
		}
		controller, err := controllers.NewController(conf)
		if err != nil {
			return err
		}
		if err := controller.Start(ctx); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	}, nil
}

// loadStages reads Stage objects and groups them by the kind they are for.
func loadStages(ctx context.Context, file string) (map[internalversion.StageResourceRef][]*internalversion.Stage, error) {
	objects, err := config.Load(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("stages in %s: %w", file, err)
	}
	byKind := map[internalversion.StageResourceRef][]*internalversion.Stage{}
	for _, stage := range config.FilterWithType[*internalversion.Stage](objects) {
		byKind[stage.Spec.ResourceRef] = append(byKind[stage.Spec.ResourceRef], stage)
	}
	if len(byKind) == 0 {
		// Without any, kwok would look for Stage objects in the cluster, whose CRD is not installed.
		return nil, fmt.Errorf("no Stage objects in %s", file)
	}
	return byKind, nil
}

// connectKwok fills in the clients that kwok's controllers want.
func connectKwok(conf *controllers.Config, kubeconfig string) error {
	clients, err := client.NewClientset("", kubeconfig)
	if err != nil {
		return err
	}
	restConfig, err := clients.ToRESTConfig()
	if err != nil {
		return err
	}
	if conf.DynamicClient, err = clients.ToDynamicClient(); err != nil {
		return err
	}
	if conf.RESTMapper, err = clients.ToRESTMapper(); err != nil {
		return err
	}
	if conf.RESTClient, err = rest.RESTClientFor(restConfig); err != nil {
		return err
	}
	if conf.TypedClient, err = kubernetes.NewForConfig(restConfig); err != nil {
		return err
	}
	conf.ImpersonatingDynamicClient = clients.ToImpersonatingDynamicClient()
	conf.ImpersonatingTypedClient = clients.ToImpersonatingTypedClient()
	return nil
}
