//! CoreDNS with a plug-in that knows the names of other clusters' services. Must not know the mesh.

use meshhost_istio::object::{self, rule};
use meshhost_istio::pod::{self, Scheduling};
use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::deployment::Deployment;

/// All objects of CoreDNS.
pub(crate) fn objects(ctx: &Context<'_>) -> Vec<Value> {
    let namespace = &ctx.namespace.core_dns;
    let labels = json!({ "app": "istiocoredns" });
    let account = "istiocoredns-service-account";
    vec![
        object::cluster_role(
            "istiocoredns",
            labels.clone(),
            &[rule(
                &["networking.istio.io"],
                &["*"],
                &["get", "watch", "list"],
            )],
        ),
        object::cluster_role_binding(
            &format!("istio-istiocoredns-role-binding-{namespace}"),
            labels.clone(),
            "istiocoredns",
            account,
            namespace,
        ),
        object::service_account(account, namespace, labels.clone(), ctx.global()),
        object::config_map(
            "coredns",
            namespace,
            labels.clone(),
            json!({ "Corefile": corefile(ctx.values.istiocoredns.core_dns_tag.as_str()) }),
        ),
        deployment(ctx, account),
        object::service(
            "istiocoredns",
            namespace,
            labels.clone(),
            json!([
                { "name": "dns", "port": 53, "protocol": "UDP" },
                { "name": "dns-tcp", "port": 53, "protocol": "TCP" },
            ]),
            labels,
        ),
    ]
}

/// CoreDNS after 1.4.0 has the plug-ins `grpc` and `forward` where older ones have `proxy`.
fn corefile(tag: &str) -> String {
    let upstream = if newer_than_1_4_0(tag) {
        // With the remark that istioctl's has: files are compared as texts.
        "# Removed support for the proxy plugin: https://coredns.io/2019/03/03/coredns-1.4.0-release/
      grpc global 127.0.0.1:8053
      forward . /etc/resolv.conf {
        except global
      }"
    } else {
        "proxy global 127.0.0.1:8053 {
        protocol grpc insecure
      }
      proxy . /etc/resolv.conf"
    };
    format!(
        ".:53 {{
      errors
      health
      {upstream}
      prometheus :9153
      cache 30
      reload
    }}"
    )
}

fn newer_than_1_4_0(tag: &str) -> bool {
    let numbers: Vec<u32> = tag
        .trim_start_matches('v')
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|part| part.parse().ok())
        .take(3)
        .collect();
    numbers > vec![1, 4, 0]
}

fn deployment(ctx: &Context<'_>, account: &str) -> Value {
    let (global, dns) = (ctx.global(), &ctx.values.istiocoredns);
    let port = |port: u16, name: &str, protocol: &str| json!({ "containerPort": port, "name": name, "protocol": protocol });
    let mut plugin = json!({
        "name": "istio-coredns-plugin",
        "command": ["/usr/local/bin/plugin"],
        "image": dns.core_dns_plugin_image,
        "imagePullPolicy": global.image_pull_policy,
        "ports": [port(8053, "dns-grpc", "TCP")],
    });
    // In 1.4 the plug-in has the default resources, and none at all when CoreDNS has its own.
    if dns.resources.is_empty() {
        plugin["resources"] = json!(global.default_resources);
    }
    let mut pod = json!({
        "serviceAccountName": account,
        "containers": [
            {
                "name": "coredns",
                "image": format!("{}:{}", dns.core_dns_image, dns.core_dns_tag),
                "imagePullPolicy": global.image_pull_policy,
                "args": ["-conf", "/etc/coredns/Corefile"],
                "volumeMounts": [{ "name": "config-volume", "mountPath": "/etc/coredns" }],
                "ports": [port(53, "dns", "UDP"), port(53, "dns-tcp", "TCP"), port(9153, "metrics", "TCP")],
                "livenessProbe": {
                    "httpGet": { "path": "/health", "port": 8080, "scheme": "HTTP" },
                    "initialDelaySeconds": 60,
                    "timeoutSeconds": 5,
                    "successThreshold": 1,
                    "failureThreshold": 5,
                },
                "resources": pod::resources(global, &dns.resources),
            },
            plugin,
        ],
        "dnsPolicy": "Default",
        "volumes": [{ "name": "config-volume", "configMap": {
            "name": "coredns", "items": [{ "key": "Corefile", "path": "Corefile" }],
        } }],
    });
    let scheduling = Scheduling {
        node_selector: &dns.node_selector,
        required: &dns.pod_anti_affinity_label_selector,
        preferred: &dns.pod_anti_affinity_term_label_selector,
    };
    pod::schedule(&mut pod, global, scheduling, &dns.tolerations);
    let mut deployment = Value::from(Deployment {
        name: "istiocoredns",
        namespace: &ctx.namespace.core_dns,
        labels: json!({ "app": "istiocoredns" }),
        replicas: Some(dns.replica_count),
        rolling: Some((&dns.rolling_max_surge, &dns.rolling_max_unavailable)),
        selector: json!({ "app": "istiocoredns" }),
        pod_labels: json!({ "app": "istiocoredns", "release": object::RELEASE }),
        pod_annotations: pod::annotations(&dns.pod_annotations),
        pod,
    });
    deployment["spec"]["template"]["metadata"]["name"] = json!("istiocoredns");
    deployment
}
