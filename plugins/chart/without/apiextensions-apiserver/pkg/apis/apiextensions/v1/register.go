// Package v1 adds no kinds: which there are is told to a piece by the host.
package v1

import "k8s.io/apimachinery/pkg/runtime"

// AddToScheme does nothing.
func AddToScheme(*runtime.Scheme) error { return nil }
