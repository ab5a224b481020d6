//! What should work.

use meshhost_core::card;
use meshhost_core::profile::{Form, Profiles, part};
use meshhost_core::resolve::{Layers, PieceSource};
use meshhost_core::yaml::to_yaml_documents;
use serde_json::{Value, json};

use crate::{components, layers, resolve, settings, taking_part};

const CNI_FILE: &str = "apiVersion: install.istio.io/v1alpha2
kind: IstioControlPlane
spec:
  cni:
    enabled: true
    components:
      namespace: kube-system
  values:
    cni:
      excludeNamespaces: [istio-system, kube-system, monitoring]
  unvalidatedValues:
    cni:
      logLevel: info
";

#[test]
fn each_profile_installs_what_istio_1_4_did() {
    let everything = [
        "base",
        "citadel",
        "galley",
        "ingressGateway",
        "injector",
        "pilot",
        "policy",
        "prometheus",
        "telemetry",
    ];
    for (profile, expected) in [
        ("default", everything.to_vec()),
        (
            "demo",
            [
                &everything[..],
                &["egressGateway", "grafana", "kiali", "tracing"],
            ]
            .concat(),
        ),
        ("minimal", vec!["base", "pilot"]),
        ("remote", vec!["base", "citadel", "ingressGateway"]),
        ("sds", [&everything[..], &["nodeAgent"]].concat()),
    ] {
        let resolved = resolve(layers(&[&format!("profile={profile}")])).unwrap();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(components(&resolved), expected, "{profile}");
        assert_eq!(resolved.profile, profile);
        assert!(resolved.warnings.is_empty(), "{:?}", resolved.warnings);
    }
}

#[test]
fn the_guides_command() {
    let mut layers = Layers::new();
    layers.plugin(
        "cni.wasm",
        "cni",
        PieceSource::File("cni.wasm".into()),
        Some("a".repeat(64)),
    );
    for set in [
        "profile=demo",
        "cni.enabled=true",
        "cni.components.cni.namespace=kube-system",
        "values.gateways.istio-ingressgateway.type=ClusterIP",
    ] {
        layers.set(set);
    }
    let resolved = resolve(layers).unwrap();
    assert_eq!(
        taking_part(&resolved),
        ["control-plane", "cni", "gateway", "addons"]
    );
    let cni = settings(&resolved, "cni");
    assert_eq!(
        cni["components"]["cni"],
        json!({"enabled": true, "namespace": "kube-system"})
    );
    assert_eq!(cni["values"]["global"]["tag"], "1.4.2");
    let gateway = settings(&resolved, "gateway");
    assert_eq!(
        gateway["values"]["gateways"]["istio-ingressgateway"]["type"],
        "ClusterIP"
    );
    let control_plane = settings(&resolved, "control-plane");
    assert_eq!(
        control_plane["values"]["istio_cni"],
        json!({"enabled": true})
    );
    // Of the gateways' values, the control plane knows only a part, and gets only that.
    assert_eq!(
        control_plane["values"]["gateways"],
        json!({"istio-ingressgateway": {"enabled": true, "namespace": "istio-system"}})
    );
    let piece = &resolved.pieces[1];
    assert_eq!(piece.source, PieceSource::File("cni.wasm".into()));
    assert_eq!(piece.digest.as_deref(), Some("a".repeat(64).as_str()));
}

#[test]
fn the_guides_file() {
    let mut layers = Layers::new();
    layers.file("cni.yaml", CNI_FILE);
    let resolved = resolve(layers).unwrap();
    assert_eq!(resolved.profile, "default");
    let cni = settings(&resolved, "cni");
    assert_eq!(
        cni["components"]["cni"],
        json!({"enabled": true, "namespace": "kube-system"})
    );
    assert_eq!(
        cni["values"]["cni"]["excludeNamespaces"],
        json!(["istio-system", "kube-system", "monitoring"])
    );
    assert_eq!(
        cni["unvalidatedValues"],
        json!({"cni": {"logLevel": "info"}})
    );
    assert!(resolved.warnings.is_empty());
}

#[test]
fn a_plugin_alone_is_the_default_profile_and_that_piece() {
    let mut layers = Layers::new();
    layers.plugin(
        "cni.wasm",
        "cni",
        PieceSource::File("cni.wasm".into()),
        None,
    );
    let resolved = resolve(layers.clone()).unwrap();
    assert!(components(&resolved).contains(&"cni".to_owned()));
    assert!(components(&resolved).contains(&"pilot".to_owned()));
    // What is said on the command line counts more.
    layers.set("cni.enabled=false");
    assert!(!taking_part(&resolve(layers).unwrap()).contains(&"cni"));
}

#[test]
fn a_strangers_piece_is_added() {
    let mut layers = Layers::new();
    layers.plugin(
        "acme=./acme.wasm",
        "acme",
        PieceSource::File("./acme.wasm".into()),
        None,
    );
    layers.set("pieces.acme.settings.level=3");
    let resolved = resolve(layers).unwrap();
    assert_eq!(taking_part(&resolved).last(), Some(&"acme"));
    assert_eq!(settings(&resolved, "acme"), &json!({"level": 3}));
    let trace = resolved.trace("acme", "level").unwrap();
    assert_eq!(
        (trace.origin.text(), trace.path.as_str()),
        ("3", "pieces.acme.settings.level")
    );
}

#[test]
fn a_strangers_piece_can_take_the_place_of_a_built_in_one() {
    // A gateway under another name: what it reads is said by its schema alone.
    let mut schemas = crate::schemas::schemas();
    let gateway = schemas["gateway"].clone();
    schemas.insert("acme-gateway".to_owned(), gateway);
    let mut layers = Layers::new();
    layers.plugin(
        "acme-gateway=x.wasm",
        "acme-gateway",
        PieceSource::File("x.wasm".into()),
        None,
    );
    layers.set("pieces.gateway.enabled=false");
    layers.set("values.gateways.istio-ingressgateway.type=ClusterIP");
    let resolved = layers
        .choose(&Profiles::builtin())
        .unwrap()
        .resolve(&schemas)
        .unwrap();
    assert_eq!(
        taking_part(&resolved),
        ["control-plane", "addons", "acme-gateway"]
    );
    let acme = settings(&resolved, "acme-gateway");
    assert_eq!(acme["components"]["ingressGateway"]["enabled"], true);
    assert_eq!(
        acme["values"]["gateways"]["istio-ingressgateway"]["type"],
        "ClusterIP"
    );
}

#[test]
fn a_file_may_be_json() {
    let mut layers = Layers::new();
    layers.file(
        "f.json",
        "{\n\t\"apiVersion\": \"install.istio.io/v1alpha2\",\n\t\"kind\": \"IstioControlPlane\",\n\t\"spec\": {\"cni\": {\"enabled\": true}}\n}\n",
    );
    assert!(components(&resolve(layers).unwrap()).contains(&"cni".to_owned()));
}

#[test]
fn an_installation_document_speaks_of_pieces() {
    let mut layers = Layers::new();
    layers.file(
        "mesh.yaml",
        "apiVersion: meshhost.dev/v1alpha1
kind: Installation
metadata: {name: east}
spec:
  profile: minimal
  namespace: mesh
  pieces:
  - name: critical-pods
    enabled: true
    settings: {priorityClassName: system-node-critical}
    limits: {memory: 64Mi, time: 500ms}
    grants:
      files: {extra: ./extra}
      amends: [{kind: Deployment, name: istio-*}]
  - name: cni
    source: {oci: registry.example/cni:1}
    namespace: kube-system
---
apiVersion: install.istio.io/v1alpha2
kind: IstioControlPlane
spec: {cni: {enabled: true}}
",
    );
    let resolved = resolve(layers).unwrap();
    assert_eq!(
        (resolved.installation.as_str(), resolved.namespace.as_str()),
        ("east", "mesh")
    );
    assert_eq!(
        taking_part(&resolved),
        ["control-plane", "cni", "critical-pods"]
    );
    let cni = resolved
        .pieces
        .iter()
        .find(|piece| piece.name == "cni")
        .unwrap();
    assert_eq!(
        cni.source,
        PieceSource::Oci("registry.example/cni:1".into())
    );
    assert_eq!(
        cni.settings["components"]["cni"]["namespace"],
        "kube-system"
    );
    let control_plane = settings(&resolved, "control-plane");
    assert_eq!(control_plane["components"]["pilot"]["namespace"], "mesh");
    let critical = resolved.pieces.last().unwrap();
    let limits = critical.limits.0.iter();
    let limits: Vec<_> = limits.map(|said| (said.name, said.number)).collect();
    assert_eq!(limits, [("memory", 64 << 20), ("time", 500)]);
    assert_eq!(critical.grants.files["extra"].0, "./extra");
    assert!(critical.grants.amends.as_ref().unwrap()[0].kind.is_some());
}

#[test]
fn namespaces_come_from_the_nearest_that_says_one() {
    for (sets, pilot, citadel, base) in [
        (vec![], "istio-system", "istio-system", "istio-system"),
        (vec!["defaultNamespace=a"], "a", "a", "a"),
        (vec!["namespace=a"], "a", "a", "a"),
        (vec!["namespace=a", "defaultNamespace=b"], "b", "b", "b"),
        (
            vec!["trafficManagement.components.namespace=p"],
            "p",
            "istio-system",
            "istio-system",
        ),
        (
            vec![
                "trafficManagement.components.namespace=p",
                "trafficManagement.components.pilot.namespace=q",
            ],
            "q",
            "istio-system",
            "istio-system",
        ),
        (
            vec!["traffic_management.components.namespace=p"],
            "p",
            "istio-system",
            "istio-system",
        ),
    ] {
        let resolved = resolve(layers(&sets)).unwrap();
        let components = &settings(&resolved, "control-plane")["components"];
        let of = |name: &str| components[name]["namespace"].as_str().unwrap().to_owned();
        assert_eq!(
            (
                of("pilot").as_str(),
                of("citadel").as_str(),
                of("base").as_str()
            ),
            (pilot, citadel, base),
            "{sets:?}"
        );
        assert_eq!(
            settings(&resolved, "cni")["values"]["global"]["istioNamespace"],
            pilot,
            "{sets:?}"
        );
    }
}

#[test]
fn a_default_namespace_in_a_file_counts_without_set_only_as_in_istio_1_4() {
    let file = "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  defaultNamespace: mesh\n";
    let mut without = Layers::new();
    without.file("f.yaml", file);
    let mut with = without.clone();
    with.set("hub=docker.io/istio");
    let mut other = without.clone();
    other.set("pieces.critical-pods.enabled=false");
    let mut whole = with.clone();
    whole.namespace("east");
    for (layers, namespace, warnings) in [
        (without, "mesh", 0),
        (with, "istio-system", 1),
        (other, "mesh", 0),
        (whole, "east", 1),
    ] {
        let resolved = resolve(layers).unwrap();
        assert_eq!(
            settings(&resolved, "control-plane")["components"]["base"]["namespace"],
            namespace
        );
        assert_eq!(resolved.warnings.len(), warnings);
        assert!(resolved.warnings.iter().all(|warning| {
            warning
                .to_string()
                .starts_with("f.yaml:4:21: defaultNamespace: does not count")
        }));
    }
}

#[test]
fn what_is_typed_becomes_the_text_that_is_wanted() {
    let resolved = resolve(layers(&[
        "tag=1.10",
        "values.cni.tag=7,values.pilot.traceSampling=0.5",
    ]))
    .unwrap();
    let cni = settings(&resolved, "cni");
    assert_eq!(cni["values"]["global"]["tag"], "1.10");
    assert_eq!(cni["values"]["cni"]["tag"], "7");
    assert_eq!(
        settings(&resolved, "control-plane")["values"]["pilot"]["traceSampling"],
        0.5
    );
}

#[test]
fn null_takes_away_what_the_profile_says() {
    let resolved = resolve(layers(&[
        "profile=demo",
        "trafficManagement.components.pilot.k8s.env=null",
    ]))
    .unwrap();
    let pilot = &settings(&resolved, "control-plane")["components"]["pilot"];
    assert_eq!(pilot["k8s"].get("env"), None);
    assert!(pilot["k8s"].get("resources").is_some());
    let without = resolve(layers(&["pieces.addons=null"])).unwrap();
    assert!(!without.pieces.iter().any(|piece| piece.name == "addons"));
}

#[test]
fn settings_can_be_kept_and_laid_under() {
    let mut first = Layers::new();
    first.plugin(
        "cni.wasm",
        "cni",
        PieceSource::File("cni.wasm".into()),
        None,
    );
    first.file("cni.yaml", CNI_FILE);
    for set in [
        "profile=demo",
        "values.gateways.istio-ingressgateway.ports[1].port=8080",
        "values.pilot.traceSampling=null",
        "gateways.components.egressGateway=null",
        "gateways.components.egressGateway.enabled=false",
    ] {
        first.set(set);
    }
    let first = first.choose(&Profiles::builtin()).unwrap();
    let expected = first.resolve(&crate::schemas::schemas()).unwrap();
    let stored = to_yaml_documents(&first.given());

    let mut second = Layers::new();
    second.keep("revision 1", &stored);
    assert_eq!(second.profile_name(), "demo");
    let second = second.choose(&Profiles::builtin()).unwrap();
    let resolved = second.resolve(&crate::schemas::schemas()).unwrap();
    assert_eq!(resolved.pieces, expected.pieces);
    assert_eq!(
        to_yaml_documents(&second.given()),
        stored,
        "what is kept does not grow"
    );

    let mut third = Layers::new();
    third.keep("revision 1", &stored);
    third.set("values.cni.excludeNamespaces={a,b}");
    let resolved = resolve(third).unwrap();
    assert_eq!(
        settings(&resolved, "cni")["values"]["cni"]["excludeNamespaces"],
        json!(["a", "b"])
    );
    assert!(components(&resolved).contains(&"kiali".to_owned()));
}

#[test]
fn a_setting_is_found_again_where_it_was_written() {
    let mut layers = Layers::new();
    layers.file("cni.yaml", CNI_FILE);
    layers.set("hub=example.com/istio");
    let resolved = resolve(layers).unwrap();
    for (piece, path, place, written) in [
        (
            "cni",
            "components.cni.enabled",
            "cni.yaml:5:14",
            "cni.enabled",
        ),
        (
            "cni",
            "components.cni.namespace",
            "cni.yaml:7:18",
            "cni.components.namespace",
        ),
        (
            "cni",
            "values.cni.excludeNamespaces[1]",
            "cni.yaml:10:41",
            "values.cni.excludeNamespaces[1]",
        ),
        (
            "cni",
            "values.global.hub",
            "--set hub=example.com/istio",
            "hub",
        ),
        (
            "control-plane",
            "values.istio_cni.enabled",
            "cni.yaml:5:14",
            "cni.enabled",
        ),
        (
            "cni",
            "values.cni.none.deeper",
            "cni.yaml:9:5",
            "values.cni.none.deeper",
        ),
    ] {
        let trace = resolved.trace(piece, path).unwrap();
        assert_eq!(
            (trace.origin.to_string().as_str(), trace.path.as_str()),
            (place, written),
            "{piece} {path}"
        );
    }
    let resources = resolved
        .trace("control-plane", "components.pilot.k8s.resources")
        .unwrap();
    assert_eq!(
        resources.path,
        "trafficManagement.components.pilot.k8s.resources"
    );
    assert!(resources.origin.is_profile() && resources.origin.text() == "resources");
    let refused = card::Problem {
        path: "values.cni.excludeNamespaces".into(),
        message: "is too long".into(),
        hint: None,
    };
    assert_eq!(
        resolved.blame("cni", &refused).to_string(),
        "cni.yaml:10:7: values.cni.excludeNamespaces: piece cni: is too long"
    );
}

#[test]
fn profiles_are_listed_shown_and_compared() {
    let profiles = Profiles::builtin();
    assert_eq!(
        profiles.names(),
        [
            "default",
            "demo",
            "minimal",
            "remote",
            "sds",
            "empty",
            "istio/default",
            "istio/ambient",
            "istio/demo",
            "istio/minimal",
            "istio/empty",
            "istio/openshift",
        ]
    );
    for name in profiles.names() {
        assert!(!profiles.summary(name).is_empty(), "{name}");
    }
    let whole = profiles.dump("demo", Form::IstioControlPlane).unwrap();
    assert_eq!(whole["spec"]["profile"], "demo");
    let cni = part(&whole["spec"], "cni").unwrap();
    assert_eq!(cni, json!({"enabled": false}));
    let own = profiles.dump("minimal", Form::Installation).unwrap();
    let own = part(&own["spec"], "pieces").unwrap();
    let names: Vec<(&Value, &Value)> = own
        .as_array()
        .unwrap()
        .iter()
        .map(|piece| (&piece["name"], &piece["enabled"]))
        .collect();
    assert_eq!(
        names,
        [
            (&json!("control-plane"), &Value::Null),
            (&json!("cni"), &json!(false)),
            (&json!("gateway"), &json!(false)),
            (&json!("addons"), &json!(false)),
            (&json!("critical-pods"), &json!(false)),
        ]
    );
    let differences = profiles
        .diff("default", "sds", Form::IstioControlPlane)
        .unwrap();
    let nodeagent = differences
        .iter()
        .find(|one| one.path == "security.components.nodeAgent.enabled")
        .unwrap();
    assert_eq!(
        (&nodeagent.a, &nodeagent.b),
        (&Some(json!(false)), &Some(json!(true)))
    );
    assert!(
        profiles
            .diff("demo", "demo", Form::Installation)
            .unwrap()
            .is_empty()
    );
    let unknown = part(&whole["spec"], "cni.enabeld").unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "cni.enabeld: these settings say nothing of `enabeld` here\n  did you mean `enabled`?"
    );
}

#[test]
fn settings_are_shown_as_they_are_laid_over_a_profile() {
    let over = || {
        let mut layers = layers(&["profile=demo", "pieces.cni.namespace=other"]);
        layers.file("cni.yaml", CNI_FILE);
        layers
    };
    let chosen = over().choose(&Profiles::builtin()).unwrap();
    let control_plane = chosen.shown(Form::IstioControlPlane);
    assert_eq!(control_plane["spec"]["profile"], "demo");
    assert_eq!(control_plane["spec"]["cni"]["enabled"], true);
    let installation = chosen.shown(Form::Installation);
    let cni = part(&installation["spec"], "pieces[1]").unwrap();
    assert_eq!(
        (&cni["name"], &cni["namespace"]),
        (&json!("cni"), &json!("other"))
    );
    // What nothing was laid over is the profile.
    let plain = layers(&["profile=demo"])
        .choose(&Profiles::builtin())
        .unwrap();
    for form in [Form::IstioControlPlane, Form::Installation] {
        assert_eq!(
            plain.shown(form),
            Profiles::builtin().dump("demo", form).unwrap()
        );
    }
    // The values that the charts get: with what the API says and they look for there, and what is not checked on top.
    let values = resolve(over()).unwrap().values();
    assert_eq!(values["istio_cni"]["enabled"], true);
    assert_eq!(values["global"]["istioNamespace"], "istio-system");
    assert_eq!(values["cni"]["logLevel"], "info");
}

#[test]
fn a_profile_may_be_a_file_and_build_on_another_or_on_none() {
    let mut profiles = Profiles::builtin();
    profiles.insert(
        "./mine.yaml",
        "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec: {profile: minimal, cni: {enabled: true}}\n",
    );
    profiles.insert(
        "./empty.yaml",
        "apiVersion: meshhost.dev/v1alpha1\nkind: Installation\nspec: {pieces: []}\n",
    );
    let chosen = layers(&["profile=./mine.yaml"]).choose(&profiles).unwrap();
    let resolved = chosen.resolve(&crate::schemas::schemas()).unwrap();
    assert_eq!(components(&resolved), ["base", "cni", "pilot"]);
    let mut empty = layers(&[]);
    empty.profile("./empty.yaml");
    assert!(empty.choose(&profiles).unwrap().pieces.is_empty());
}

#[test]
fn the_merged_documents_give_the_same_again() {
    let mut layers = Layers::new();
    layers.file("cni.yaml", CNI_FILE);
    layers.set("profile=demo");
    let resolved = resolve(layers).unwrap();
    let documents = [
        resolved.installation_document().clone(),
        resolved.control_plane().clone(),
    ];
    let mut again = Layers::new();
    again.file("all.yaml", &to_yaml_documents(&documents));
    assert_eq!(resolve(again).unwrap().pieces, resolved.pieces);
}

#[test]
fn files_are_granted_beside_the_document_or_on_the_command_line() {
    let document = "apiVersion: meshhost.dev/v1alpha1
kind: Installation
spec:
  pieces:
  - name: addons
    source: {file: pieces/addons.wasm}
    grants:
      files: {beside: ./conf, absolute: /etc/conf, replaced: x}
";
    let mut layers = Layers::new();
    layers.file("prod/mesh.yaml", document);
    layers.grant("addons:replaced=./here");
    layers.grant("addons:more=a=b:c");
    let chosen = layers.choose(&Profiles::builtin()).unwrap();
    assert_eq!(chosen.file.as_deref(), Some("prod/mesh.yaml"));
    let addons = chosen.pieces.iter().find(|piece| piece.name == "addons");
    let addons = addons.unwrap();
    assert_eq!(
        addons.source,
        PieceSource::File("prod/pieces/addons.wasm".into())
    );
    let files: Vec<_> = addons
        .grants
        .files
        .iter()
        .map(|(wish, (path, _))| (wish.as_str(), path.as_str()))
        .collect();
    assert_eq!(
        files,
        [
            ("absolute", "/etc/conf"),
            ("beside", "prod/./conf"),
            ("more", "a=b:c"),
            ("replaced", "./here"),
        ]
    );
    // Kept with a revision, they mean the same from the same folder.
    let given: Vec<String> = chosen.given().iter().map(ToString::to_string).collect();
    let mut kept = Layers::new();
    kept.keep("revision 1", &given.join("\n---\n"));
    let kept = kept.choose(&Profiles::builtin()).unwrap();
    let again = kept.pieces.iter().find(|piece| piece.name == "addons");
    assert_eq!(again.unwrap().source, addons.source);
    assert_eq!(again.unwrap().grants.files["beside"].0, "prod/./conf");
}

#[test]
fn a_later_document_adds_policies_and_does_not_drop_them() {
    let document = |policies: &str| {
        format!(
            "apiVersion: meshhost.dev/v1alpha1\nkind: Installation\nspec:\n  policies:\n{policies}"
        )
    };
    let mut layers = Layers::new();
    layers.file(
        "base.yaml",
        &document("  - {name: owners, labels: [owner]}\n  - {name: pods, podSecurity: {level: baseline}}\n"),
    );
    layers.file(
        "prod.yaml",
        &document("  - {name: owners, labels: [app, owner]}\n"),
    );
    layers.set("policies.pods.podSecurity.level=restricted");
    let chosen = layers.choose(&Profiles::builtin()).unwrap();
    let told: Vec<String> = chosen
        .policies
        .iter()
        .map(|policy| format!("{} {:?}", policy.name, policy.rules))
        .collect();
    assert_eq!(
        told,
        [
            "owners [Labels([\"app\", \"owner\"])]",
            "pods [PodSecurity { level: Restricted, namespaces: {} }]",
        ]
    );
    let given: Vec<String> = chosen.given().iter().map(ToString::to_string).collect();
    let mut kept = Layers::new();
    kept.keep("revision 1", &given.join("\n---\n"));
    assert_eq!(kept.choose(&Profiles::builtin()).unwrap().policies.len(), 2);
}
