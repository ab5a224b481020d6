package main

import (
	"context"
	"net"
	"sync"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/compatibility"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client metrics in /metrics, as in the separate programs
	_ "k8s.io/component-base/metrics/prometheus/version"  // kubernetes_build_info in /metrics
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	apiserveroptions "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kcmoptions "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	sched "k8s.io/kubernetes/cmd/kube-scheduler/app"
	schedoptions "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
)

// The components' ready-made commands (NewAPIServerCommand and so on) cannot be used side by side:
// each wants to install the process's signal handler, which may happen once. What they do between
// parsing flags and running is therefore done here.

func prepareAPIServer(args []string, listener net.Listener) (serve, error) {
	options := apiserveroptions.NewServerRunOptions()
	registry := options.GenericServerRunOptions.ComponentGlobalsRegistry
	if err := parse(apiServer, options.Flags(), registry, options.Logs, args); err != nil {
		return nil, err
	}
	options.SecureServing.Listener = listener
	return func(ctx context.Context) error {
		completed, err := options.Complete(ctx)
		if err != nil {
			return err
		}
		if errs := completed.Validate(); len(errs) != 0 {
			return utilerrors.NewAggregate(errs)
		}
		return apiserver.Run(ctx, completed)
	}, nil
}

func prepareControllerManager(args []string, _ net.Listener) (serve, error) {
	options, err := kcmoptions.NewKubeControllerManagerOptions()
	if err != nil {
		return nil, err
	}
	known, disabled, aliases := kcm.KnownControllers(), kcm.ControllersDisabledByDefault(), kcm.ControllerAliases()
	sets := options.Flags(known, disabled, aliases)
	options.ParsedFlags = &sets
	if err := parse(controllerManager, sets, options.ComponentGlobalsRegistry, options.Logs, args); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		config, err := options.Config(ctx, known, disabled, aliases)
		if err != nil {
			return err
		}
		return kcm.Run(ctx, config.Complete())
	}, nil
}

func prepareScheduler(args []string, _ net.Listener) (serve, error) {
	options := schedoptions.NewOptions()
	if err := parse(scheduler, *options.Flags, options.ComponentGlobalsRegistry, options.Logs, args); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		config, s, err := sched.Setup(ctx, options)
		if err != nil {
			return err
		}
		return sched.Run(ctx, config, s)
	}, nil
}

// logging may be set up once in a process; the components would each do it.
var logging sync.Once

// parse reads one component's command line and applies what is global: feature gates and logging.
func parse(name string, sets cliflag.NamedFlagSets, registry compatibility.ComponentGlobalsRegistry, log *logs.Options, args []string) (err error) {
	all := pflag.NewFlagSet(name, pflag.ContinueOnError)
	for _, set := range sets.FlagSets {
		all.AddFlagSet(set)
	}
	if err := all.Parse(args); err != nil {
		return err
	}
	if err := registry.Set(); err != nil {
		return err
	}
	// The components use deprecated APIs on purpose; warnings about them would drown the log.
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	logging.Do(func() {
		err = logsapi.ValidateAndApply(log, registry.FeatureGateFor(compatibility.DefaultKubeComponent))
	})
	return err
}
