package main

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// process is one running component, inside this program or as a child of it.
type process struct {
	ended chan struct{} // closed when it has ended
	err   error         // why, once it has ended
	pid   int           // 0 when it runs inside this program
	stop  func()        // asks it to end
	kill  func()        // ends it at once; nil when it runs inside this program
}

// startInside runs a built-in component as a goroutine.
func startInside(name string, args []string, listener net.Listener) (*process, error) {
	serve, err := builtin[name](args, listener)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{ended: make(chan struct{}), stop: cancel}
	go func() {
		p.err = serve(ctx)
		close(p.ended)
	}()
	return p, nil
}

// supervised tells a built-in component that runs as a child that its standard input is a pipe that
// the supervisor holds: when it closes, the supervisor is gone, and the component ends too.
const supervised = "CONTROL_PLANE_SUPERVISED"

// startChild runs program as a child that ends when this process does, however this process ends.
func startChild(program string, args []string, log io.Writer) (*process, error) {
	child := exec.Command(program, args...)
	child.Env = append(os.Environ(), supervised+"=1")
	child.Stdout, child.Stderr = log, log
	child.SysProcAttr = childAttributes()
	pipe, err := child.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := spawn(child); err != nil {
		return nil, err
	}
	p := &process{
		ended: make(chan struct{}),
		pid:   child.Process.Pid,
		stop:  func() { _ = child.Process.Signal(syscall.SIGTERM) },
		kill:  func() { _ = child.Process.Kill() },
	}
	go func() {
		p.err = child.Wait()
		_ = pipe.Close()
		close(p.ended)
	}()
	return p, nil
}

// spawn starts children from one thread that lives as long as the process: Linux sends the "your
// parent died" signal when the thread that started the child ends, and Go ends threads as it likes.
func spawn(child *exec.Cmd) error {
	once.Do(func() {
		go func() {
			runtime.LockOSThread()
			for request := range spawning {
				request.done <- request.child.Start()
			}
		}()
	})
	done := make(chan error)
	spawning <- spawnRequest{child, done}
	return <-done
}

type spawnRequest struct {
	child *exec.Cmd
	done  chan error
}

var (
	once     sync.Once
	spawning = make(chan spawnRequest)
)

// whenStdinCloses calls end when the process that holds the other side of standard input has ended.
func whenStdinCloses(end func()) {
	if os.Getenv(supervised) == "" {
		return
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	end()
}
