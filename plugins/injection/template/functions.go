package template

import (
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/gogo/protobuf/jsonpb"
	"github.com/gogo/protobuf/proto"
	"github.com/gogo/protobuf/types"
	"meshhost.dev/injection/kube"
	"sigs.k8s.io/yaml"
)

// ProxyContainer is the container that ports of the application are not read from.
const ProxyContainer = "istio-proxy"

// functions are those that Istio 1.4 gives to its template, with what they do at the edges.
func (run *run) functions() map[string]any {
	return map[string]any{
		"annotation":          annotation,
		"applicationPorts":    func(of []kube.Container) string { return ports(of, true) },
		"contains":            func(part, whole string) bool { return strings.Contains(whole, part) },
		"directory":           func(file string) string { folder, _ := path.Split(file); return folder },
		"excludeInboundPort":  excludeInboundPort,
		"formatDuration":      formatDuration,
		"fromJSON":            run.fromJSON,
		"includeInboundPorts": func(of []kube.Container) string { return ports(of, false) },
		"indent":              indent,
		"isset":               func(in map[string]string, key string) bool { _, set := in[key]; return set },
		"kubevirtInterfaces":  func(names string) string { return names },
		"protoToJSON":         run.protoToJSON,
		"render":              run.again,
		"structToJSON":        run.structToJSON,
		"toJSON":              run.mapToJSON,
		"toJson":              run.mapToJSON,
		"toLower":             strings.ToLower,
		"toYaml":              run.toYAML,
		"valueOrDefault":      valueOrDefault,
	}
}

func annotation(of kube.ObjectMeta, name string, otherwise any) string {
	if value, set := of.Annotations[name]; set {
		return value
	}
	return fmt.Sprint(otherwise)
}

// ports are those of TCP, comma between.
func ports(of []kube.Container, application bool) string {
	var found []string
	for _, container := range of {
		if application && container.Name == ProxyContainer {
			continue
		}
		for _, port := range container.Ports {
			if port.Protocol != "UDP" && port.Protocol != "SCTP" {
				found = append(found, strconv.Itoa(int(port.ContainerPort)))
			}
		}
	}
	return strings.Join(found, ",")
}

// excludeInboundPort adds a port to a list, unless it is there or is none.
func excludeInboundPort(port any, excluded string) string {
	wanted := strings.TrimSpace(fmt.Sprint(port))
	if wanted == "" || wanted == "0" {
		return excluded
	}
	var all []string
	for _, one := range strings.Split(excluded, ",") {
		if one == wanted {
			return excluded
		}
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return strings.Join(append(all, wanted), ",")
}

func formatDuration(of *types.Duration) string {
	length, err := types.DurationFromProto(of)
	if err != nil {
		return "1s"
	}
	return length.String()
}

// indent leaves the first line where it stands.
func indent(spaces int, text string) string {
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", max(spaces, 0)))
}

func valueOrDefault(value, otherwise any) any {
	if value == nil || value == "" {
		return otherwise
	}
	return value
}

func (run *run) fromJSON(text string) any {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		run.warn("fromJSON: %q is not JSON: %v", text, err)
		return "{}"
	}
	return value
}

func (run *run) mapToJSON(entries map[string]string) string {
	if entries == nil {
		return "{}"
	}
	return run.structToJSON(entries)
}

func (run *run) structToJSON(value any) string {
	if value == nil {
		return "{}"
	}
	text, err := json.Marshal(value)
	if err != nil {
		run.warn("structToJSON: %v", err)
		return "{}"
	}
	return string(text)
}

func (run *run) protoToJSON(message proto.Message) string {
	if message == nil {
		return "{}"
	}
	text, err := (&jsonpb.Marshaler{}).MarshalToString(message)
	if err != nil {
		run.warn("protoToJSON: %v", err)
		return "{}"
	}
	return text
}

func (run *run) toYAML(value any) string {
	text, err := yaml.Marshal(value)
	if err != nil {
		run.warn("toYaml: %v", err)
		return ""
	}
	return string(text)
}
