package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// console is where this program speaks to the person who started it.
var console io.Writer = os.Stderr

// logTo sends everything that is written to standard error from now on, by whatever library and by
// the Go runtime when it crashes, to a file, and keeps console for messages to people.
func logTo(file string) error {
	terminal, err := unix.Dup(int(os.Stderr.Fd()))
	if err != nil {
		return err
	}
	unix.CloseOnExec(terminal)
	log, err := openLog(file)
	if err != nil {
		return err
	}
	if err := redirect(int(log.Fd()), int(os.Stderr.Fd())); err != nil {
		return err
	}
	console = os.NewFile(uintptr(terminal), "console")
	return log.Close()
}

func openLog(file string) (*os.File, error) {
	return os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}
