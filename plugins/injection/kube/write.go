package kube

import (
	"encoding/json"
	"reflect"
)

// Write is a typed object as JSON, together with what stands in the object that it was read from and is unknown to its
// type. What was added to lists stands behind what was there before.
func Write(typed any, from map[string]any) (string, error) {
	text, err := json.Marshal(typed)
	if err != nil {
		return "", err
	}
	written, err := Parse(string(text))
	if err != nil {
		return "", err
	}
	keep(written, from, reflect.TypeOf(typed))
	text, err = json.Marshal(written)
	return string(text), err
}

// keep puts back what a type does not know, and takes away times that nobody has set.
func keep(written, from any, of reflect.Type) {
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch of.Kind() {
	case reflect.Struct:
		into, ok := written.(map[string]any)
		if !ok {
			return
		}
		if value, ok := into["creationTimestamp"]; ok && value == nil {
			delete(into, "creationTimestamp")
		}
		before, _ := from.(map[string]any)
		known := fields(of)
		for key, field := range known {
			keep(into[key], before[key], field)
		}
		for key, value := range before {
			if _, ok := known[key]; !ok {
				into[key] = value
			}
		}
	case reflect.Slice:
		into, _ := written.([]any)
		before, _ := from.([]any)
		for i := range into {
			var item any
			if i < len(before) {
				item = before[i]
			}
			keep(into[i], item, of.Elem())
		}
	}
}
