use serde_json::{Value, json};

use super::*;
use crate::bundle::tests::{card, facts};
use crate::card::{Amendments, Contribution};
use crate::problem::Problems;
use crate::setting::Setting;
use crate::source::{Source, SourceKind};
use crate::yaml;

fn read_text(text: &str) -> Result<Vec<Policy>, String> {
    let source = Source::new(SourceKind::File, "mesh.yaml", format!("policies:\n{text}"));
    let mut problems = Problems::default();
    let mut spec: Setting = yaml::read(&source).unwrap().remove(0);
    super::by_name(&mut spec, &mut problems);
    let policies = read(&spec, &mut problems);
    problems
        .or(policies)
        .map_err(|problems| problems.to_string())
}

/// A Deployment of piece `one`, amended by piece `two`.
fn bundle(spec: Value) -> Bundle {
    let any = || vec![Selector::default()];
    let cards = [card("one", any(), Vec::new()), card("two", any(), any())];
    let object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"replicas": 2, "template": {"spec": spec}},
    });
    let contribution = Contribution {
        objects: vec![object.to_string()],
        ..Contribution::default()
    };
    let mut bundle = Bundle::combine(vec![(&cards[0], contribution)], &facts()).unwrap();
    let amendments = Amendments {
        changes: vec![(0, json!({"spec": {"paused": false}}).to_string())],
        diagnostics: Vec::new(),
    };
    bundle.amend(&cards[1], &amendments).unwrap();
    bundle
}

/// What a policy says of a Deployment with this pod spec, without the part that is always the same.
fn said(policy: &str, spec: Value) -> Vec<String> {
    let policies =
        read_text(&format!("- name: p\n{policy}")).unwrap_or_else(|error| panic!("{error}"));
    let surroundings = Surroundings {
        installation: "mesh".to_owned(),
    };
    let head = "Deployment.apps shop/web (piece one, amended by two): policy p: ";
    violations(&policies, &bundle(spec), &surroundings)
        .iter()
        .map(|violation| violation.to_string().strip_prefix(head).unwrap().to_owned())
        .collect()
}

fn expression(text: &str) -> String {
    format!("  validations:\n  - expression: {}\n", json!(text))
}

#[test]
fn expressions_are_those_of_admission_policies() {
    let spec = json!({"containers": [{"name": "a", "image": "docker.io/x:1"}, {"name": "b", "image": "y"}]});
    for (text, expected) in [
        ("object.spec.replicas <= 2", &[][..]),
        (
            "object.spec.replicas == 3",
            &["validations[0]: `object.spec.replicas == 3` is not true"],
        ),
        (
            "object.spec.replicas + 1 == 3 && has(object.metadata.labels.app)",
            &[],
        ),
        (
            "!has(object.spec.missing) && object.metadata.name.startsWith('web')",
            &[],
        ),
        (
            "object.spec.template.spec.containers.all(c, c.image.matches('^docker.io/'))",
            &[
                "validations[0]: `object.spec.template.spec.containers.all(c, c.image.matches('^docker.io/'))` is not true",
            ],
        ),
        (
            "object.spec.template.spec.containers.exists(c, c.name == 'b')",
            &[],
        ),
        (
            "piece == 'one' && 'two' in amendedBy && installation == 'mesh'",
            &[],
        ),
        (
            "object.metadata.name.lowerAscii().split('e').size() == 2",
            &[],
        ),
        (
            "object.spec.missing > 1",
            &[
                "validations[0]: `object.spec.missing > 1` cannot be evaluated: No such key: missing",
            ],
        ),
        (
            "object.spec.replicas",
            &[
                "validations[0]: `object.spec.replicas` cannot be evaluated: it gives Int and neither true nor false",
            ],
        ),
    ] {
        assert_eq!(said(&expression(text), spec.clone()), expected, "{text}");
    }
}

#[test]
fn messages_and_conditions() {
    let spec = json!({"containers": []});
    let with = |rest: &str| format!("{}{rest}", expression("object.spec.replicas < 1"));
    assert_eq!(
        said(&with("    message: too many\n"), spec.clone()),
        ["validations[0]: too many"]
    );
    assert_eq!(
        said(
            &with(
                "    message: m\n    messageExpression: \"'not ' + string(object.spec.replicas)\"\n"
            ),
            spec.clone()
        ),
        ["validations[0]: not 2"]
    );
    // A message that cannot be made is no message.
    assert_eq!(
        said(
            &with("    message: m\n    messageExpression: object.nothing\n"),
            spec.clone()
        ),
        ["validations[0]: m"]
    );
    let conditions =
        |text: &str| format!("{}  matchConditions:\n  - expression: {text}\n", with(""));
    assert_eq!(
        said(&conditions("object.kind == 'Pod'"), spec.clone()),
        [""; 0]
    );
    assert_eq!(
        said(&conditions("object.kind == 'Deployment'"), spec.clone()).len(),
        1
    );
    assert_eq!(
        said(&conditions("object.none"), spec.clone()),
        ["matchConditions[0]: cannot be evaluated: No such key: none"]
    );
    let chooses = |kind: &str| format!("  match:\n  - kind: {kind}\n{}", with(""));
    assert_eq!(said(&chooses("Pod"), spec.clone()), [""; 0]);
    assert_eq!(said(&chooses("Deployment"), spec).len(), 1);
}

#[test]
fn ready_rules() {
    let image = |image: &str| json!({"containers": [{"image": image}]});
    let field = "spec.template.spec.containers[0].image";
    let registries = "  images:\n    registries: [docker.io/istio]\n";
    assert_eq!(said(registries, image("istio/pilot:1")), [""; 0]);
    assert_eq!(
        said(registries, image("evil/pilot")),
        [format!(
            "images.registries: {field}: \"evil/pilot\" does not come from docker.io/istio"
        )]
    );
    assert_eq!(
        said("  images: {digests: true}\n", image("a:1")),
        [format!(
            "images.digests: {field}: \"a:1\" is not named by digest"
        )]
    );
    assert_eq!(
        said(
            "  images: {digests: false, registries: [docker.io]}\n",
            image("a:1")
        ),
        [""; 0]
    );
    assert_eq!(
        said("  labels: [app, owner]\n", image("a")),
        ["labels: lacks the label owner"]
    );
    assert_eq!(
        said("  forbid: [{group: apps, kind: Deployment}]\n", image("a")),
        ["forbid: Deployment.apps is forbidden"]
    );
}

#[test]
fn pod_security_by_namespace() {
    let privileged = json!({"hostNetwork": true, "containers": [{"securityContext": {"capabilities": {"add": ["CHOWN", "NET_ADMIN"]}}}]});
    let baseline = "  podSecurity: {level: baseline}\n";
    assert_eq!(
        said(baseline, privileged.clone()),
        [
            "podSecurity baseline: spec.template.spec.hostNetwork: would use the network of the node",
            "podSecurity baseline: spec.template.spec.containers[0].securityContext.capabilities.add: would run containers with the Linux capability NET_ADMIN",
        ]
    );
    let exempt = "  podSecurity: {level: baseline, namespaces: {shop: privileged}}\n";
    assert_eq!(said(exempt, privileged), [""; 0]);
    let hardened = json!({
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": [{"name": "v", "emptyDir": {}}],
        "containers": [{"securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
    });
    let restricted = "  podSecurity: {level: restricted}\n";
    assert_eq!(said(restricted, hardened), [""; 0]);
    let path = "podSecurity restricted: spec.template.spec";
    assert_eq!(
        said(
            restricted,
            json!({"volumes": [{"name": "v", "nfs": {}}], "containers": [{"securityContext": {"runAsUser": 0}}]})
        ),
        [
            format!("{path}.volumes[0].nfs: is no volume that a restricted pod may have"),
            format!("{path}.containers[0].securityContext.allowPrivilegeEscalation: must be false"),
            format!(
                "{path}.containers[0].securityContext.runAsNonRoot: must be true, here or for the pod"
            ),
            format!("{path}.containers[0].securityContext.runAsUser: must not be 0"),
            format!(
                "{path}.containers[0].securityContext.seccompProfile.type: must be RuntimeDefault or Localhost, here or for the pod"
            ),
            format!("{path}.containers[0].securityContext.capabilities.drop: must have ALL"),
        ]
    );
}

#[test]
fn what_is_no_policy_is_refused_at_its_place() {
    let nested = "object.a.all(x, object.b.all(y, object.c.all(z, x == z)))";
    for (text, expected) in [
        (
            "- expression: a\n".to_owned(),
            "mesh.yaml:2:3: policies[0]: lacks `name`\n  a policy is named by `name: NAME`",
        ),
        (
            "- name: a\n".to_owned(),
            "mesh.yaml:2:9: policies.a: has no rules\n  give it `validations`, `images`, `labels`, `forbid` or `podSecurity`",
        ),
        (
            "- name: a\n  lables: [one]\n  labels: [two]\n".to_owned(),
            "mesh.yaml:3:3: policies.a.lables: is not a setting of a policy\n  did you mean `labels`?",
        ),
        (
            "- name: a\n  labels: [one]\n- name: a\n  labels: [two]\n".to_owned(),
            "mesh.yaml:4:9: policies[1].name: a policy of this name stands before (mesh.yaml:2:9)\n  give each policy of one document a name of its own",
        ),
        (
            "- name: a\n  podSecurity: {level: base}\n".to_owned(),
            "mesh.yaml:3:24: policies.a.podSecurity.level: must be a level of the Pod Security Standards, not a text `base`\n  did you mean `baseline`?",
        ),
        (
            format!("- name: a\n{}", expression("obj.spec == 1")),
            "mesh.yaml:4:17: policies.a.validations[0].expression: there is no variable `obj`\n  did you mean `object`?",
        ),
        (
            format!("- name: a\n{}", expression("object.name.startWith('a')")),
            "mesh.yaml:4:17: policies.a.validations[0].expression: there is no function `startWith`\n  did you mean `startsWith`?",
        ),
        (
            format!("- name: a\n{}", expression(nested)),
            "mesh.yaml:4:17: policies.a.validations[0].expression: goes through lists inside of lists 3 times\n  at most 2 times: split it into several expressions",
        ),
        (
            format!(
                "- name: a\n{}",
                expression(&format!("'{}' == ''", "x".repeat(5000)))
            ),
            "mesh.yaml:4:17: policies.a.validations[0].expression: has more than 4000 characters",
        ),
        (
            "- name: a\n  validations: [{message: x}]\n".to_owned(),
            "mesh.yaml:3:17: policies.a.validations[0]: lacks `expression`",
        ),
    ] {
        let error = read_text(&text).map(|_| ()).expect_err(&text);
        assert_eq!(error, expected, "{text}");
    }
    let error = read_text(&format!("- name: a\n{}", expression("object.spec ==="))).map(|_| ());
    let error = error.expect_err("is no CEL");
    assert!(
        error.starts_with(
            "mesh.yaml:4:17: policies.a.validations[0].expression: is not CEL: line 1, column "
        ),
        "{error}"
    );
}

#[test]
fn hostile_expressions_end() {
    for text in [
        "(".repeat(3_000),
        "!".repeat(3_000),
        "-".repeat(3_999),
        "[".repeat(3_000),
        "a.".repeat(1_500),
        "\u{0}".to_owned(),
    ] {
        assert!(Expression::compile(&text).is_err(), "{text}");
    }
}
