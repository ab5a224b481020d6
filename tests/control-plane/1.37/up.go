package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"
)

// cluster is what `up` prints, and keeps in cluster.json, when the cluster is ready.
type cluster struct {
	Kubeconfig string         `json:"kubeconfig"`
	Server     string         `json:"server"`
	Ports      map[string]int `json:"ports"`
	Pid        int            `json:"pid"`
	Pids       map[string]int `json:"pids"` // components that run as processes of their own
	Directory  string         `json:"directory"`
	Version    string         `json:"version"`
	Nodes      int            `json:"nodes"`
	ReadyAfter int64          `json:"readyAfterMilliseconds"`
}

type upOptions struct {
	dir       string
	nodes     int
	port      int
	processes bool
	held      bool
	detached  bool
	assets    string
	stages    string
	args      []string
	timeout   time.Duration
}

func parseUp(args []string) (upOptions, error) {
	var o upOptions
	set := pflag.NewFlagSet("control-plane up", pflag.ContinueOnError)
	set.StringVar(&o.dir, "dir", "", "directory of the cluster, new or empty (default: a temporary one, removed at the end)")
	set.IntVar(&o.nodes, "nodes", 3, "how many nodes")
	set.IntVar(&o.port, "port", 0, "port of the API server on 127.0.0.1; 0 takes a free one")
	set.BoolVar(&o.processes, "processes", false, "run each component as a process of its own, so that it can be stopped and started by requests on standard input")
	set.BoolVar(&o.held, "until-stdin-closes", false, "take requests from standard input, and end when it closes")
	set.BoolVar(&o.detached, "detached", false, "go on when the terminal closes")
	set.StringVar(&o.assets, "assets", os.Getenv("KUBEBUILDER_ASSETS"), "folder of programs to use instead of the built-in components of the same names (default: $KUBEBUILDER_ASSETS)")
	set.StringVar(&o.stages, "stages", "", "file of kwok's Stage objects to use instead of the built-in ones")
	set.StringArrayVar(&o.args, "arg", nil, "COMPONENT=FLAG: one more flag for a component, for example kube-apiserver=--v=2 (repeatable)")
	set.DurationVar(&o.timeout, "timeout", 2*time.Minute, "how long the cluster may take to become ready")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	switch {
	case set.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", set.Arg(0))
	case o.nodes < 0 || o.nodes > maxNodes:
		return o, fmt.Errorf("--nodes=%d: from 0 to %d", o.nodes, maxNodes)
	case o.detached && o.held:
		return o, errors.New("--detached and --until-stdin-closes exclude each other")
	}
	return o, nil
}

func up(args []string) (err error) {
	began := time.Now()
	o, err := parseUp(args)
	if err != nil {
		return err
	}
	if o.detached {
		signal.Ignore(syscall.SIGHUP)
	}
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "control-plane-"); err != nil {
			return err
		}
		defer os.RemoveAll(o.dir)
	}
	s, client, server, err := prepareCluster(o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(untilSignal())
	defer cancel()
	if o.held {
		go s.control(ctx, os.Stdin, json.NewEncoder(os.Stdout), cancel)
	}
	defer s.endAll()
	starting, stop := context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("not ready after %s", o.timeout))
	defer stop()
	version, err := s.bringUp(starting, client, o.nodes)
	if err != nil {
		if ctx.Err() != nil {
			return nil // told to stop while starting
		}
		return err
	}
	about := cluster{
		Kubeconfig: s.dir.kubeconfig(),
		Server:     "https://" + server,
		Ports:      map[string]int{apiServer: s.listener.Addr().(*net.TCPAddr).Port},
		Pid:        os.Getpid(),
		Pids:       s.pids(),
		Directory:  string(s.dir),
		Version:    version,
		Nodes:      o.nodes,
		ReadyAfter: time.Since(began).Milliseconds(),
	}
	if err := about.publish(s.dir); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return err
	}
}

// prepareCluster does everything that comes before the first component starts.
func prepareCluster(o upOptions) (*supervisor, kubernetes.Interface, string, error) {
	fail := func(err error) (*supervisor, kubernetes.Interface, string, error) { return nil, nil, "", err }
	stages := defaultStages
	if o.stages != "" {
		var err error
		if stages, err = os.ReadFile(o.stages); err != nil {
			return fail(err)
		}
	}
	extra, err := extraFlags(o.args)
	if err != nil {
		return fail(err)
	}
	programs, err := findPrograms(o.assets)
	if err != nil {
		return fail(err)
	}
	dir, lock, err := openDirectory(o.dir)
	if err != nil {
		return fail(err)
	}
	held = lock
	listener, err := bind(o.port)
	if err != nil {
		return fail(err)
	}
	server := listener.Addr().String()
	if err := dir.fill("https://"+server, stages); err != nil {
		return fail(err)
	}
	client, err := connect(dir.kubeconfig())
	if err != nil {
		return fail(err)
	}
	if err := os.Chdir(string(dir)); err != nil { // etcd's socket is named relative to it
		return fail(err)
	}
	if err := logTo(dir.path("control-plane.log")); err != nil {
		return fail(err)
	}
	s := &supervisor{
		dir:       dir,
		flags:     commandLines(dir, listener.Addr().(*net.TCPAddr).Port, programs, extra),
		programs:  programs,
		separate:  o.processes,
		listener:  listener,
		readiness: func(ctx context.Context) error { return waitAPIServer(ctx, client) },
		running:   map[string]*process{},
		failed:    make(chan error, len(componentNames)),
	}
	if s.separate || programs[apiServer].path != "" {
		_ = listener.Close() // the API server's own process binds the port
	}
	return s, client, server, nil
}

// held keeps the directory's lock open until the process ends.
var held *os.File

// bringUp starts the components in order and returns the server's version when all is ready.
func (s *supervisor) bringUp(ctx context.Context, client kubernetes.Interface, nodes int) (string, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case err := <-s.failed:
			cancel(err)
		case <-ctx.Done():
		}
	}()
	// The API server tries again until etcd answers, so the two start side by side.
	for _, name := range []string{etcd, apiServer} {
		if err := s.start(name); err != nil {
			return "", err
		}
	}
	// The others end if the API server does not know them yet.
	if err := waitAPIServer(ctx, client); err != nil {
		return "", err
	}
	for _, name := range []string{controllerManager, scheduler, kwok} {
		if err := s.start(name); err != nil {
			return "", err
		}
	}
	version, err := client.Discovery().ServerVersion()
	if err != nil {
		return "", err
	}
	if err := createNodes(ctx, client, nodes, version.GitVersion); err != nil {
		return "", err
	}
	minor := s.programs[apiServer].minor
	if err := waitCluster(ctx, client, nodes, minor == 0 || minor >= 20); err != nil {
		return "", err
	}
	s.mu.Lock()
	s.ready = true
	s.mu.Unlock()
	return version.GitVersion, nil
}

// publish writes cluster.json, whole or not at all, and prints it.
func (c cluster) publish(d directory) error {
	var line bytes.Buffer
	if err := json.NewEncoder(&line).Encode(c); err != nil {
		return err
	}
	temporary := d.path("cluster.json.new")
	if err := os.WriteFile(temporary, line.Bytes(), 0o600); err != nil {
		return err
	}
	if err := os.Rename(temporary, d.path("cluster.json")); err != nil {
		return err
	}
	_, err := os.Stdout.Write(line.Bytes())
	return err
}

// extraFlags reads COMPONENT=FLAG.
func extraFlags(args []string) (map[string][]string, error) {
	extra := map[string][]string{}
	for _, arg := range args {
		component, flag, ok := strings.Cut(arg, "=")
		if !ok || !slices.Contains(componentNames, component) || !strings.HasPrefix(flag, "--") {
			return nil, fmt.Errorf("--arg=%s: wanted COMPONENT=--FLAG, COMPONENT one of %s", arg, strings.Join(componentNames, ", "))
		}
		extra[component] = append(extra[component], flag)
	}
	return extra, nil
}
