//go:build !linux

package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes: see process_linux.go. Only Linux can tie a child's life to its parent's; built-in
// components notice through their standard input everywhere.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// redirect makes file descriptor to mean what from means.
func redirect(from, to int) error { return unix.Dup2(from, to) }
