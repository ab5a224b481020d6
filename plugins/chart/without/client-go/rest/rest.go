// Package rest stands where Helm's engine expects the client for clusters. A piece reaches no cluster, so nothing can be
// made of it.
package rest

// Config is how a cluster would be reached.
type Config struct{}
