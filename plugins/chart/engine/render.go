package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	helm "helm.sh/helm/v4/pkg/engine"
)

const notesFile = "NOTES.txt"

// Render renders a chart. The first line of an error is that of `helm template`.
func Render(input *Input) (*Output, error) {
	output := &Output{known: known{}}
	defer listen(output)()
	values, err := input.values()
	if err != nil {
		return nil, err
	}
	loaded, err := load(input.Chart)
	if err != nil {
		return nil, err
	}
	if err := installable(loaded); err != nil {
		return nil, err
	}
	if err := chartutil.ValidateReleaseName(input.Release); err != nil {
		return nil, fmt.Errorf("release name check failed: release name %q: %w", input.Release, err)
	}
	if err := chartutil.ProcessDependencies(loaded, values); err != nil {
		return nil, fmt.Errorf("chart dependencies processing failed: %w", err)
	}
	capabilities, err := input.capabilities()
	if err != nil {
		return nil, err
	}
	options := common.ReleaseOptions{
		Name:      input.Release,
		Namespace: input.Namespace,
		Revision:  1,
		IsInstall: !input.IsUpgrade,
		IsUpgrade: input.IsUpgrade,
	}
	scope, err := util.ToRenderValuesWithSchemaValidation(loaded, values, options, capabilities, input.SkipSchemaValidation)
	if err != nil {
		return nil, err
	}
	if wanted := loaded.Metadata.KubeVersion; wanted != "" && !chartutil.IsCompatibleRange(wanted, capabilities.KubeVersion.String()) {
		return nil, fmt.Errorf("chart requires kubeVersion: %s which is incompatible with Kubernetes %s", wanted, capabilities.KubeVersion.Version)
	}
	if input.OldTemplateRules {
		forgive(loaded)
	}
	files, err := helm.Engine{CustomTemplateFuncs: output.functions()}.Render(loaded, scope)
	if err != nil {
		return nil, err
	}
	output.takeNotes(loaded, files)
	if err := output.sort(files); err != nil {
		return nil, err
	}
	if input.IncludeCRDs {
		for _, crd := range loaded.CRDObjects() {
			output.CRDs = append(output.CRDs, Document{Source: crd.Filename, Text: string(crd.File.Data)})
		}
	}
	return output, nil
}

// values are those of the files, then those that were given.
func (input *Input) values() (map[string]any, error) {
	values := map[string]any{}
	for _, file := range input.ValuesFiles {
		of, err := loader.LoadValues(strings.NewReader(string(file.Content)))
		if err != nil {
			return nil, fmt.Errorf("failed to parse %s: %w", file.Path, err)
		}
		values = loader.MergeMaps(values, of)
	}
	if len(input.Values) == 0 {
		return values, nil
	}
	given := map[string]any{}
	if err := json.Unmarshal(input.Values, &given); err != nil {
		return nil, fmt.Errorf("failed to parse values: %w", err)
	}
	return loader.MergeMaps(values, given), nil
}

func (input *Input) capabilities() (*common.Capabilities, error) {
	capabilities := common.DefaultCapabilities.Copy()
	if input.KubeVersion != "" {
		version, err := common.ParseKubeVersion(input.KubeVersion)
		if err != nil {
			return nil, fmt.Errorf("invalid kube version '%s': %w", input.KubeVersion, err)
		}
		capabilities.KubeVersion = *version
	}
	capabilities.APIVersions = input.APIVersions
	return capabilities, nil
}

// installable refuses libraries, and charts whose dependencies are not with them.
func installable(of *chart.Chart) error {
	if kind := of.Metadata.Type; kind != "" && kind != "application" {
		return fmt.Errorf("%s charts are not installable", kind)
	}
	if of.Metadata.Deprecated {
		warn("this chart is deprecated")
	}
	there := map[string]bool{}
	for _, dependency := range of.Dependencies() {
		there[dependency.Name()] = true
	}
	var missing []string
	for _, wanted := range of.Metadata.Dependencies {
		if !there[wanted.Name] {
			missing = append(missing, wanted.Name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf(
			"an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: %w",
			errors.New("found in Chart.yaml, but missing in charts/ directory: "+strings.Join(missing, ", ")))
	}
	return nil
}

// takeNotes takes the notes of the chart itself; those of its dependencies are not shown.
func (output *Output) takeNotes(of *chart.Chart, files map[string]string) {
	for name, text := range files {
		if strings.HasSuffix(name, notesFile) {
			if name == path.Join(of.Name(), "templates", notesFile) {
				output.Notes = text
			}
			delete(files, name)
		}
	}
}
