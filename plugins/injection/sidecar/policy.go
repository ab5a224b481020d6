package sidecar

import (
	"fmt"
	"slices"
	"strings"

	"meshhost.dev/injection/kube"
)

// Policy is the part of the injector's configuration that says which pods the webhook injects.
type Policy struct {
	Policy               string               `json:"policy"`
	Template             string               `json:"template"`
	NeverInjectSelector  []kube.LabelSelector `json:"neverInjectSelector"`
	AlwaysInjectSelector []kube.LabelSelector `json:"alwaysInjectSelector"`
}

// optedOut is why the webhook would pass over a pod that could be injected, or nothing.
func (policy *Policy) optedOut(pod *kube.ObjectMeta, namespace string) string {
	if slices.Contains([]string{"kube-system", "kube-public"}, namespace) {
		return "it is in " + namespace
	}
	if said := pod.Annotations[annotationInject]; said != "" {
		if slices.Contains([]string{"y", "yes", "true", "on"}, strings.ToLower(said)) {
			return ""
		}
		return fmt.Sprintf("its annotation %s says %q", annotationInject, said)
	}
	for _, selector := range policy.NeverInjectSelector {
		if matches(selector, pod.Labels) {
			return "its labels are among those that are never injected"
		}
	}
	return ""
}

// matches is whether a selector that is not empty chooses the labels.
func matches(selector kube.LabelSelector, labels map[string]string) bool {
	for key, value := range selector.MatchLabels {
		if has, ok := labels[key]; !ok || has != value {
			return false
		}
	}
	for _, rule := range selector.MatchExpressions {
		value, has := labels[rule.Key]
		among := has && slices.Contains(rule.Values, value)
		switch rule.Operator {
		case "In":
			if !among {
				return false
			}
		case "NotIn":
			if among {
				return false
			}
		case "Exists":
			if !has {
				return false
			}
		case "DoesNotExist":
			if has {
				return false
			}
		default:
			return false
		}
	}
	return len(selector.MatchLabels)+len(selector.MatchExpressions) > 0
}
