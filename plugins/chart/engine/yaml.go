package engine

import (
	"bytes"
	"encoding/json"
	"strings"

	goyaml "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

// known has YAML texts as JSON, so that none is read twice. Charts of definitions read every one of them as YAML, change
// a label and write it again; to sort it, it is read once more. Reading is most of what such a chart takes.
type known map[string][]byte

// worthwhile is how long a text is at least that is remembered.
const worthwhile = 1024

// toJSON is yaml.YAMLToJSON.
func (known known) toJSON(text string) ([]byte, error) {
	body := strings.TrimRight(withoutComments(text), "\n")
	if content, ok := known[body]; ok {
		return content, nil
	}
	content, err := yaml.YAMLToJSON([]byte(text))
	if err == nil && len(body) >= worthwhile {
		known[body] = content
	}
	return content, err
}

// withoutComments leaves out the lines before the first that says something.
func withoutComments(text string) string {
	for {
		line, rest, found := strings.Cut(text, "\n")
		if !found || line != "" && line[0] != '#' {
			return text
		}
		text = rest
	}
}

// fromYAML does what Helm's function of that name does.
func (known known) fromYAML(text string) map[string]any {
	object := map[string]any{}
	if len(text) >= worthwhile {
		content, err := known.toJSON(text)
		if err == nil && !bytes.Equal(content, []byte("null")) && json.Unmarshal(content, &object) == nil {
			return object
		}
		object = map[string]any{}
	}
	if err := yaml.Unmarshal([]byte(text), &object); err != nil {
		object["Error"] = err.Error()
	}
	return object
}

// toYAML does what Helm's function of that name does, which makes JSON, reads that as YAML, and writes it: where it is
// certain what reading gives, it is left out.
func (known known) toYAML(value any) string {
	content, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	var text []byte
	if tree, ok := asRead(value, 0); ok {
		text, err = goyaml.Marshal(tree)
	} else {
		text, err = yaml.JSONToYAML(content)
	}
	if err != nil {
		return ""
	}
	written := strings.TrimSuffix(string(text), "\n")
	if len(written) >= worthwhile {
		known[written] = content
	}
	return written
}
