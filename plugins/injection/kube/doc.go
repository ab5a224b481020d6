// Package kube has the fields of Kubernetes 1.16's workloads, under the names that templates know them by and in the
// order in which that API writes them as JSON: what a template of Istio 1.4 may refer to, and what it may return. Fields
// of later versions are kept in objects, but unknown to templates. It owns reading and writing objects, and must not
// know what they are read for.
//
// The API's own packages would do the same with 20 MB of protobuf code that reflection keeps alive.
package kube
