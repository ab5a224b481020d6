package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// supervisor starts and ends the components of one cluster.
type supervisor struct {
	dir       directory
	flags     map[string][]string // by component
	programs  map[string]program  // components that are other programs, by component
	separate  bool                // built-in components too run as processes of their own
	listener  net.Listener        // for a built-in API server inside this process
	readiness func(context.Context) error

	mu      sync.Mutex
	running map[string]*process
	ready   bool       // the cluster has been ready: from now on a component that fails is started again
	failed  chan error // a component ended that should not have
}

// start starts one component and does not wait for it to be ready.
func (s *supervisor) start(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[name] != nil {
		return fmt.Errorf("%s is running already", name)
	}
	p, err := s.startProcess(name)
	if err != nil {
		return fmt.Errorf("cannot start %s: %w", name, err)
	}
	s.running[name] = p
	go s.watch(name, p)
	return nil
}

func (s *supervisor) startProcess(name string) (*process, error) {
	program, args := s.programs[name].path, s.flags[name]
	if program == "" && !s.separate {
		return startInside(name, args, s.listenerOf(name))
	}
	if program == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		program, args = self, append([]string{name}, args...)
	}
	log, err := openLog(s.logOf(name))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	return startChild(program, args, log)
}

func (s *supervisor) listenerOf(name string) net.Listener {
	if name == apiServer {
		return s.listener
	}
	return nil
}

// logOf is the file that a component's messages go to.
func (s *supervisor) logOf(name string) string {
	if s.programs[name].path == "" && !s.separate {
		return s.dir.path("control-plane.log")
	}
	return s.dir.path(name + ".log")
}

// watch waits for the end of a component and acts on it if nobody asked for it: an end before the
// cluster is ready, or inside this process, ends everything; later, a separate process is started
// again after a second, as a kubelet would do.
func (s *supervisor) watch(name string, p *process) {
	<-p.ended
	s.mu.Lock()
	asked := s.running[name] != p
	if !asked {
		delete(s.running, name)
	}
	again := s.ready && p.kill != nil
	s.mu.Unlock()
	if asked {
		return
	}
	if !again {
		s.failed <- fmt.Errorf("%s ended (%v); its log is %s", name, p.err, s.logOf(name))
		return
	}
	fmt.Fprintf(os.Stderr, "control-plane: %s ended (%v) and is started again\n", name, p.err)
	time.Sleep(time.Second)
	_ = s.start(name) // if it was started by request in the meantime, that is as good
}

// end stops a component (or kills it) and waits until it is gone.
func (s *supervisor) end(name string, kill bool, patience time.Duration) error {
	s.mu.Lock()
	p := s.running[name]
	if p == nil {
		s.mu.Unlock()
		return fmt.Errorf("%s is not running", name)
	}
	delete(s.running, name)
	s.mu.Unlock()
	if kill && p.kill != nil {
		p.kill()
	} else {
		p.stop()
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		if p.kill == nil {
			return fmt.Errorf("%s did not end within %s", name, patience)
		}
		p.kill()
		<-p.ended
	}
	return nil
}

// endAll ends what runs, the last started first, and gives each component a moment.
func (s *supervisor) endAll() {
	for _, name := range slices.Backward(componentNames) {
		_ = s.end(name, false, patience)
	}
}

// patience is how long a component may take to end when it is asked to. The API server closes its
// port at once, but would let its clients go on watching for a minute.
const patience = 2 * time.Second

// waitReady waits until the API server says that it is ready, if it and etcd are running.
func (s *supervisor) waitReady(ctx context.Context) error {
	s.mu.Lock()
	both := s.running[etcd] != nil && s.running[apiServer] != nil
	s.mu.Unlock()
	if !both {
		return nil
	}
	return s.readiness(ctx)
}

// pids of the components that are processes of their own.
func (s *supervisor) pids() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	pids := map[string]int{}
	for name, p := range s.running {
		if p.pid != 0 {
			pids[name] = p.pid
		}
	}
	return pids
}
