package abi

import (
	"fmt"
	"reflect"
)

// Variant is a value that is one of several cases.
type Variant interface {
	// Cases has one value for each case, in the order of the contract: the zero value of its type, or nil without one.
	Cases() []any
	// Chosen is the number of the case, and its value.
	Chosen() (int, any)
}

var variant = reflect.TypeFor[Variant]()

func align(at, to uint32) uint32 {
	return (at + to - 1) / to * to
}

// layout is how many bytes a type takes, and where it may begin.
func layout(of reflect.Type) (size, alignment uint32) {
	if of.Implements(variant) {
		payload, size, alignment := cases(of)
		return align(payload+size, alignment), alignment
	}
	switch of.Kind() {
	case reflect.Bool, reflect.Uint8:
		return 1, 1
	case reflect.Uint32, reflect.Int32:
		return 4, 4
	case reflect.Uint64:
		return 8, 8
	case reflect.String, reflect.Slice:
		return 8, 4
	case reflect.Pointer: // an option
		size, alignment := layout(of.Elem())
		return align(align(1, alignment)+size, alignment), alignment
	case reflect.Struct:
		size, alignment = 0, 1
		for i := range of.NumField() {
			fieldSize, fieldAlignment := layout(of.Field(i).Type)
			size = align(size, fieldAlignment) + fieldSize
			alignment = max(alignment, fieldAlignment)
		}
		return align(size, alignment), alignment
	}
	panic(fmt.Sprintf("the contract has no type for %v", of))
}

// cases is where the value of any case begins, how long the longest is, and the alignment of the whole.
func cases(of reflect.Type) (payload, size, alignment uint32) {
	alignment = 1
	for _, one := range reflect.Zero(of).Interface().(Variant).Cases() {
		if one != nil {
			oneSize, oneAlignment := layout(reflect.TypeOf(one))
			size, alignment = max(size, oneSize), max(alignment, oneAlignment)
		}
	}
	return align(1, alignment), size, alignment
}
