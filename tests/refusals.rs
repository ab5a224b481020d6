//! What people get wrong in settings, through the pieces themselves: each is refused with file, line and path, and nothing
//! panics. What needs no piece to be refused is tested beside `meshhost-core`.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use meshhost::pipeline::{self, Participant, PipelineError};
use meshhost::source;
use meshhost_core::problem::Problem;
use meshhost_core::profile::Profiles;
use meshhost_core::release;
use meshhost_core::resolve::Layers;
use meshhost_runtime::{CacheDir, CallFailure, Limits, Piece, Runtime};
use serde_json::Value;

/// The `spec` of an IstioControlPlane, on line 4 of the file.
const REFUSED: &[&str] = &[
    // Keys that there are not, at each level.
    "hubb: x",
    "gateways: {component: {}}",
    "gateways: {components: {ingresGateway: {}}}",
    "gateways: {components: {ingressGateway: {enable: true}}}",
    "gateways: {components: {ingressGateway: {k8s: {replicas: 2}}}}",
    "gateways: {components: {ingressGateway: {k8s: {hpaSpec: {minReplica: 2}}}}}",
    "gateways: {components: {ingressGateway: {k8s: {strategy: {rollingUpdate: {maxSurges: 1}}}}}}",
    "values: {gatways: {}}",
    "values: {gateways: {istio-ingresgateway: {type: NodePort}}}",
    "values: {gateways: {istio-ingressgateway: {typ: NodePort}}}",
    "values: {gateways: {istio-ingressgateway: {ports: [{port: 80, nam: x}]}}}",
    "values: {global: {proxy: {concurency: 2}}}",
    "values: {global: {proxy: {envoyStatsd: {hosts: x}}}}",
    "values: {mixer: {policies: {enabled: true}}}",
    "values: {tracing: {jaegr: {tag: x}}}",
    "values: {prometheusOperator: {enabled: true}}",
    // Values of another type.
    "values: {pilot: {traceSampling: lots}}",
    "values: {pilot: {autoscaleMin: '1'}}",
    "values: {global: {mtls: {enabled: 'yes'}}}",
    "values: {global: {proxy: {concurrency: -1}}}",
    "values: {global: {imagePullSecrets: secret}}",
    "values: {global: {hub: [a]}}",
    "values: {gateways: {istio-ingressgateway: {ports: {http: 80}}}}",
    "values: {cni: {excludeNamespaces: kube-system}}",
    "values: {grafana: {persist: maybe}}",
    "unvalidatedValues: {pilot: {traceSampling: lots}}",
    "tag: 1.4",
    "trafficManagement: {components: {pilot: {k8s: {nodeSelector: {disk: 1}}}}}",
    "trafficManagement: {components: {pilot: {k8s: {env: {A: b}}}}}",
    "trafficManagement: {components: {pilot: {k8s: {env: [{name: A, value: 1}]}}}}",
    "trafficManagement: {components: {pilot: {k8s: {env: [{value: b}]}}}}",
    // Numbers out of range.
    "trafficManagement: {components: {pilot: {k8s: {replicaCount: -1}}}}",
    "trafficManagement: {components: {pilot: {k8s: {replicaCount: 1.5}}}}",
    "trafficManagement: {components: {pilot: {k8s: {replicaCount: 99999999999}}}}",
    "values: {pilot: {traceSampling: 101}}",
    "values: {pilot: {autoscaleMin: 5, autoscaleMax: 2}}",
    "values: {pilot: {autoscaleMin: 99999999999}}",
    "values: {mixer: {telemetry: {reportBatchMaxEntries: -99999999999}}}",
    // Quantities.
    "trafficManagement: {components: {pilot: {k8s: {resources: {requests: {cpu: 1x}}}}}}",
    "trafficManagement: {components: {pilot: {k8s: {resources: {limits: {memory: 12 Gi}}}}}}",
    "values: {global: {proxy: {resources: {requests: {cpu: half}}}}}",
    "values: {global: {defaultResources: {requests: {memory: 1gb}}}}",
    "values: {galley: {resources: {limits: {cpu: ''}}}}",
    // Ports.
    "values: {gateways: {istio-ingressgateway: {ports: [{port: 70000, name: x}]}}}",
    "values: {gateways: {istio-ingressgateway: {ports: [{port: 0, name: x}]}}}",
    "values: {gateways: {istio-ingressgateway: {ports: [{port: -1, name: x}]}}}",
    "values: {global: {proxy: {statusPort: 65536}}}",
    "values: {prometheus: {service: {nodePort: {enabled: true, port: 1000000}}}}",
    // Words that are not among those allowed.
    "values: {gateways: {istio-ingressgateway: {type: clusterip}}}",
    "values: {gateways: {istio-ingressgateway: {externalTrafficPolicy: global}}}",
    "values: {global: {imagePullPolicy: always}}",
    "values: {global: {outboundTrafficPolicy: {mode: ALLOW_ALL}}}",
    "values: {global: {proxy: {accessLogEncoding: XML}}}",
    "values: {global: {proxy: {tracer: jaegr}}}",
    "values: {tracing: {provider: zipkn}}",
    "values: {mixer: {telemetry: {loadshedding: {mode: enforced}}}}",
    "values: {pilot: {ingress: {ingressControllerMode: 'ON'}}}",
    "trafficManagement: {components: {pilot: {k8s: {imagePullPolicy: Sometimes}}}}",
    "trafficManagement: {components: {pilot: {k8s: {tolerations: [{key: a, effect: Never}]}}}}",
    "trafficManagement: {components: {pilot: {k8s: {strategy: {type: Rolling}}}}}",
    // Texts that do not have the form.
    "defaultNamespace: Istio_System",
    "cni: {components: {namespace: a.b}}",
    "hub: docker.io/istio x",
    "values: {gateways: {istio-ingressgateway: {loadBalancerSourceRanges: [10.0.0.0]}}}",
    "values: {gateways: {istio-ingressgateway: {rollingMaxSurge: 'abc%'}}}",
    "values: {global: {proxy: {dnsRefreshRate: 300}}}",
    "values: {pilot: {keepaliveMaxServerConnectionAge: soon}}",
    "trafficManagement: {components: {pilot: {k8s: {podDisruptionBudget: {minAvailable: few}}}}}",
    // Patches.
    "trafficManagement: {components: {pilot: {k8s: {overlays: {kind: Deployment}}}}}",
    "trafficManagement: {components: {pilot: {k8s: {overlays: [{name: istio-pilot}]}}}}",
    "trafficManagement: {components: {pilot: {k8s: {overlays: [{kind: Deployment, name: istio-pilot, patches: [{value: 1}]}]}}}}",
    "trafficManagement: {components: {pilot: {k8s: {overlays: [{kind: Deployment, name: istio-pilot, patches: [{path: '', value: 1}]}]}}}}",
    "trafficManagement: {components: {pilot: {k8s: {overlays: [{kind: Deployment, name: istio-pilot, patches: [{path: 'spec.template.spec.containers.[name:discovery', value: 1}]}]}}}}",
    "trafficManagement: {components: {pilot: {k8s: {overlays: [{kind: Deployment, name: istio-pilot, patches: [{path: 'spec.template.spec.containers.[name:nobody].image', value: x}]}]}}}}",
    "trafficManagement: {components: {pilot: {k8s: {overlays: [{kind: Deployment, name: istio-pilot, patches: [{path: 'spec.replicas.[0]', value: 1}]}]}}}}",
    "trafficManagement: {components: {pilot: {k8s: {overlays: [{kind: Deployment, name: nobody, patches: [{path: spec.replicas, value: 1}]}]}}}}",
];

/// `--set`s that do not fit, each alone or after the one before it.
const REFUSED_SETS: &[&[&str]] = &[
    &["values.pilot.traceSampling=101"],
    &["values.gateways.istio-ingressgateway.ports[0].port=70000"],
    &["values.gateways.istio-ingressgateway.type=Cluster"],
    &["values.pilot.resources.requests.cpu=1x"],
    &["values.global.mtls=true"],
    &[
        "values.global.mtls.enabled=true",
        "values.global.mtls.enabled.x=1",
    ],
    &["values.pilot.env=a"],
    &["trafficManagement.components.pilot.k8s.overlays[0].kind=Deployment"],
];

struct Lab {
    pieces: BTreeMap<String, Piece>,
    profiles: Profiles,
}

impl Lab {
    fn new() -> Self {
        // The same place as the command line's: what it has compiled is not compiled again.
        let folder = directories::ProjectDirs::from("dev", "meshhost", "meshhost")
            .map(|folders| folders.cache_dir().join("compiled"));
        let runtime = Runtime::new(folder.and_then(|folder| CacheDir::open(&folder).ok()));
        let pieces = ["control-plane", "cni", "gateway", "addons", "critical-pods"]
            .map(|name| {
                let bytes = source::builtin(name).unwrap();
                let piece = runtime.load_with(&bytes, name, |_| Limits::default());
                (name.to_owned(), piece.unwrap())
            })
            .into();
        Self {
            pieces,
            profiles: Profiles::builtin(),
        }
    }

    /// What is said of settings; nothing when they are accepted.
    fn refuse(&self, layers: Layers) -> Vec<Problem> {
        let schemas: BTreeMap<String, Value> = self
            .pieces
            .iter()
            .map(|(name, piece)| (name.clone(), piece.card().settings_schema.clone()))
            .collect();
        let chosen = match layers.choose(&self.profiles) {
            Ok(chosen) => chosen,
            Err(problems) => return problems.0,
        };
        let resolved = match chosen.resolve(&schemas) {
            Ok(resolved) => resolved,
            Err(problems) => return problems.0,
        };
        let participants: Vec<Participant<'_>> = resolved
            .pieces
            .iter()
            .filter(|settings| settings.enabled)
            .map(|settings| Participant {
                piece: &self.pieces[&settings.name],
                settings: settings.settings.clone(),
                namespace: settings.namespace.clone(),
                creates_namespace: false,
                files: &[],
                examined: false,
                once: meshhost_core::card::Once {
                    seed: [7; 32],
                    time: 1_577_836_800,
                },
            })
            .collect();
        let facts = release::facts(release::NEWEST).unwrap();
        match pipeline::render("default", &participants, &facts) {
            Ok(_) => Vec::new(),
            Err(PipelineError::Calls(errors)) => errors
                .iter()
                .flat_map(|error| match &error.failure {
                    CallFailure::Rejected(problems) => problems
                        .iter()
                        .map(|problem| resolved.blame(&error.piece, problem))
                        .collect::<Vec<_>>(),
                    other => panic!("piece {} failed: {other}", error.piece),
                })
                .collect(),
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn mistakes_in_files_and_flags() {
    let lab = Lab::new();
    let mut told = String::new();
    let mut accepted = Vec::new();
    let mut placeless = Vec::new();
    let mut tell = |what: String, place: &str, problems: Vec<Problem>| {
        let Some(first) = problems.first() else {
            accepted.push(what);
            return;
        };
        let line = first.to_string().replace("\n  ", " | ");
        if !line.starts_with(place) || first.path.is_empty() {
            placeless.push(format!("{what}: {line}"));
        }
        let _ = writeln!(told, "{what}\n    {line}");
    };
    for spec in REFUSED {
        let mut layers = Layers::new();
        layers.file(
            "f.yaml",
            &format!(
                "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  {spec}\n"
            ),
        );
        tell((*spec).to_owned(), "f.yaml:4:", lab.refuse(layers));
    }
    for sets in REFUSED_SETS {
        let mut layers = Layers::new();
        for set in *sets {
            layers.set(set);
        }
        tell(sets.join(" "), "--set ", lab.refuse(layers));
    }
    assert_eq!(accepted, Vec::<String>::new(), "accepted");
    assert_eq!(placeless, Vec::<String>::new(), "without place or path");
    insta::assert_snapshot!(told);
}
