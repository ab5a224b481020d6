package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// bind takes a port on 127.0.0.1, or a free one if port is 0.
//
// A free one is searched below the range from which systems take the ports of outgoing connections
// (32768 and up): the API server must get its port back after a test has stopped it, and a client
// that keeps trying to connect could otherwise take it, or even connect to itself.
func bind(port int) (net.Listener, error) {
	if port != 0 {
		return net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	}
	const low, high, tries = 20000, 30000, 100
	var last error
	for range tries {
		listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", low+rand.IntN(high-low)))
		if err == nil {
			return listener, nil
		}
		last = err
	}
	return nil, errors.Join(fmt.Errorf("no free port from %d to %d", low, high), last)
}
