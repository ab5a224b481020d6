use serde_json::{Value, json};

use super::*;

/// What an object needs, as `ability field`; the objects of `own` are the piece's too.
fn needs_of(object: Value, own: &[Value]) -> Vec<String> {
    let object = Object::new(object).unwrap();
    let own = own
        .iter()
        .map(|own| Object::new(own.clone()).unwrap().id().clone())
        .chain([object.id().clone()])
        .collect();
    needs([&object], &own)
        .into_iter()
        .map(|need| format!("{} {}", need.ability, need.field))
        .collect()
}

fn named_object(api_version: &str, kind: &str, namespace: Option<&str>, rest: Value) -> Value {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}});
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = json!(namespace);
    }
    for (key, value) in rest.as_object().unwrap() {
        if key == "metadata" {
            let metadata = object["metadata"].as_object_mut().unwrap();
            metadata.extend(value.as_object().unwrap().clone());
        } else {
            object[key] = value.clone();
        }
    }
    object
}

fn pod(spec: Value) -> Value {
    named_object("v1", "Pod", Some("ns"), json!({ "spec": spec }))
}

fn container(container: Value) -> Value {
    pod(json!({"containers": [container]}))
}

#[test]
fn pods_take_of_their_node() {
    let c = json!([{}]);
    for (object, expected) in [
        (pod(json!({"containers": c})), &[][..]),
        (
            pod(json!({"containers": c, "hostNetwork": true, "hostPID": true, "hostIPC": true})),
            &[
                "host-pid spec.hostPID",
                "host-ipc spec.hostIPC",
                "host-network spec.hostNetwork",
            ],
        ),
        (pod(json!({"containers": c, "hostNetwork": false})), &[]),
        (
            pod(
                json!({"containers": c, "volumes": [{"emptyDir": {}}, {"hostPath": {"path": "/opt//cni/../x/"}}]}),
            ),
            &["host-path:/opt/x spec.volumes[1].hostPath.path"],
        ),
        (
            pod(json!({"containers": c, "volumes": [{"hostPath": {"path": "/opt*"}}]})),
            &["host-path:/opt\\u{2a} spec.volumes[0].hostPath.path"],
        ),
        (
            pod(json!({"containers": c, "volumes": [{"hostPath": {"path": "/\u{1b}[2J"}}]})),
            &["host-path:/\\u{1b}[2J spec.volumes[0].hostPath.path"],
        ),
        (
            container(json!({"securityContext": {"privileged": true}})),
            &["privileged spec.containers[0].securityContext.privileged"],
        ),
        (
            container(
                json!({"securityContext": {"privileged": false, "capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN", "CAP_SYS_ADMIN"]}}}),
            ),
            &[
                "capability:NET_ADMIN spec.containers[0].securityContext.capabilities.add",
                "capability:SYS_ADMIN spec.containers[0].securityContext.capabilities.add",
            ],
        ),
        (
            pod(
                json!({"containers": [], "initContainers": [{"securityContext": {"privileged": true}}], "ephemeralContainers": [{"securityContext": {"privileged": true}}]}),
            ),
            &[
                "privileged spec.ephemeralContainers[0].securityContext.privileged",
                "privileged spec.initContainers[0].securityContext.privileged",
            ],
        ),
        (
            container(json!({"ports": [{"hostPort": 0}, {"hostPort": 80}]})),
            &["host-port:80 spec.containers[0].ports[1].hostPort"],
        ),
        (
            container(
                json!({"securityContext": {"procMount": "Unmasked", "seccompProfile": {"type": "Unconfined"}, "appArmorProfile": {"type": "Unconfined"}, "seLinuxOptions": {"type": "spc_t"}, "windowsOptions": {"hostProcess": true}}}),
            ),
            &[
                "host-process spec.containers[0].securityContext.windowsOptions.hostProcess",
                "unconfined:apparmor spec.containers[0].securityContext.appArmorProfile",
                "unconfined:proc spec.containers[0].securityContext.procMount",
                "unconfined:seccomp spec.containers[0].securityContext.seccompProfile",
                "unconfined:selinux spec.containers[0].securityContext.seLinuxOptions",
            ],
        ),
        (
            container(
                json!({"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}, "seLinuxOptions": {"level": "s0"}}}),
            ),
            &[],
        ),
        (
            pod(
                json!({"containers": c, "securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}}),
            ),
            &["sysctl:kernel.msgmax spec.securityContext.sysctls[0]"],
        ),
    ] {
        assert_eq!(needs_of(object.clone(), &[]), expected, "{object}");
    }
}

#[test]
fn every_kind_of_workload_is_looked_into() {
    let spec = json!({"hostPID": true, "containers": []});
    let template = json!({"spec": spec});
    for (api_version, kind, body, field) in [
        ("v1", "Pod", json!({"spec": spec}), "spec.hostPID"),
        (
            "v1",
            "PodTemplate",
            json!({"template": template}),
            "template.spec.hostPID",
        ),
        (
            "v1",
            "ReplicationController",
            json!({"spec": {"template": template}}),
            "spec.template.spec.hostPID",
        ),
        (
            "apps/v1",
            "Deployment",
            json!({"spec": {"template": template}}),
            "spec.template.spec.hostPID",
        ),
        (
            "apps/v1",
            "DaemonSet",
            json!({"spec": {"template": template}}),
            "spec.template.spec.hostPID",
        ),
        (
            "apps/v1",
            "StatefulSet",
            json!({"spec": {"template": template}}),
            "spec.template.spec.hostPID",
        ),
        (
            "apps/v1",
            "ReplicaSet",
            json!({"spec": {"template": template}}),
            "spec.template.spec.hostPID",
        ),
        (
            "batch/v1",
            "Job",
            json!({"spec": {"template": template}}),
            "spec.template.spec.hostPID",
        ),
        (
            "batch/v1beta1",
            "CronJob",
            json!({"spec": {"jobTemplate": {"spec": {"template": template}}}}),
            "spec.jobTemplate.spec.template.spec.hostPID",
        ),
        (
            "argoproj.io/v1alpha1",
            "Rollout",
            json!({"spec": {"template": template}}),
            "spec.template.spec.hostPID",
        ),
        (
            "example.org/v1",
            "Fleet",
            json!({"spec": {"members": [{"template": template}]}}),
            "spec.members[0].template.spec.hostPID",
        ),
    ] {
        let object = named_object(api_version, kind, Some("ns"), body);
        assert_eq!(
            needs_of(object, &[]),
            [format!("host-pid {field}")],
            "{kind}"
        );
    }
    let annotated = json!({"spec": {"template": {
        "metadata": {"annotations": {"container.apparmor.security.beta.kubernetes.io/a": "unconfined"}},
        "spec": {"containers": []},
    }}});
    assert_eq!(
        needs_of(
            named_object("apps/v1", "Deployment", Some("ns"), annotated),
            &[]
        ),
        [
            "unconfined:apparmor metadata.annotations.container\\.apparmor\\.security\\.beta\\.kubernetes\\.io/a"
        ]
    );
}

#[test]
fn credentials_of_others_are_told() {
    let account = named_object("v1", "ServiceAccount", Some("ns"), json!({}));
    let secret = named_object("v1", "Secret", Some("ns"), json!({}));
    let elsewhere = named_object("v1", "ServiceAccount", Some("other"), json!({}));
    for (object, own, expected) in [
        (
            pod(json!({"containers": [], "serviceAccountName": "a"})),
            vec![account],
            &[][..],
        ),
        (
            pod(json!({"containers": [], "serviceAccountName": "a"})),
            vec![elsewhere],
            &["run-as:ns/a spec.serviceAccountName"],
        ),
        (
            pod(json!({"containers": [], "serviceAccount": "admin"})),
            vec![],
            &["run-as:ns/admin spec.serviceAccount"],
        ),
        (
            pod(json!({"containers": [], "serviceAccountName": "default"})),
            vec![],
            &[],
        ),
        (
            pod(json!({"containers": [], "volumes": [{"secret": {"secretName": "a"}}]})),
            vec![secret],
            &[],
        ),
        (
            pod(json!({"containers": [], "volumes": [{"secret": {"secretName": "b"}}]})),
            vec![],
            &["mount-secret:ns/b spec.volumes[0].secret.secretName"],
        ),
        (
            pod(
                json!({"containers": [], "volumes": [{"projected": {"sources": [{"secret": {"name": "b"}}, {"serviceAccountToken": {"path": "t"}}, {"serviceAccountToken": {"path": "t", "audience": "istio-ca"}}]}}]}),
            ),
            vec![],
            &[
                "mount-secret:ns/b spec.volumes[0].projected.sources[0].secret.name",
                "account-token:istio-ca spec.volumes[0].projected.sources[2].serviceAccountToken",
                "account-token:the API server spec.volumes[0].projected.sources[1].serviceAccountToken",
            ],
        ),
        (
            container(
                json!({"env": [{"valueFrom": {"secretKeyRef": {"name": "b", "key": "k"}}}], "envFrom": [{"secretRef": {"name": "c"}}]}),
            ),
            vec![],
            &[
                "mount-secret:ns/b spec.containers[0].env[0]",
                "mount-secret:ns/c spec.containers[0].envFrom[0]",
            ],
        ),
        (
            named_object(
                "v1",
                "Secret",
                Some("ns"),
                json!({"type": "kubernetes.io/service-account-token", "metadata": {"annotations": {"kubernetes.io/service-account.name": "x"}}}),
            ),
            vec![],
            &["token-secret:ns/x type"],
        ),
    ] {
        assert_eq!(needs_of(object.clone(), &own), expected, "{object}");
    }
}

fn role(kind: &str, groups: &[&str], resources: &[&str], verbs: &[&str], names: &[&str]) -> Value {
    let namespace = (kind == "Role").then_some("ns");
    let mut rule = json!({"apiGroups": groups, "resources": resources, "verbs": verbs});
    if !names.is_empty() {
        rule["resourceNames"] = json!(names);
    }
    named_object(
        "rbac.authorization.k8s.io/v1",
        kind,
        namespace,
        json!({"rules": [rule]}),
    )
}

#[test]
fn rules_that_are_worth_a_question() {
    let rbac = "rbac.authorization.k8s.io";
    for (object, expected) in [
        (
            role("ClusterRole", &["*"], &["*"], &["*"], &[]),
            &["cluster-admin rules[0]"][..],
        ),
        (
            role("Role", &["*"], &["*"], &["*"], &[]),
            &["namespace-admin:ns rules[0]"],
        ),
        (
            role(
                "ClusterRole",
                &[""],
                &["pods", "services"],
                &["get", "list", "watch"],
                &[],
            ),
            &[],
        ),
        (
            role("ClusterRole", &[""], &["secrets"], &["get"], &[]),
            &["read-secrets:* rules[0]"],
        ),
        (
            role("Role", &[""], &["secrets"], &["list"], &[]),
            &["read-secrets:ns rules[0]"],
        ),
        (
            role("Role", &[""], &["secrets"], &["get"], &["one", "t*"]),
            &[
                "read-secrets:ns/one rules[0]",
                "read-secrets:ns/t\\u{2a} rules[0]",
            ],
        ),
        (
            role("ClusterRole", &["*"], &["*"], &["get", "list"], &[]),
            &["read-secrets:* rules[0]", "exec:* rules[0]"],
        ),
        (
            role("ClusterRole", &["other"], &["secrets"], &["*"], &[]),
            &[],
        ),
        (
            role(
                "ClusterRole",
                &[rbac],
                &["clusterroles"],
                &["escalate"],
                &[],
            ),
            &["grant-rights:* rules[0]"],
        ),
        (
            role("ClusterRole", &[rbac], &["roles"], &["bind"], &["view"]),
            &["grant-rights:*/view rules[0]"],
        ),
        (
            role("ClusterRole", &[rbac], &["roles"], &["get", "create"], &[]),
            &[],
        ),
        (
            role(
                "ClusterRole",
                &[""],
                &["serviceaccounts"],
                &["impersonate"],
                &[],
            ),
            &["impersonate:* rules[0]"],
        ),
        (
            role("Role", &[""], &["serviceaccounts/token"], &["create"], &[]),
            &["create-tokens:ns rules[0]"],
        ),
        (
            role("Role", &[""], &["*/token"], &["*"], &[]),
            &["create-tokens:ns rules[0]"],
        ),
        (
            role("Role", &[""], &["pods/exec"], &["create"], &[]),
            &["exec:ns rules[0]"],
        ),
        (
            role("Role", &["apps"], &["deployments"], &["patch"], &[]),
            &["run-pods:ns rules[0]"],
        ),
        (
            role(
                "ClusterRole",
                &["admissionregistration.k8s.io"],
                &["mutatingwebhookconfigurations"],
                &["patch"],
                &["sidecar"],
            ),
            &["change-webhooks:*/sidecar rules[0]"],
        ),
        (
            role(
                "ClusterRole",
                &["certificates.k8s.io"],
                &["signers"],
                &["approve"],
                &["kubernetes.io/legacy-unknown"],
            ),
            &["sign-certificates:*/kubernetes.io/legacy-unknown rules[0]"],
        ),
    ] {
        assert_eq!(needs_of(object.clone(), &[]), expected, "{object}");
    }
    let names: Vec<String> = (0..17).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(
        needs_of(role("Role", &[""], &["secrets"], &["get"], &names), &[]),
        ["read-secrets:ns rules[0]"]
    );
}

#[test]
fn rights_given_to_others_and_taken_from_others() {
    let own_role = role("ClusterRole", &[], &[], &[], &[]);
    let account = named_object("v1", "ServiceAccount", Some("ns"), json!({}));
    let binding = |kind: &str, role_kind: &str, role: &str, subject: Value| {
        let namespace = (kind == "RoleBinding").then_some("ns");
        named_object(
            "rbac.authorization.k8s.io/v1",
            kind,
            namespace,
            json!({
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": role},
                "subjects": [subject],
            }),
        )
    };
    let own = json!({"kind": "ServiceAccount", "name": "a", "namespace": "ns"});
    for (object, expected) in [
        (
            binding("ClusterRoleBinding", "ClusterRole", "a", own.clone()),
            &[][..],
        ),
        (
            binding(
                "ClusterRoleBinding",
                "ClusterRole",
                "cluster-admin",
                own.clone(),
            ),
            &["cluster-admin roleRef"],
        ),
        (
            binding("RoleBinding", "ClusterRole", "cluster-admin", own.clone()),
            &["namespace-admin:ns roleRef"],
        ),
        (
            binding("RoleBinding", "ClusterRole", "edit", own.clone()),
            &["bind-role:ClusterRole edit in ns roleRef"],
        ),
        (
            binding("RoleBinding", "Role", "x", own),
            &["bind-role:Role x in ns roleRef"],
        ),
        (
            binding(
                "ClusterRoleBinding",
                "ClusterRole",
                "a",
                json!({"kind": "Group", "name": "system:authenticated"}),
            ),
            &["rights-for:Group system:authenticated subjects[0]"],
        ),
        (
            binding(
                "ClusterRoleBinding",
                "ClusterRole",
                "a",
                json!({"kind": "ServiceAccount", "name": "a", "namespace": "kube-system"}),
            ),
            &["rights-for:ServiceAccount kube-system/a subjects[0]"],
        ),
    ] {
        assert_eq!(
            needs_of(object.clone(), &[own_role.clone(), account.clone()]),
            expected,
            "{object}"
        );
    }
    let mut aggregated = own_role;
    aggregated["aggregationRule"] = json!({"clusterRoleSelectors": []});
    aggregated["metadata"]["labels"] = json!({"rbac.authorization.k8s.io/aggregate-to-admin": "true", "rbac.authorization.k8s.io/aggregate-to-view": "false"});
    assert_eq!(
        needs_of(aggregated, &[]),
        [
            "aggregate:admin metadata.labels.rbac\\.authorization\\.k8s\\.io/aggregate-to-admin",
            "aggregate:rules of others aggregationRule"
        ]
    );
}

#[test]
fn webhooks_that_see_everything() {
    let hook = |kind: &str, hook: Value| {
        named_object(
            "admissionregistration.k8s.io/v1",
            kind,
            None,
            json!({"webhooks": [hook]}),
        )
    };
    let rules = json!([{"resources": ["pods", "*/*"]}]);
    let opt_in = json!({"matchLabels": {"istio-injection": "enabled"}});
    let opt_out =
        json!({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["off"]}]});
    let mutating = "MutatingWebhookConfiguration";
    let validating = "ValidatingWebhookConfiguration";
    for (object, expected) in [
        (
            hook(mutating, json!({"rules": rules})),
            [
                "mutate-all:* webhooks[0].rules[0]",
                "mutate-all:pods webhooks[0].rules[0]",
            ],
        ),
        (
            hook(
                mutating,
                json!({"rules": rules, "namespaceSelector": opt_out}),
            ),
            [
                "mutate-all:* webhooks[0].rules[0]",
                "mutate-all:pods webhooks[0].rules[0]",
            ],
        ),
        (
            hook(
                mutating,
                json!({"rules": rules, "namespaceSelector": opt_in}),
            ),
            [
                "mutate-selected:* webhooks[0].rules[0]",
                "mutate-selected:pods webhooks[0].rules[0]",
            ],
        ),
        (
            hook(validating, json!({"rules": rules, "namespaceSelector": {}})),
            [
                "review-all:* webhooks[0].rules[0]",
                "review-all:pods webhooks[0].rules[0]",
            ],
        ),
        (
            hook(
                validating,
                json!({"rules": rules, "objectSelector": opt_in}),
            ),
            [
                "review-selected:* webhooks[0].rules[0]",
                "review-selected:pods webhooks[0].rules[0]",
            ],
        ),
    ] {
        assert_eq!(needs_of(object.clone(), &[]), expected, "{object}");
    }
    let policy = named_object(
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicy",
        None,
        json!({"spec": {"matchConstraints": {"resourceRules": [{"resources": ["secrets"]}]}}}),
    );
    assert_eq!(
        needs_of(policy, &[]),
        ["review-all:secrets spec.matchConstraints.resourceRules[0]"]
    );
}

#[test]
fn what_belongs_to_the_cluster() {
    for (object, expected) in [
        (
            named_object("v1", "ConfigMap", Some("kube-system"), json!({})),
            &["system-namespace:kube-system metadata.namespace"][..],
        ),
        (
            named_object("v1", "ConfigMap", Some("kube"), json!({})),
            &[],
        ),
        (
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-public"}}),
            &["system-namespace:kube-public metadata.namespace"],
        ),
        (
            named_object(
                "v1",
                "Namespace",
                None,
                json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}),
            ),
            &["open-namespace:a metadata.labels.pod-security\\.kubernetes\\.io/enforce"],
        ),
        (
            named_object(
                "v1",
                "Namespace",
                None,
                json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}),
            ),
            &[],
        ),
        (
            named_object(
                "apiregistration.k8s.io/v1",
                "APIService",
                None,
                json!({"spec": {"group": "metrics.k8s.io"}}),
            ),
            &["serve-api:metrics.k8s.io spec.group"],
        ),
        (
            named_object(
                "v1",
                "PersistentVolume",
                None,
                json!({"spec": {"hostPath": {"path": "/"}}}),
            ),
            &["host-path:/ spec.hostPath.path"],
        ),
    ] {
        assert_eq!(needs_of(object.clone(), &[]), expected, "{object}");
    }
}

#[test]
fn an_amendment_needs_what_it_adds() {
    use crate::bundle::tests::{card, facts};
    use crate::card::{Amendments, Contribution};
    use crate::selector::Selector;

    let any = || vec![Selector::default()];
    let (own, other) = (card("own", any(), any()), card("other", any(), any()));
    let pod = pod(json!({"containers": [{}], "hostPID": true}));
    let contribution = Contribution {
        objects: vec![pod.to_string()],
        ..Contribution::default()
    };
    let before = Bundle::combine(vec![(&other, contribution)], &facts()).unwrap();
    assert_eq!(contributed(&before, "own"), []);
    assert_eq!(contributed(&before, "other").len(), 1);
    let mut after = before.clone();
    let patch = json!({"spec": {"hostNetwork": true, "hostPID": true}});
    let amendments = Amendments {
        changes: vec![(0, patch.to_string())],
        diagnostics: Vec::new(),
    };
    after.amend(&own, &amendments).unwrap();
    let needs: Vec<String> = amended(&before, &after, "own")
        .iter()
        .map(|need| need.ability.to_string())
        .collect();
    assert_eq!(needs, ["host-network"]);
}
