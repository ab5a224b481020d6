//! `rbac.istio.io/v1alpha1` and `security.istio.io/v1beta1`: who may do what.

use meshhost_piece::Value;

use super::definition::{Definition, Labels, age, column};
use super::schema::{int32, labels, list, object, text, texts, word};

pub(super) fn definitions() -> Vec<Definition> {
    let of_pilot = |area| Labels::new("istio-pilot").istio(area);
    let of_mixer = || {
        Labels::new("mixer")
            .chart()
            .istio("rbac")
            .package("istio.io.mixer")
    };
    let rbac = |kind, plural| {
        Definition::new("rbac.istio.io", "v1alpha1", kind, plural).category("rbac-istio-io")
    };
    vec![
        rbac("ClusterRbacConfig", "clusterrbacconfigs")
            .cluster_scoped()
            .labels(of_pilot("rbac"))
            .schema(config()),
        rbac("RbacConfig", "rbacconfigs")
            .labels(of_mixer())
            .schema(config()),
        rbac("ServiceRoleBinding", "servicerolebindings")
            .labels(of_mixer())
            .schema(binding())
            .columns(vec![
                column(
                    "Reference",
                    ".spec.roleRef.name",
                    "The name of the ServiceRole object being referenced",
                ),
                age(),
            ]),
        rbac("ServiceRole", "serviceroles")
            .labels(of_mixer())
            .schema(object! { rules: rules() }),
        Definition::new(
            "security.istio.io",
            "v1beta1",
            "AuthorizationPolicy",
            "authorizationpolicies",
        )
        .category("security-istio-io")
        .labels(of_pilot("security"))
        .schema(policy()),
    ]
}

fn enforcement() -> Value {
    word(&["ENFORCED", "PERMISSIVE"])
}

fn config() -> Value {
    let targets = || {
        object! {
            namespaces: texts(),
            services: texts(),
        }
    };
    object! {
        enforcementMode: enforcement(),
        exclusion: targets(),
        inclusion: targets(),
        mode: word(&["OFF", "ON", "ON_WITH_INCLUSION", "ON_WITH_EXCLUSION"]),
    }
}

fn rules() -> Value {
    list(object! {
        constraints: list(key_and_values()),
        hosts: texts(),
        methods: texts(),
        notHosts: texts(),
        notMethods: texts(),
        notPaths: texts(),
        notPorts: list(int32()),
        paths: texts(),
        ports: list(int32()),
        services: texts(),
    })
}

fn key_and_values() -> Value {
    object! {
        key: text(),
        values: texts(),
    }
}

fn binding() -> Value {
    object! {
        actions: rules(),
        mode: enforcement(),
        role: text(),
        roleRef: object! {
            kind: text(),
            name: text(),
        },
        subjects: list(object! {
            group: text(),
            groups: texts(),
            ips: texts(),
            names: texts(),
            namespaces: texts(),
            notGroups: texts(),
            notIps: texts(),
            notNames: texts(),
            notNamespaces: texts(),
            properties: labels(),
            user: text(),
        }),
    }
}

fn policy() -> Value {
    object! {
        rules: list(object! {
            from: list(object! {
                source: object! {
                    ipBlocks: texts(),
                    namespaces: texts(),
                    principals: texts(),
                    requestPrincipals: texts(),
                },
            }),
            to: list(object! {
                operation: object! {
                    hosts: texts(),
                    methods: texts(),
                    paths: texts(),
                    ports: texts(),
                },
            }),
            when: list(key_and_values()),
        }),
        selector: object! { matchLabels: labels() },
    }
}
