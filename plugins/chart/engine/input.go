// Package engine renders a chart as `helm template` does, with Helm's own packages and nothing else: no cluster, no files,
// no network. It owns the order in which those packages are called and what a template may learn of its surroundings, and
// must not know the contract of pieces.
package engine

// File is one file that was handed over.
type File struct {
	// Path is relative, / between parts.
	Path    string
	Content []byte
}

// Input is all that a rendering depends on.
type Input struct {
	// Chart is one archive, or the files of a folder.
	Chart []File
	// ValuesFiles are merged in their order.
	ValuesFiles []File
	// Values win over all files; JSON.
	Values []byte
	// Release and Namespace are what templates know as Release.Name and Release.Namespace.
	Release, Namespace string
	// KubeVersion and APIVersions are what templates know as Capabilities.
	KubeVersion string
	APIVersions []string
	// IncludeCRDs puts the files of crds/ before the manifests.
	IncludeCRDs bool
	// IsUpgrade is what templates know as Release.IsUpgrade.
	IsUpgrade bool
	// SkipSchemaValidation takes values that do not fit values.schema.json.
	SkipSchemaValidation bool
	// OldTemplateRules takes what Go before 1.16 took.
	OldTemplateRules bool
}

// Document is one YAML document of a rendering.
type Document struct {
	// Source is the template or file that it comes from, with the chart's name before it.
	Source string
	// Text as it was rendered.
	Text string
	// JSON is the same as data; `null` when there is nothing but comments.
	JSON []byte
}

// Hook is a document with the annotation that makes it one.
type Hook struct {
	Document
	// Events are Helm's names of them: pre-install, test …
	Events []string
	Weight int
	// DeletePolicies are Helm's names of them, as they were written.
	DeletePolicies []string
}

// Output is a rendering.
type Output struct {
	// CRDs are the files of crds/, each with all its documents.
	CRDs []Document
	// Manifests are in Helm's order.
	Manifests []Document
	// Hooks are in Helm's order.
	Hooks []Hook
	// Notes is what NOTES.txt gives.
	Notes string
	Used  Used
	// Warnings are what Helm logs, a line each.
	Warnings []string
	known    known
}

// Used is what templates asked for beyond their values.
type Used struct {
	// Random is whether they called a function whose result is random.
	Random bool
	// Clock is whether they asked for the time.
	Clock bool
	// Lookup is how often they asked for an object of the cluster, and were told that there is none.
	Lookup int
	// DNS is how often they asked for the address of a host, and were given none.
	DNS int
}
