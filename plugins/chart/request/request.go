package request

import (
	"encoding/json"

	"meshhost.dev/chart/engine"
	"meshhost.dev/piece"
)

// settings are those of schema.json.
type settings struct {
	ReleaseName          string          `json:"releaseName"`
	Values               json.RawMessage `json:"values"`
	IncludeCRDs          *bool           `json:"includeCRDs"`
	IsUpgrade            bool            `json:"isUpgrade"`
	APIVersions          []string        `json:"apiVersions"`
	SkipSchemaValidation bool            `json:"skipSchemaValidation"`
	OldTemplateRules     bool            `json:"oldTemplateRules"`
}

// Input is what a request asks for.
func Input(request *piece.Request) (*engine.Input, *piece.Failure) {
	var settings settings
	if err := json.Unmarshal([]byte(request.Settings), &settings); err != nil {
		return nil, piece.Rejected("", err.Error())
	}
	input := &engine.Input{
		Values:               settings.Values,
		Release:              settings.ReleaseName,
		Namespace:            request.Namespace,
		KubeVersion:          request.Facts.Kubernetes.Git,
		APIVersions:          append(served(request.Facts.Served), settings.APIVersions...),
		IncludeCRDs:          settings.IncludeCRDs == nil || *settings.IncludeCRDs,
		IsUpgrade:            settings.IsUpgrade,
		SkipSchemaValidation: settings.SkipSchemaValidation,
		OldTemplateRules:     settings.OldTemplateRules,
	}
	if input.Release == "" {
		input.Release = "release-name"
	}
	for _, file := range request.Files {
		one := engine.File{Path: file.Path, Content: file.Content}
		switch file.Wish {
		case wishChart:
			input.Chart = append(input.Chart, one)
		case wishValues:
			input.ValuesFiles = append(input.ValuesFiles, one)
		}
	}
	if len(input.Chart) == 0 {
		return nil, piece.Rejected("", "no chart was granted: grant its folder or its archive as the file `chart`")
	}
	return input, nil
}

// served are versions, and kinds in versions, as Helm asks a cluster for them.
func served(kinds []piece.Served) []string {
	var all []string
	last := ""
	for _, kind := range kinds {
		if kind.APIVersion != last {
			last = kind.APIVersion
			all = append(all, last)
		}
		all = append(all, kind.APIVersion+"/"+kind.Kind)
	}
	return all
}
