package engine

import (
	"math"
	"unicode/utf8"
)

const (
	// deepest is how deep a value may be for asRead.
	deepest = 100
	// longestKey is a little less than what YAML takes for a key in one line.
	longestKey = 1000
)

// asRead is what reading a value's JSON as YAML gives, and false where that is not certain: for types that JSON writes in
// a way of their own, for texts with characters that YAML does not take as they are, and for `<<`, which merges.
func asRead(value any, depth int) (any, bool) {
	if depth > deepest {
		return nil, false
	}
	switch value := value.(type) {
	case nil, bool:
		return value, true
	case string:
		return value, plain(value)
	case float64:
		return number64(value)
	case int:
		return value, true
	case int64:
		return value, true
	case map[string]any:
		if value == nil {
			return nil, true
		}
		tree := make(map[string]any, len(value))
		for key, entry := range value {
			read, ok := asRead(entry, depth+1)
			if !ok || key == "<<" || len(key) > longestKey || !plain(key) {
				return nil, false
			}
			tree[key] = read
		}
		return tree, true
	case []any:
		if value == nil {
			return nil, true
		}
		tree := make([]any, len(value))
		for i, entry := range value {
			read, ok := asRead(entry, depth+1)
			if !ok {
				return nil, false
			}
			tree[i] = read
		}
		return tree, true
	}
	return nil, false
}

// exact is how large an integer may be of which JSON writes every digit.
const exact = 1 << 53

// number64 is an integer where JSON writes one.
func number64(value float64) (any, bool) {
	switch {
	case math.IsNaN(value) || math.IsInf(value, 0):
		return nil, false
	case value != math.Trunc(value):
		return value, true
	case math.Abs(value) < exact:
		return int64(value), true
	}
	return nil, false
}

// plain is whether YAML takes every character as it is.
func plain(text string) bool {
	for i, r := range text {
		switch {
		case r >= 0x20 && r <= 0x7e, r == '\n', r == '\t', r == '\r':
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return false
			}
		case r >= 0xa0 && r <= 0xfffd && r != 0xfeff, r >= 0x10000:
		default:
			return false
		}
	}
	return true
}
