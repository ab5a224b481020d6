// Package abi is the component model's canonical ABI, as far as the contract in wit/ needs it: records, lists, texts,
// options and variants, in the memory of the piece. It owns how values lie in memory and must not know what they mean.
package abi

import "unsafe"

// kept holds on to all memory that the host knows an address of. An instance lives for one call, so nothing is released.
var kept [][]byte

// allocate gives zeroed memory that is aligned for every type of the contract.
func allocate(size uint32) ([]byte, uint32) {
	// Go aligns to 8 what is a multiple of 8.
	memory := make([]byte, (max(size, 1)+7)&^7)
	kept = append(kept, memory)
	return memory, uint32(uintptr(unsafe.Pointer(&memory[0])))
}

//go:wasmexport cabi_realloc
func reallocate(old, oldSize, _, size uint32) uint32 {
	memory, at := allocate(size)
	if old != 0 {
		copy(memory, view(old, min(oldSize, size)))
	}
	return at
}

// view is memory at an address. Addresses come from the host, or from allocate.
func view(at, size uint32) []byte {
	if size == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(uintptr(at))), size)
}
