package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	if content, ok := known[text]; ok {
		return content, nil
	}
	content, err := yaml.YAMLToJSON([]byte(text))
	if err == nil && len(text) >= worthwhile {
		known[text] = content
	}
	return content, err
}

// document is a document as Helm applies it: behind a line that names its source, and with a line's end of its own, which
// counts where the document ends in a text of several lines.
func (known known) document(source, text string) (Document, error) {
	content, ok := known[strings.TrimRight(withoutComments(text), "\n")+"\n"]
	if !ok {
		var err error
		if content, err = yaml.YAMLToJSON([]byte(text + "\n")); err != nil {
			return Document{}, fmt.Errorf("YAML parse error on %s: %w", source, err)
		}
	}
	return Document{Source: source, Text: text, JSON: content}, nil
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
	// Where the empty lines at the end of a text count, what follows it would count too.
	if len(written) >= worthwhile && !strings.Contains(written, "|+") && !strings.Contains(written, ">+") {
		known[written+"\n"] = content
	}
	return written
}
