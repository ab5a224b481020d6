// Package mesh reads the mesh configuration as the components of Istio 1.4 read it: what is not said has its default. It
// owns the defaults and must not know what the configuration is for.
package mesh

import (
	"fmt"
	"strings"
	"time"

	"github.com/gogo/protobuf/jsonpb"
	"github.com/gogo/protobuf/proto"
	"github.com/gogo/protobuf/types"
	api "istio.io/api/mesh/v1alpha1"
	"sigs.k8s.io/yaml"
)

// Read gives the mesh configuration that a text in YAML means.
func Read(text string) (*api.MeshConfig, error) {
	config := defaults()
	if err := merge(text, config); err != nil {
		return nil, err
	}
	// What the text says of proxies has replaced their defaults as a whole: they are laid below it.
	said := config.DefaultConfig
	config.DefaultConfig = proxyDefaults()
	if said != nil {
		again, err := (&jsonpb.Marshaler{}).MarshalToString(said)
		if err != nil {
			return nil, err
		}
		if err := merge(again, config.DefaultConfig); err != nil {
			return nil, err
		}
	}
	return config, check(config)
}

// merge reads YAML into a message. Fields of later versions are left out.
func merge(text string, into proto.Message) error {
	json, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return err
	}
	if string(json) == "null" {
		return nil
	}
	reader := jsonpb.Unmarshaler{AllowUnknownFields: true}
	return reader.Unmarshal(strings.NewReader(string(json)), into)
}

func defaults() *api.MeshConfig {
	return &api.MeshConfig{
		DisablePolicyChecks:            true,
		RootNamespace:                  "istio-system",
		ProxyListenPort:                15001,
		ConnectTimeout:                 types.DurationProto(time.Second),
		IngressService:                 "istio-ingressgateway",
		EnableTracing:                  true,
		AccessLogFile:                  "/dev/stdout",
		DefaultConfig:                  proxyDefaults(),
		DefaultServiceExportTo:         []string{"*"},
		DefaultVirtualServiceExportTo:  []string{"*"},
		DefaultDestinationRuleExportTo: []string{"*"},
		OutboundTrafficPolicy: &api.MeshConfig_OutboundTrafficPolicy{
			Mode: api.MeshConfig_OutboundTrafficPolicy_ALLOW_ANY,
		},
		DnsRefreshRate:           types.DurationProto(5 * time.Second),
		ProtocolDetectionTimeout: types.DurationProto(100 * time.Millisecond),
		EnableAutoMtls:           &types.BoolValue{Value: false},
	}
}

func proxyDefaults() *api.ProxyConfig {
	return &api.ProxyConfig{
		ConfigPath:             "/etc/istio/proxy",
		BinaryPath:             "/usr/local/bin/envoy",
		ServiceCluster:         "istio-proxy",
		DrainDuration:          types.DurationProto(45 * time.Second),
		ParentShutdownDuration: types.DurationProto(time.Minute),
		DiscoveryAddress:       "istio-pilot:15010",
		ConnectTimeout:         types.DurationProto(time.Second),
		EnvoyMetricsService:    &api.RemoteService{},
		EnvoyAccessLogService:  &api.RemoteService{},
		ProxyAdminPort:         15000,
		StatNameLength:         189,
	}
}

func check(config *api.MeshConfig) error {
	proxy := config.DefaultConfig
	for name, port := range map[string]int32{
		"proxyListenPort": config.ProxyListenPort, "defaultConfig.proxyAdminPort": proxy.ProxyAdminPort,
	} {
		if port < 1 || port > 65535 {
			return fmt.Errorf("%s must be a port from 1 to 65535, not %d", name, port)
		}
	}
	for name, duration := range map[string]*types.Duration{
		"defaultConfig.drainDuration":          proxy.DrainDuration,
		"defaultConfig.parentShutdownDuration": proxy.ParentShutdownDuration,
		"defaultConfig.connectTimeout":         proxy.ConnectTimeout,
	} {
		if length, err := types.DurationFromProto(duration); err != nil || length < time.Millisecond {
			return fmt.Errorf("%s must be a time of at least 1ms", name)
		}
	}
	if host, port, found := strings.Cut(proxy.DiscoveryAddress, ":"); !found || host == "" || port == "" {
		return fmt.Errorf("defaultConfig.discoveryAddress must be HOST:PORT, not %q", proxy.DiscoveryAddress)
	}
	return nil
}
