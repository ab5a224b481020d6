package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// program is a component that is not built in.
type program struct {
	path  string
	minor int // of its Kubernetes version, 16 for 1.16; 0 if it is not a part of Kubernetes
}

// findPrograms looks for programs with the components' names in a folder; "" means no folder.
func findPrograms(folder string) (map[string]program, error) {
	programs := map[string]program{}
	if folder == "" {
		return programs, nil
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	for _, name := range componentNames {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			continue
		}
		minor := 0
		if strings.HasPrefix(name, "kube-") {
			if minor, err = askVersion(path); err != nil {
				return nil, err
			}
		}
		programs[name] = program{path, minor}
	}
	if len(programs) == 0 {
		return nil, fmt.Errorf("none of %s is in %s (--assets, or KUBEBUILDER_ASSETS)", strings.Join(componentNames, ", "), folder)
	}
	return programs, nil
}

var versionLine = regexp.MustCompile(`^Kubernetes v1\.(\d+)\.`)

func askVersion(path string) (int, error) {
	said, err := exec.Command(path, "--version").Output()
	if err != nil {
		return 0, fmt.Errorf("%s --version: %w", path, err)
	}
	match := versionLine.FindSubmatch(said)
	if match == nil {
		return 0, fmt.Errorf("%s --version says %q; wanted \"Kubernetes v1...\"", path, said)
	}
	return strconv.Atoi(string(match[1]))
}
