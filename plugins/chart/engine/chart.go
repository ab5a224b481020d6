package engine

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"sigs.k8s.io/yaml"
)

// load reads a chart as Helm reads it from a path; its errors are worded as those are.
func load(files []File) (*chart.Chart, error) {
	if name, content, ok := archived(files); ok {
		return loadArchive(name, content)
	}
	return loadFolder(files)
}

// archived is the only file when it is not the Chart.yaml of a folder.
func archived(files []File) (name string, content []byte, ok bool) {
	if len(files) != 1 || files[0].Path == chartFile {
		return "", nil, false
	}
	return files[0].Path, files[0].Content, true
}

const chartFile = "Chart.yaml"

func loadArchive(name string, content []byte) (*chart.Chart, error) {
	if err := ensureArchive(name, content); err != nil {
		return nil, err
	}
	files, err := archive.LoadArchiveFiles(bytes.NewReader(content))
	if err != nil {
		if errors.Is(err, gzip.ErrHeader) {
			return nil, fmt.Errorf("file '%s' does not appear to be a valid chart file (details: %w)", name, err)
		}
		// Helm says no more than its first line.
		return nil, fmt.Errorf("unable to load chart archive\n%w", err)
	}
	for _, file := range files {
		if file.Name == chartFile {
			if err := checkVersion(file.Data); err != nil {
				return nil, err
			}
			return loader.LoadFiles(files)
		}
	}
	return nil, errors.New("unable to detect chart version, no Chart.yaml found")
}

func ensureArchive(name string, content []byte) error {
	start := content[:min(len(content), 512)]
	// Some archives look like fonts.
	if bytes.HasPrefix(start, []byte("\x1F\x8B\x08")) {
		return nil
	}
	if strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".yaml") {
		return fmt.Errorf("file '%s' seems to be a YAML file, but expected a gzipped archive", name)
	}
	// Helm looks at a buffer of this length, whatever the file's.
	buffer := make([]byte, 512)
	copy(buffer, start)
	return fmt.Errorf("file '%s' does not appear to be a gzipped archive; got '%s'", name, http.DetectContentType(buffer))
}

// checkVersion refuses charts of versions that `helm template` refuses.
func checkVersion(content []byte) error {
	var base struct {
		APIVersion string `json:"apiVersion"`
	}
	if err := yaml.Unmarshal(content, &base); err != nil {
		return fmt.Errorf("cannot load Chart.yaml: %w", err)
	}
	switch base.APIVersion {
	case chart.APIVersionV1, chart.APIVersionV2, "":
		return nil
	case "v3":
		return errors.New("invalid chart apiVersion")
	}
	return errors.New("unsupported chart version")
}
