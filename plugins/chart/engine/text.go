package engine

import (
	"fmt"
	"strings"
)

// Text is what `helm template` prints, byte for byte.
func (output *Output) Text() string {
	var manifests strings.Builder
	for _, document := range output.CRDs {
		fmt.Fprintf(&manifests, "---\n# Source: %s\n%s\n", document.Source, document.Text)
	}
	for _, document := range output.Manifests {
		fmt.Fprintf(&manifests, "---\n# Source: %s\n%s\n", document.Source, document.Text)
	}
	var text strings.Builder
	fmt.Fprintln(&text, strings.TrimSpace(manifests.String()))
	for _, hook := range output.Hooks {
		fmt.Fprintf(&text, "---\n# Source: %s\n%s\n", hook.Source, hook.Text)
	}
	return text.String()
}
