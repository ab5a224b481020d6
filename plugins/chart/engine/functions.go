package engine

import (
	"crypto/rand"
	"encoding/binary"
	mathrand "math/rand"
	"reflect"
	"text/template"
	"time"
	// There is no folder of time zones in the sandbox.
	_ "time/tzdata"

	"github.com/Masterminds/sprig/v3"
)

// random are the functions whose result is random, or has something random in it.
var random = []string{
	"bcrypt", "encryptAES", "genCA", "genCAWithKey", "genPrivateKey", "genSelfSignedCert", "genSelfSignedCertWithKey",
	"genSignedCert", "genSignedCertWithKey", "htpasswd", "randAlpha", "randAlphaNum", "randAscii", "randBytes",
	"randNumeric", "uuidv4",
}

// clock are the functions that ask for the time, whatever they are given.
var clock = []string{
	"ago", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert",
	"genSignedCertWithKey", "now",
}

// dated are the functions that ask for the time when this argument is no date.
var dated = map[string]int{"date": 1, "dateInZone": 1, "date_in_zone": 1, "htmlDate": 0, "htmlDateInZone": 0}

// functions are those of Helm and sprig that must not do what they do elsewhere, or whose calls count.
func (output *Output) functions() template.FuncMap {
	used := &output.Used
	all := sprig.TxtFuncMap()
	changed := template.FuncMap{
		"fromYaml": output.known.fromYAML,
		"toYaml":   output.known.toYAML,
		"lookup": func(string, string, string, string) (map[string]any, error) {
			used.Lookup++
			return map[string]any{}, nil
		},
		"getHostByName": func(string) string {
			used.DNS++
			return ""
		},
		// Both draw from the generator of math/rand elsewhere, which a piece could not seed.
		"randInt": func(low, high int) int {
			used.Random = true
			return chance().Intn(high-low) + low
		},
		"shuffle": func(text string) string {
			used.Random = true
			letters := []rune(text)
			chance().Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
			return string(letters)
		},
	}
	for _, name := range random {
		changed[name] = before(all[name], func([]reflect.Value) { used.Random = true })
	}
	for _, name := range clock {
		function := all[name]
		if again, ok := changed[name]; ok {
			function = again
		}
		changed[name] = before(function, func([]reflect.Value) { used.Clock = true })
	}
	for name, argument := range dated {
		changed[name] = before(all[name], func(arguments []reflect.Value) {
			if !isDate(arguments[argument].Interface()) {
				used.Clock = true
			}
		})
	}
	changed["durationRound"] = before(all["durationRound"], func(arguments []reflect.Value) {
		if _, since := arguments[0].Interface().(time.Time); since {
			used.Clock = true
		}
	})
	return changed
}

// before is a function that does something else first.
func before(function any, first func([]reflect.Value)) any {
	value := reflect.ValueOf(function)
	return reflect.MakeFunc(value.Type(), func(arguments []reflect.Value) []reflect.Value {
		first(arguments)
		if value.Type().IsVariadic() {
			return value.CallSlice(arguments)
		}
		return value.Call(arguments)
	}).Interface()
}

// isDate is whether sprig takes it for a date; for anything else it takes the present.
func isDate(argument any) bool {
	switch argument.(type) {
	case time.Time, *time.Time, int, int32, int64:
		return true
	}
	return false
}

// chance is a generator that is seeded from the one for keys.
func chance() *mathrand.Rand {
	var seed [8]byte
	// It never fails.
	_, _ = rand.Read(seed[:])
	return mathrand.New(mathrand.NewSource(int64(binary.LittleEndian.Uint64(seed[:]))))
}
