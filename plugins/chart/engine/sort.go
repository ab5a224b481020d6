package engine

import (
	"encoding/json"
	"path"
	"slices"
	"sort"
	"strings"

	helm "helm.sh/helm/v4/pkg/release/v1"
	release "helm.sh/helm/v4/pkg/release/v1/util"
)

// sort puts what templates gave into Helm's order, and takes hooks out.
//
// Helm reads every document to sort it, and here every document has to be read anyhow: reading a megabyte of YAML twice
// would take as long as all the rest. So Helm sorts documents that say no more than what it looks at, with the number of
// the document in the place of everything else.
func (output *Output) sort(files map[string]string) error {
	documents, heads, err := output.known.read(files)
	if err != nil {
		// Helm has its own words for it, or takes it all the same: a number where a text belongs.
		return output.sortWhole(files)
	}
	hooks, manifests, err := release.SortManifests(heads, nil, release.InstallOrder)
	if err != nil {
		return err
	}
	for _, manifest := range manifests {
		output.Manifests = append(output.Manifests, documents[number(manifest.Content)])
	}
	for _, hook := range hooks {
		output.Hooks = append(output.Hooks, hookOf(hook, documents[number(hook.Manifest)]))
	}
	return nil
}

// sortWhole lets Helm sort the documents as they are.
func (output *Output) sortWhole(files map[string]string) error {
	hooks, manifests, err := release.SortManifests(files, nil, release.InstallOrder)
	if err != nil {
		return err
	}
	for _, manifest := range manifests {
		document, err := output.known.document(manifest.Name, manifest.Content)
		if err != nil {
			return err
		}
		output.Manifests = append(output.Manifests, document)
	}
	for _, hook := range hooks {
		document, err := output.known.document(hook.Path, hook.Manifest)
		if err != nil {
			return err
		}
		output.Hooks = append(output.Hooks, hookOf(hook, document))
	}
	return nil
}

func hookOf(of *helm.Hook, document Document) Hook {
	hook := Hook{Document: document, Weight: of.Weight}
	for _, event := range of.Events {
		hook.Events = append(hook.Events, event.String())
	}
	for _, policy := range of.DeletePolicies {
		hook.DeletePolicies = append(hook.DeletePolicies, policy.String())
	}
	return hook
}

// head is what Helm looks at, and the number of the document.
type head struct {
	release.SimpleHead
	Number int `json:"number"`
}

// read gives all documents, and each file again with the heads of its documents.
func (known known) read(files map[string]string) ([]Document, map[string]string, error) {
	var documents []Document
	heads := map[string]string{}
	for name, text := range files {
		if strings.HasPrefix(path.Base(name), "_") || strings.TrimSpace(text) == "" {
			continue
		}
		var lines []string
		for _, text := range Split(text) {
			document, err := known.document(name, text)
			if err != nil {
				return nil, nil, err
			}
			head := head{Number: len(documents)}
			if err := json.Unmarshal(document.JSON, &head.SimpleHead); err != nil {
				return nil, nil, err
			}
			line, err := json.Marshal(head)
			if err != nil {
				return nil, nil, err
			}
			lines = append(lines, string(line))
			documents = append(documents, document)
		}
		heads[name] = strings.Join(lines, "\n---\n")
	}
	return documents, heads, nil
}

// Split gives the documents of a file as Helm splits it.
func Split(text string) []string {
	parts := release.SplitManifests(text)
	keys := make([]string, 0, len(parts))
	for key := range parts {
		keys = append(keys, key)
	}
	sort.Sort(release.BySplitManifestsOrder(keys))
	documents := make([]string, 0, len(keys))
	for _, key := range keys {
		documents = append(documents, parts[key])
	}
	return slices.Clip(documents)
}

func number(of string) int {
	var head head
	// It was written above.
	_ = json.Unmarshal([]byte(of), &head)
	return head.Number
}
