// Package scheme knows no kinds: which there are is told to a piece by the host.
package scheme

import "k8s.io/apimachinery/pkg/runtime"

// Scheme is empty.
var Scheme = runtime.NewScheme()
