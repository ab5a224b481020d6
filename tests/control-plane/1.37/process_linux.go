package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes: a process group of its own, so that Ctrl-C in a terminal reaches the supervisor
// alone, which then ends its children in order; and the kernel ends the child with its parent.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// redirect makes file descriptor to mean what from means.
func redirect(from, to int) error { return unix.Dup3(from, to, 0) }
