package answer

import (
	"bytes"
	"encoding/json"
	"fmt"

	"meshhost.dev/chart/engine"
	"meshhost.dev/piece"
	"sigs.k8s.io/yaml"
)

// writtenNamespace tells what `meshhost render` prints as the namespace, where that is not the object's own.
const writtenNamespace = "meshhost.dev/written-namespace"

// header is what is looked at of an object.
type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Items []json.RawMessage `json:"items"`
}

// objects are those of a document: one, those of a list, or none when there are only comments in it.
func objects(document engine.Document, scopes scopes) ([]string, []piece.Problem) {
	var all []string
	var problems []piece.Problem
	texts, err := texts(document)
	if err != nil {
		return nil, []piece.Problem{{Message: fmt.Sprintf("%s: %v", document.Source, err)}}
	}
	for len(texts) > 0 {
		text := texts[0]
		texts = texts[1:]
		if text = bytes.TrimSpace(text); bytes.Equal(text, []byte("null")) {
			continue
		}
		var of header
		if err := json.Unmarshal(text, &of); err != nil {
			problems = append(problems, problem(document, "is no object of Kubernetes: "+err.Error()))
			continue
		}
		switch {
		case of.Kind == "":
			problems = append(problems, problem(document, "a document has no `kind`"))
		case of.APIVersion == "":
			problems = append(problems, problem(document, of.Kind+" has no `apiVersion`"))
		case of.Items != nil && len(of.Kind) >= 4 && of.Kind[len(of.Kind)-4:] == "List":
			texts = append(of.Items, texts...)
		case of.Metadata.Namespace != "" && scopes.clusterScoped(of.APIVersion, of.Kind):
			all = append(all, withoutNamespace(text, of.Metadata.Namespace))
		default:
			all = append(all, string(text))
		}
	}
	return all, problems
}

// texts are the JSON texts of a document; the files of crds/ have several.
func texts(document engine.Document) ([]json.RawMessage, error) {
	if document.JSON != nil {
		return []json.RawMessage{document.JSON}, nil
	}
	var all []json.RawMessage
	for _, text := range engine.Split(document.Text) {
		text, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, nil
}

func problem(document engine.Document, what string) piece.Problem {
	return piece.Problem{Message: document.Source + ": " + what}
}

// withoutNamespace takes the namespace off an object whose kind lives in none, as the API server does. It is printed all
// the same, because Helm prints it.
func withoutNamespace(text []byte, namespace string) string {
	var object map[string]any
	reader := json.NewDecoder(bytes.NewReader(text))
	// Numbers stay as they were written.
	reader.UseNumber()
	if reader.Decode(&object) != nil {
		return string(text)
	}
	metadata, ok := object["metadata"].(map[string]any)
	if !ok {
		return string(text)
	}
	delete(metadata, "namespace")
	annotations, ok := metadata["annotations"].(map[string]any)
	if !ok {
		annotations = map[string]any{}
		metadata["annotations"] = annotations
	}
	annotations[writtenNamespace] = namespace
	changed, err := json.Marshal(object)
	if err != nil {
		return string(text)
	}
	return string(changed)
}
