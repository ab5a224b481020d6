//! What policy and telemetry, the two services of mixer, have in common. Must not know what differs beyond [`Service`].

use meshhost_istio::object::{self, rule};
use meshhost_istio::pod::{self, ControlPlaneProxy, Scheduling};
use meshhost_istio::{CountOrPercent, Object, Resources, TextMap};
use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::deployment::{Deployment, push};
use crate::mesh_defaults;

/// One of the two services.
#[derive(Debug, Clone)]
pub(crate) struct Service<'a> {
    /// `policy` or `telemetry`.
    pub(crate) kind: &'static str,
    pub(crate) namespace: &'a str,
    pub(crate) account: &'static str,
    /// The label `app` of the Deployment.
    pub(crate) app: &'static str,
    pub(crate) image: &'a str,
    /// Left to the autoscaler if `None`.
    pub(crate) replicas: Option<u32>,
    pub(crate) rolling: (&'a CountOrPercent, &'a CountOrPercent),
    /// Whether configuration comes from galley, and from which address then.
    pub(crate) use_mcp: bool,
    pub(crate) config_store: String,
    pub(crate) config_namespace: &'a str,
    pub(crate) use_adapter_crds: bool,
    pub(crate) env: &'a TextMap,
    pub(crate) resources: &'a Resources,
    pub(crate) pod_annotations: &'a TextMap,
    pub(crate) scheduling: Scheduling<'a>,
    pub(crate) tolerations: &'a [Object],
    /// Envoy's bootstrap template, and the ConfigMap it is mounted from unless it is in the image.
    pub(crate) proxy_template: (&'static str, Option<&'static str>),
    /// Name of the port of the service's own metrics, and further ports.
    pub(crate) monitoring_port: &'static str,
    pub(crate) more_ports: Vec<Value>,
    pub(crate) session_affinity: bool,
}

impl Service<'_> {
    /// `istio-policy` or `istio-telemetry`.
    pub(crate) fn name(&self) -> String {
        format!("istio-{}", self.kind)
    }

    fn selector(&self) -> Value {
        json!({ "istio": "mixer", "istio-mixer-type": self.kind })
    }

    /// Account, role and what binds them; `role` is the name of the role.
    pub(crate) fn rights(&self, ctx: &Context<'_>, role: &str, binding: &str) -> Vec<Value> {
        let labels = json!({ "app": self.name() });
        let read = ["get", "list", "watch"];
        vec![
            object::cluster_role(
                role,
                labels.clone(),
                &[
                    rule(
                        &["config.istio.io"],
                        &["*"],
                        &["create", "get", "list", "watch", "patch"],
                    ),
                    rule(
                        &["apiextensions.k8s.io"],
                        &["customresourcedefinitions"],
                        &read,
                    ),
                    rule(
                        &[""],
                        &[
                            "configmaps",
                            "endpoints",
                            "pods",
                            "services",
                            "namespaces",
                            "secrets",
                            "replicationcontrollers",
                        ],
                        &read,
                    ),
                    rule(&["extensions", "apps"], &["replicasets"], &read),
                ],
            ),
            object::cluster_role_binding(
                &format!("{binding}-{}", self.namespace),
                labels.clone(),
                role,
                self.account,
                self.namespace,
            ),
            object::service_account(self.account, self.namespace, labels, ctx.global()),
        ]
    }

    /// The Service, how clients connect to it, and its disruption budget.
    pub(crate) fn reachability(&self, ctx: &Context<'_>) -> Vec<Value> {
        let (name, global) = (self.name(), ctx.global());
        let mut ports = json!([
            { "name": "grpc-mixer", "port": 9091 },
            { "name": "grpc-mixer-mtls", "port": 15004 },
            { "name": self.monitoring_port, "port": 15014 },
        ]);
        push(&mut ports, self.more_ports.iter().cloned());
        let mut service = object::service(
            &name,
            self.namespace,
            json!({ "app": "mixer", "istio": "mixer" }),
            ports,
            self.selector(),
        );
        if self.session_affinity {
            service["spec"]["sessionAffinity"] = json!("ClientIP");
        }
        let mut destination = json!({
            "apiVersion": "networking.istio.io/v1alpha3",
            "kind": "DestinationRule",
            "metadata": object::metadata(&name, self.namespace, json!({ "app": name })),
            "spec": {
                "host": format!("{name}.{}.svc.{}", self.namespace, global.proxy.cluster_domain),
                "trafficPolicy": {
                    "portLevelSettings": [
                        { "port": { "number": 15004 }, "tls": { "mode": "ISTIO_MUTUAL" } },
                        { "port": { "number": 9091 }, "tls": { "mode": "DISABLE" } },
                    ],
                    "connectionPool": { "http": { "http2MaxRequests": 10000, "maxRequestsPerConnection": 10000 } },
                },
            },
        });
        if !global.default_config_visibility_settings.is_empty() {
            destination["spec"]["exportTo"] = json!(["*"]);
        }
        let mut objects = vec![service, destination];
        if global.default_pod_disruption_budget.enabled {
            let mut labels = self.selector();
            labels["app"] = json!(self.kind);
            let mut selects = labels.clone();
            selects["release"] = json!(object::RELEASE);
            objects.push(object::disruption_budget(
                &name,
                self.namespace,
                labels,
                selects,
            ));
        }
        objects
    }

    /// The Deployment.
    pub(crate) fn deployment(&self, ctx: &Context<'_>) -> Value {
        let global = ctx.global();
        let mut pod = json!({
            "serviceAccountName": self.account,
            "containers": [self.container(ctx)],
            "volumes": self.volumes(ctx),
        });
        if global.control_plane_security_enabled {
            push(&mut pod["containers"], [self.proxy(ctx)]);
        }
        pod::schedule(&mut pod, global, self.scheduling, self.tolerations);
        let mut pod_labels = self.selector();
        pod_labels["app"] = json!(self.kind);
        Deployment {
            name: &self.name(),
            namespace: self.namespace,
            labels: json!({ "app": self.app, "istio": "mixer" }),
            replicas: self.replicas,
            rolling: Some(self.rolling),
            selector: self.selector(),
            pod_labels,
            pod_annotations: pod::annotations(self.pod_annotations),
            pod,
        }
        .into()
    }

    fn adapter_secret(&self) -> String {
        format!("{}-adapter-secret", self.kind)
    }

    fn container(&self, ctx: &Context<'_>) -> Value {
        let global = ctx.global();
        let mut env = vec![pod::field_env("POD_NAMESPACE", "metadata.namespace")];
        env.extend(self.env.iter().map(|(name, value)| pod::env(name, value)));
        let mut mounts = vec![
            json!({ "name": "uds-socket", "mountPath": "/sock" }),
            json!({
                "name": self.adapter_secret(),
                "mountPath": format!("/var/run/secrets/istio.io/{}/adapter", self.kind),
                "readOnly": true,
            }),
        ];
        if self.use_mcp {
            mounts.push(
                json!({ "name": "istio-certs", "mountPath": "/etc/certs", "readOnly": true }),
            );
        }
        json!({
            "name": "mixer",
            "image": pod::image(global, self.image),
            "imagePullPolicy": global.image_pull_policy,
            "ports": [{ "containerPort": 9091 }, { "containerPort": 15014 }, { "containerPort": 42422 }],
            "args": self.args(ctx),
            "env": env,
            "resources": pod::resources(global, self.resources),
            "volumeMounts": mounts,
            "livenessProbe": {
                "httpGet": { "path": "/version", "port": 15014 },
                "initialDelaySeconds": 5,
                "periodSeconds": 5,
            },
        })
    }

    fn args(&self, ctx: &Context<'_>) -> Vec<String> {
        let global = ctx.global();
        let mut args = vec!["--monitoringPort=15014".to_owned(), "--address".to_owned()];
        args.push(
            if global.control_plane_security_enabled {
                "unix:///sock/mixer.socket"
            } else {
                "tcp://0.0.0.0:9091"
            }
            .to_owned(),
        );
        if !global.logging.level.is_empty() {
            args.push(format!("--log_output_level={}", global.logging.level));
        }
        if global.log_as_json {
            args.push("--log_as_json".to_owned());
        }
        args.push(format!("--configStoreURL={}", self.config_store));
        args.push(format!(
            "--configDefaultNamespace={}",
            self.config_namespace
        ));
        args.push(format!("--useAdapterCRDs={}", self.use_adapter_crds));
        args.push("--useTemplateCRDs=false".to_owned());
        args.push(format!(
            "--trace_zipkin_url=http://{}/api/v1/spans",
            mesh_defaults::zipkin_address(global)
        ));
        args
    }

    fn proxy(&self, ctx: &Context<'_>) -> Value {
        let global = ctx.global();
        let (template, config_map) = self.proxy_template;
        let mut mounts = vec![json!({ "name": "uds-socket", "mountPath": "/sock" })];
        if let Some(config_map) = config_map {
            mounts.push(json!({ "name": config_map, "mountPath": "/var/lib/envoy" }));
        }
        if global.sds.enabled {
            mounts.extend(pod::sds_mounts());
        }
        let domain = format!("$(POD_NAMESPACE).svc.{}", global.proxy.cluster_domain);
        let args = [
            "proxy",
            "--domain",
            &domain,
            "--serviceCluster",
            &self.name(),
            "--templateFile",
            template,
            "--controlPlaneAuthPolicy",
            "MUTUAL_TLS",
        ];
        pod::control_plane_proxy(
            global,
            ControlPlaneProxy {
                args: args.map(str::to_owned).to_vec(),
                ports: vec![
                    json!({ "containerPort": 15004 }),
                    json!({ "containerPort": 15090, "protocol": "TCP", "name": "http-envoy-prom" }),
                ],
                mounts,
            },
        )
    }

    fn volumes(&self, ctx: &Context<'_>) -> Vec<Value> {
        let global = ctx.global();
        let secret = |name: &str, secret: &str| json!({ "name": name, "secret": { "secretName": secret, "optional": true } });
        let adapter = self.adapter_secret();
        let mut volumes = vec![
            secret("istio-certs", &format!("istio.{}", self.account)),
            json!({ "name": "uds-socket", "emptyDir": {} }),
            secret(&adapter, &adapter),
        ];
        if let Some(config_map) = self.proxy_template.1 {
            volumes.push(json!({ "name": config_map, "configMap": { "name": config_map } }));
        }
        if global.sds.enabled {
            volumes.extend(pod::sds_volumes(global));
        }
        volumes
    }
}
