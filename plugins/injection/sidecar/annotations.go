package sidecar

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"meshhost.dev/injection/kube"
)

const (
	annotationInject  = "sidecar.istio.io/inject"
	annotationStatus  = "sidecar.istio.io/status"
	annotationRewrite = "sidecar.istio.io/rewriteAppHTTPProbers"
)

// annotations of Istio 1.4 that may stand at a pod, with what their values must be.
var annotations = map[string]func(string) error{
	annotationInject:                                        anything,
	annotationStatus:                                        anything,
	annotationRewrite:                                       anything,
	"sidecar.istio.io/bootstrapOverride":                    anything,
	"sidecar.istio.io/controlPlaneAuthPolicy":               anything,
	"sidecar.istio.io/discoveryAddress":                     anything,
	"sidecar.istio.io/interceptionMode":                     interceptionMode,
	"sidecar.istio.io/proxyCPU":                             anything,
	"sidecar.istio.io/proxyImage":                           anything,
	"sidecar.istio.io/proxyMemory":                          anything,
	"sidecar.istio.io/statsInclusionPrefixes":               anything,
	"sidecar.istio.io/statsInclusionRegexps":                anything,
	"sidecar.istio.io/statsInclusionSuffixes":               anything,
	"sidecar.istio.io/userVolume":                           anything,
	"sidecar.istio.io/userVolumeMount":                      anything,
	"status.sidecar.istio.io/port":                          port,
	"readiness.status.sidecar.istio.io/applicationPorts":    allOr(portList),
	"readiness.status.sidecar.istio.io/failureThreshold":    wholeNumber,
	"readiness.status.sidecar.istio.io/initialDelaySeconds": wholeNumber,
	"readiness.status.sidecar.istio.io/periodSeconds":       wholeNumber,
	"traffic.sidecar.istio.io/excludeInboundPorts":          portList,
	"traffic.sidecar.istio.io/excludeOutboundIPRanges":      ranges,
	"traffic.sidecar.istio.io/excludeOutboundPorts":         portList,
	"traffic.sidecar.istio.io/includeInboundPorts":          allOr(portList),
	"traffic.sidecar.istio.io/includeOutboundIPRanges":      allOr(ranges),
	"traffic.sidecar.istio.io/kubevirtInterfaces":           anything,
}

// known beyond those that 1.4 checks: its template reads them.
var alsoKnown = []string{"sidecar.istio.io/logLevel", "sidecar.istio.io/componentLogLevel"}

func (work *work) checkAnnotations(of *kube.ObjectMeta, place string) {
	names := make([]string, 0, len(of.Annotations))
	for name := range of.Annotations {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value, at := of.Annotations[name], kube.Below(kube.Below(place, "annotations"), name)
		check, known := annotations[name]
		if known {
			if err := check(value); err != nil {
				work.refuse(at, fmt.Sprintf("%q is no value of the annotation %s: it must be %v", value, name, err))
			}
		} else if strings.Contains(name, "istio") && !slices.Contains(alsoKnown, name) {
			work.warn(at, fmt.Sprintf("Istio 1.4 knows no annotation %s: it may be misspelled", name))
		}
	}
}

func anything(string) error { return nil }

func interceptionMode(value string) error {
	if slices.Contains([]string{"REDIRECT", "TPROXY", "NONE"}, value) {
		return nil
	}
	return fmt.Errorf("REDIRECT, TPROXY or NONE")
}

func port(value string) error {
	if _, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16); err != nil {
		return fmt.Errorf("a port from 0 to 65535")
	}
	return nil
}

func portList(value string) error {
	if strings.TrimSpace(value) == "" {
		return nil
	}
	for _, one := range strings.Split(value, ",") {
		if port(one) != nil {
			return fmt.Errorf("ports from 0 to 65535 with commas between")
		}
	}
	return nil
}

func wholeNumber(value string) error {
	if _, err := strconv.ParseUint(value, 10, 32); err != nil {
		return fmt.Errorf("a whole number that is not negative")
	}
	return nil
}

func ranges(value string) error {
	if value == "" {
		return nil
	}
	for _, one := range strings.Split(value, ",") {
		if _, err := netip.ParsePrefix(one); err != nil {
			return fmt.Errorf("ranges such as 10.0.0.0/8 with commas between and no spaces; %q is none", one)
		}
	}
	return nil
}

func allOr(check func(string) error) func(string) error {
	return func(value string) error {
		if value == "*" {
			return nil
		}
		if err := check(value); err != nil {
			return fmt.Errorf("* or %w", err)
		}
		return nil
	}
}
