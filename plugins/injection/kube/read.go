package kube

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// PlaceError is a value of another type than its field, with its place in the object.
type PlaceError struct {
	Place   string
	Message string
}

func (wrong PlaceError) Error() string { return wrong.Place + ": " + wrong.Message }

// Parse reads JSON as it is, with numbers as they are written.
func Parse(text string) (map[string]any, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var object map[string]any
	return object, decoder.Decode(&object)
}

// Read fills a typed object. Where a text is wanted, numbers and truth values are taken as texts, as YAML readers for
// Kubernetes do; other wrong types are problems, all of them.
func Read(object map[string]any, into any) []PlaceError {
	var wrong []PlaceError
	fitting := fit(object, reflect.TypeOf(into).Elem(), "", &wrong)
	if len(wrong) > 0 {
		return wrong
	}
	text, err := json.Marshal(fitting)
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(text)).Decode(into)
	}
	if err != nil {
		return []PlaceError{{Message: err.Error()}}
	}
	return nil
}

var (
	quantity    = reflect.TypeFor[resource.Quantity]()
	intOrString = reflect.TypeFor[IntOrString]()
)

// fit is a copy of the value in which every scalar has the type of its field.
func fit(value any, of reflect.Type, place string, wrong *[]PlaceError) any {
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	complain := func(wanted string) any {
		*wrong = append(*wrong, PlaceError{place, "must be " + wanted + ", not " + name(value)})
		return nil
	}
	if value == nil || of.Kind() == reflect.Interface {
		return value
	}
	switch {
	case of == quantity:
		text, ok := scalar(value)
		if _, err := resource.ParseQuantity(text); !ok || err != nil {
			return complain("a quantity such as 500m or 1Gi")
		}
		return text
	case of == intOrString:
		switch value.(type) {
		case string, json.Number:
			return value
		}
		return complain("a number or a name")
	}
	switch of.Kind() {
	case reflect.String:
		if text, ok := scalar(value); ok {
			return text
		}
		return complain("a text")
	case reflect.Bool:
		if _, ok := value.(bool); !ok {
			return complain("true or false")
		}
	case reflect.Int32, reflect.Int64:
		number, ok := value.(json.Number)
		if _, err := strconv.ParseInt(number.String(), 10, of.Bits()); !ok || err != nil {
			return complain("a whole number")
		}
	case reflect.Slice:
		list, ok := value.([]any)
		if !ok {
			return complain("a list")
		}
		fitting := make([]any, len(list))
		for i, item := range list {
			fitting[i] = fit(item, of.Elem(), fmt.Sprintf("%s[%d]", place, i), wrong)
		}
		return fitting
	case reflect.Map:
		entries, ok := value.(map[string]any)
		if !ok {
			return complain("a map")
		}
		fitting := map[string]any{}
		for _, key := range sorted(entries) {
			fitting[key] = fit(entries[key], of.Elem(), Below(place, key), wrong)
		}
		return fitting
	case reflect.Struct:
		entries, ok := value.(map[string]any)
		if !ok {
			return complain("a map")
		}
		known, fitting := fields(of), map[string]any{}
		for _, key := range sorted(entries) {
			if field, ok := known[key]; ok {
				fitting[key] = fit(entries[key], field, Below(place, key), wrong)
			}
		}
		return fitting
	}
	return value
}

// Below is the place of a key in a map, spelled as the host spells paths.
func Below(place, key string) string {
	key = escape.Replace(key)
	if place == "" {
		return key
	}
	return place + "." + key
}

var escape = strings.NewReplacer(`\`, `\\`, ".", `\.`, "[", `\[`, "]", `\]`)

func scalar(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case json.Number:
		return value.String(), true
	}
	return "", false
}

func name(value any) string {
	switch value := value.(type) {
	case map[string]any:
		return "a map"
	case []any:
		return "a list"
	case string:
		return "the text " + strconv.Quote(value)
	default:
		return fmt.Sprint(value)
	}
}

func sorted(entries map[string]any) []string {
	keys := make([]string, 0, len(entries))
	for key := range entries {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// fields is the type of each field by its name in JSON.
func fields(of reflect.Type) map[string]reflect.Type {
	known := map[string]reflect.Type{}
	for i := range of.NumField() {
		field := of.Field(i)
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if key != "" {
			known[key] = field.Type
			continue
		}
		for key, inner := range fields(field.Type) {
			known[key] = inner
		}
	}
	return known
}
