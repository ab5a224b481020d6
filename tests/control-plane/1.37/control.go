package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// answer is the reply to one request on standard input.
type answer struct {
	Request string         `json:"request"`
	Error   string         `json:"error,omitempty"`
	Pids    map[string]int `json:"pids"` // of the components that run as processes of their own, afterwards
}

// control obeys requests, one a line, and answers each with one line of JSON:
//
//	stop COMPONENT    ask it to end, and wait until it has
//	kill COMPONENT    end it at once, as a crash would
//	start COMPONENT   start it again and wait until the API server is ready; with the API server,
//	                  those that watch it are started anew, see refresh
//
// When the input ends, the process that held it is gone (or wants no more), and end is called.
func (s *supervisor) control(ctx context.Context, requests io.Reader, answers *json.Encoder, end func()) {
	defer end()
	lines := bufio.NewScanner(requests)
	for lines.Scan() {
		reply := answer{Request: lines.Text()}
		if err := s.obey(ctx, reply.Request); err != nil {
			reply.Error = err.Error()
		}
		reply.Pids = s.pids()
		if err := answers.Encode(reply); err != nil {
			fmt.Fprintln(os.Stderr, "control-plane: cannot answer:", err)
			return
		}
	}
}

func (s *supervisor) obey(ctx context.Context, request string) error {
	verb, name, _ := strings.Cut(request, " ")
	if !slices.Contains(componentNames, name) {
		return fmt.Errorf("no component %q; there are %s", name, strings.Join(componentNames, ", "))
	}
	if s.programs[name].path == "" && !s.separate {
		return fmt.Errorf("%s runs inside the supervisor's process; start the cluster with --processes to %s it", name, verb)
	}
	switch verb {
	case "stop":
		return s.end(name, false, patience)
	case "kill":
		return s.end(name, true, 0)
	case "start":
		if err := s.start(name); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		if err := s.waitReady(ctx); err != nil {
			return err
		}
		if name == apiServer {
			return s.refresh()
		}
		return nil
	}
	return fmt.Errorf("unknown request %q: stop, kill or start", verb)
}

// refresh starts those components anew that watch the API server. After it was away they would come
// back by themselves, but after a few failed tries they only look again every half minute, and a
// test would wait for that.
func (s *supervisor) refresh() error {
	for _, name := range []string{controllerManager, scheduler, kwok} {
		s.mu.Lock()
		p := s.running[name]
		s.mu.Unlock()
		if p == nil || p.kill == nil {
			continue
		}
		if err := s.end(name, true, 0); err != nil {
			return err
		}
		if err := s.start(name); err != nil {
			return err
		}
	}
	return nil
}
