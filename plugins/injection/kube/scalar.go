package kube

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Time is passed on as it is written.
type Time = any

// Quantity is written in its canonical form: 1024Mi becomes 1Gi.
type Quantity = resource.Quantity

// IntOrString is a number or a name.
type IntOrString struct {
	Number int32
	Name   string
	IsName bool
}

// UnmarshalJSON reads either.
func (either *IntOrString) UnmarshalJSON(text []byte) error {
	*either = IntOrString{}
	if len(text) > 0 && text[0] == '"' {
		either.IsName = true
		return json.Unmarshal(text, &either.Name)
	}
	return json.Unmarshal(text, &either.Number)
}

// MarshalJSON writes what was read.
func (either IntOrString) MarshalJSON() ([]byte, error) {
	if either.IsName {
		return json.Marshal(either.Name)
	}
	return json.Marshal(either.Number)
}

// String is for templates.
func (either *IntOrString) String() string {
	if either.IsName {
		return either.Name
	}
	return fmt.Sprint(either.Number)
}
