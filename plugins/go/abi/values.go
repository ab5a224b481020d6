package abi

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"unsafe"
)

// Return puts a result where the host reads it, and gives its address.
func Return(result any) uint32 {
	value := reflect.ValueOf(result)
	size, _ := layout(value.Type())
	_, at := allocate(size)
	store(value, at)
	return at
}

// Load reads what the host has put at an address. It shares the memory.
func Load[T any](at uint32) T {
	var into T
	load(reflect.ValueOf(&into).Elem(), at)
	return into
}

func load(into reflect.Value, at uint32) {
	switch into.Kind() {
	case reflect.Bool:
		into.SetBool(view(at, 1)[0] != 0)
	case reflect.Uint8:
		into.SetUint(uint64(view(at, 1)[0]))
	case reflect.Uint32:
		into.SetUint(uint64(number(at)))
	case reflect.Uint64:
		into.SetUint(binary.LittleEndian.Uint64(view(at, 8)))
	case reflect.String:
		text := view(number(at), number(at+4))
		into.SetString(unsafe.String(unsafe.SliceData(text), len(text)))
	case reflect.Slice:
		first, length := number(at), number(at+4)
		if into.Type().Elem().Kind() == reflect.Uint8 {
			into.SetBytes(view(first, length))
			return
		}
		size, _ := layout(into.Type().Elem())
		into.Set(reflect.MakeSlice(into.Type(), int(length), int(length)))
		for i := range length {
			load(into.Index(int(i)), first+i*size)
		}
	case reflect.Struct:
		fields(into, at, load)
	default:
		panic(fmt.Sprintf("the host hands over no %v", into.Type()))
	}
}

func store(value reflect.Value, at uint32) {
	if value.Type().Implements(variant) {
		payload, _, _ := cases(value.Type())
		chosen, content := value.Interface().(Variant).Chosen()
		view(at, 1)[0] = byte(chosen)
		if content != nil {
			store(reflect.ValueOf(content), at+payload)
		}
		return
	}
	switch value.Kind() {
	case reflect.Bool:
		if value.Bool() {
			view(at, 1)[0] = 1
		}
	case reflect.Uint8:
		view(at, 1)[0] = byte(value.Uint())
	case reflect.Uint32:
		setNumber(at, uint32(value.Uint()))
	case reflect.Int32:
		setNumber(at, uint32(int32(value.Int())))
	case reflect.String:
		memory, first := allocate(uint32(value.Len()))
		setNumber(at, first)
		setNumber(at+4, uint32(copy(memory, value.String())))
	case reflect.Slice:
		size, _ := layout(value.Type().Elem())
		_, first := allocate(size * uint32(value.Len()))
		setNumber(at, first)
		setNumber(at+4, uint32(value.Len()))
		for i := range value.Len() {
			store(value.Index(i), first+uint32(i)*size)
		}
	case reflect.Pointer: // an option
		if !value.IsNil() {
			_, alignment := layout(value.Type().Elem())
			view(at, 1)[0] = 1
			store(value.Elem(), at+align(1, alignment))
		}
	case reflect.Struct:
		fields(value, at, store)
	default:
		panic(fmt.Sprintf("the contract has no type for %v", value.Type()))
	}
}

func fields(of reflect.Value, at uint32, each func(reflect.Value, uint32)) {
	offset := uint32(0)
	for i := range of.NumField() {
		size, alignment := layout(of.Field(i).Type())
		offset = align(offset, alignment)
		each(of.Field(i), at+offset)
		offset += size
	}
}

func number(at uint32) uint32 {
	return binary.LittleEndian.Uint32(view(at, 4))
}

func setNumber(at, value uint32) {
	binary.LittleEndian.PutUint32(view(at, 4), value)
}
