//go:build ignore

// Generate makes what the published module k8s.io/kubernetes v1.16.3 lacks: the package
// pkg/generated/openapi, which Kubernetes' own build generates and does not keep. The API server
// describes its API with it and needs it for server-side apply.
//
//	go mod vendor && go run generate.go && go build -mod=vendor .
//
// The package is written into the vendor folder, the one place where a file can be added to
// somebody else's module.
package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The generator is younger than 1.16, whose own does not know modules.
const generator = "k8s.io/kube-openapi/cmd/openapi-gen@v0.0.0-20231010175941-2dd684a91f00"

const target = "k8s.io/kubernetes/pkg/generated/openapi"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run() error {
	packages, err := marked("vendor/k8s.io")
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "openapi-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	header := filepath.Join(work, "header.txt")
	if err := os.WriteFile(header, nil, 0o600); err != nil {
		return err
	}
	gen := exec.Command("go", "run", generator,
		"--input-dirs", strings.Join(packages, ","),
		"--output-package", target,
		"--output-base", work,
		"--output-file-base", "zz_generated.openapi",
		"--go-header-file", header,
		"--report-filename", filepath.Join(work, "report"))
	gen.Stdout, gen.Stderr = os.Stdout, os.Stderr
	if err := gen.Run(); err != nil {
		return fmt.Errorf("openapi-gen: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(work, filepath.FromSlash(target), "zz_generated.openapi.go"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join("vendor", filepath.FromSlash(target), "zz_generated.openapi.go"), forOldRelease(text), 0o644)
}

// marked finds the packages with a type that asks for an OpenAPI definition.
func marked(root string) ([]string, error) {
	var packages []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && bytes.Contains(text, []byte("+k8s:openapi-gen=true")) {
			packages = append(packages, strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "vendor/"))
		}
		return err
	})
	slices.Sort(packages)
	return slices.Compact(packages), err
}

var defaults = regexp.MustCompile(`(?m)^\s*Default: .*\n`)

// forOldRelease undoes what the generator does that 1.16 does not know: its own copy of the schema
// types, and default values.
func forOldRelease(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte(`"k8s.io/kube-openapi/pkg/validation/spec"`), []byte(`"github.com/go-openapi/spec"`))
	return defaults.ReplaceAll(text, nil)
}
