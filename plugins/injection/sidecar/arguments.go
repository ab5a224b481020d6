package sidecar

import (
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"meshhost.dev/injection/kube"
)

var (
	concurrencyFlag = regexp.MustCompile(`^-{1,2}concurrency(?:=(\d+))?$`)
	statusPortFlag  = regexp.MustCompile(`^-{1,2}statusPort(?:=(\d+))?$`)
)

// number is the value of the first flag among the arguments, and whether there is one that is a number.
func number(flag *regexp.Regexp, arguments []string) (int, bool) {
	for i, argument := range arguments {
		match := flag.FindStringSubmatch(strings.TrimSpace(argument))
		if match == nil {
			continue
		}
		text := match[1]
		if text == "" && i+1 < len(arguments) {
			text = arguments[i+1]
		}
		value, err := strconv.Atoi(text)
		return value, err == nil
	}
	return 0, false
}

func proxy(containers []kube.Container) *kube.Container {
	for i := range containers {
		if containers[i].Name == proxyName {
			return &containers[i]
		}
	}
	return nil
}

// setConcurrency gives the proxy a thread for each processor that it is limited to, or else asks for, when its arguments
// do not say.
func setConcurrency(proxy *kube.Container) {
	if said, ok := number(concurrencyFlag, proxy.Args); ok && said > 0 {
		return
	}
	for _, of := range []map[string]resource.Quantity{proxy.Resources.Limits, proxy.Resources.Requests} {
		cpu := of["cpu"]
		if threads := (cpu.MilliValue() + 999) / 1000; threads > 0 {
			proxy.Args = append(proxy.Args, "--concurrency", strconv.FormatInt(threads, 10))
			return
		}
	}
}
