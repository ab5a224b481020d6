//! What pods take of their node and of others: the fields that Kubernetes' Pod Security Standards name, and credentials.
//! Owns finding pod specs in objects of any kind, the workloads of custom resources included.

use serde_json::{Map, Value};

use super::{At, entries, named, text, texts};
use crate::ability::Power;
use crate::object::Object;
use crate::path::Path;

const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];
/// What the legacy annotation is called (before Kubernetes 1.30).
const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// A pod spec inside an object.
pub(crate) struct Pod<'a> {
    pub(crate) path: Path,
    pub(crate) spec: &'a Value,
    /// The metadata beside it.
    pub(crate) metadata: Option<&'a Value>,
}

/// Every pod spec: a map with a list `containers`, wherever it is. A ConfigMap's texts are not looked into.
pub(crate) fn pods(object: &Object) -> Vec<Pod<'_>> {
    let mut found = Vec::new();
    let mut trail = Vec::new();
    map(object.manifest(), &mut trail, None, &mut found);
    found
}

/// A step that costs nothing until a pod is found.
#[derive(Clone, Copy)]
enum Crumb<'a> {
    Key(&'a str),
    Index(usize),
}

fn map<'a>(
    fields: &'a Map<String, Value>,
    trail: &mut Vec<Crumb<'a>>,
    metadata: Option<&'a Value>,
    found: &mut Vec<Pod<'a>>,
) {
    for (key, value) in fields {
        trail.push(Crumb::Key(key));
        walk(value, trail, fields.get("metadata").or(metadata), found);
        trail.pop();
    }
}

fn walk<'a>(
    value: &'a Value,
    trail: &mut Vec<Crumb<'a>>,
    metadata: Option<&'a Value>,
    found: &mut Vec<Pod<'a>>,
) {
    match value {
        Value::Object(fields) if fields.get("containers").is_some_and(Value::is_array) => {
            let path = trail.iter().fold(Path::root(), |path, crumb| match crumb {
                Crumb::Key(key) => path.key(key),
                Crumb::Index(index) => path.index(*index),
            });
            found.push(Pod {
                path,
                spec: value,
                metadata,
            });
        }
        Value::Object(fields) => map(fields, trail, None, found),
        Value::Array(list) => {
            for (number, below) in list.iter().enumerate() {
                trail.push(Crumb::Index(number));
                walk(below, trail, None, found);
                trail.pop();
            }
        }
        _ => {}
    }
}

/// An absolute path without detours, so that a grant for a folder means what is in it.
pub(super) fn host_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    named(&format!("/{}", parts.join("/")))
}

impl<'a> Pod<'a> {
    /// Containers of all kinds, with their paths.
    pub(crate) fn containers(&self) -> impl Iterator<Item = (Path, &'a Value)> {
        let (spec, base) = (self.spec, self.path.clone());
        CONTAINERS.iter().flat_map(move |list| {
            let path = base.key(list);
            entries(spec.get(list)).map(move |(number, one)| (path.index(number), one))
        })
    }
}

pub(super) fn look(object: &Object, at: &mut At<'_, '_>) {
    for pod in pods(object) {
        host(&pod, at);
        identity(&pod, at);
        volumes(&pod, at);
        for (path, container) in pod.containers() {
            self::container(container, &path, at);
        }
    }
}

fn host(pod: &Pod<'_>, at: &mut At<'_, '_>) {
    for (field, power) in [
        ("hostNetwork", Power::HostNetwork),
        ("hostPID", Power::HostPid),
        ("hostIPC", Power::HostIpc),
    ] {
        if pod.spec.get(field) == Some(&Value::Bool(true)) {
            at.need(power, "", &pod.path.key(field));
        }
    }
    if let Some(context) = pod.spec.get("securityContext") {
        let path = pod.path.key("securityContext");
        confinement(context, &path, at);
        for (number, sysctl) in entries(context.get("sysctls")) {
            let path = path.key("sysctls").index(number);
            at.need(Power::Sysctl, named(text(sysctl.get("name"))), &path);
        }
    }
    let annotations = pod
        .metadata
        .and_then(|metadata| metadata.get("annotations")?.as_object());
    for (key, value) in annotations.into_iter().flatten() {
        if key.starts_with(APPARMOR) && value == "unconfined" {
            at.need(
                Power::Unconfined,
                "apparmor",
                &Path::of("metadata.annotations").key(key),
            );
        }
    }
}

/// The service account. `default` is everybody's.
fn identity(pod: &Pod<'_>, at: &mut At<'_, '_>) {
    for field in ["serviceAccountName", "serviceAccount"] {
        let account = text(pod.spec.get(field));
        if !account.is_empty()
            && account != "default"
            && !at.owns("", "ServiceAccount", Some(at.namespace()), account)
        {
            at.need(Power::RunAs, at.in_namespace(account), &pod.path.key(field));
        }
    }
}

fn volumes(pod: &Pod<'_>, at: &mut At<'_, '_>) {
    for (number, volume) in entries(pod.spec.get("volumes")) {
        let path = pod.path.key("volumes").index(number);
        if let Some(host) = volume.get("hostPath").filter(|host| !host.is_null()) {
            let path = path.key("hostPath").key("path");
            at.need(Power::HostPath, host_path(text(host.get("path"))), &path);
        }
        if let Some(secret) = volume.pointer("/secret/secretName") {
            mounted(secret, &path.key("secret").key("secretName"), at);
        }
        let path = path.key("projected").key("sources");
        for (number, source) in entries(volume.pointer("/projected/sources")) {
            let path = path.index(number);
            if let Some(secret) = source.pointer("/secret/name") {
                mounted(secret, &path.key("secret").key("name"), at);
            }
            if let Some(token) = source
                .get("serviceAccountToken")
                .filter(|token| !token.is_null())
            {
                let audience = match text(token.get("audience")) {
                    "" => "the API server".to_owned(),
                    audience => named(audience),
                };
                at.need(
                    Power::AccountToken,
                    audience,
                    &path.key("serviceAccountToken"),
                );
            }
        }
    }
}

fn mounted(name: &Value, path: &Path, at: &mut At<'_, '_>) {
    let Some(name) = name.as_str() else { return };
    if !at.owns("", "Secret", Some(at.namespace()), name) {
        at.need(Power::MountSecret, at.in_namespace(name), path);
    }
}

fn container(container: &Value, path: &Path, at: &mut At<'_, '_>) {
    if let Some(context) = container.get("securityContext") {
        let path = path.key("securityContext");
        if context.get("privileged") == Some(&Value::Bool(true)) {
            at.need(Power::Privileged, "", &path.key("privileged"));
        }
        let added = path.key("capabilities").key("add");
        for capability in texts(context.pointer("/capabilities/add")) {
            // The kernel's `CAP_` is left out or not.
            let name = capability.strip_prefix("CAP_").unwrap_or(capability);
            at.need(Power::Capability, named(name), &added);
        }
        if !matches!(text(context.get("procMount")), "" | "Default") {
            at.need(Power::Unconfined, "proc", &path.key("procMount"));
        }
        confinement(context, &path, at);
    }
    for (number, port) in entries(container.get("ports")) {
        if let Some(port) = port
            .get("hostPort")
            .and_then(Value::as_i64)
            .filter(|port| *port != 0)
        {
            let path = path.key("ports").index(number).key("hostPort");
            at.need(Power::HostPort, port.to_string(), &path);
        }
    }
    for (number, variable) in entries(container.get("env")) {
        if let Some(secret) = variable.pointer("/valueFrom/secretKeyRef/name") {
            mounted(secret, &path.key("env").index(number), at);
        }
    }
    for (number, source) in entries(container.get("envFrom")) {
        if let Some(secret) = source.pointer("/secretRef/name") {
            mounted(secret, &path.key("envFrom").index(number), at);
        }
    }
}

/// What pods and containers can both say.
fn confinement(context: &Value, path: &Path, at: &mut At<'_, '_>) {
    for (field, name) in [
        ("seccompProfile", "seccomp"),
        ("appArmorProfile", "apparmor"),
    ] {
        if context
            .get(field)
            .is_some_and(|profile| text(profile.get("type")) == "Unconfined")
        {
            at.need(Power::Unconfined, name, &path.key(field));
        }
    }
    if let Some(options) = context.get("seLinuxOptions") {
        let usual = [
            "",
            "container_t",
            "container_init_t",
            "container_kvm_t",
            "container_engine_t",
        ];
        if !usual.contains(&text(options.get("type")))
            || !text(options.get("user")).is_empty()
            || !text(options.get("role")).is_empty()
        {
            at.need(Power::Unconfined, "selinux", &path.key("seLinuxOptions"));
        }
    }
    if context.pointer("/windowsOptions/hostProcess") == Some(&Value::Bool(true)) {
        at.need(
            Power::HostProcess,
            "",
            &path.key("windowsOptions").key("hostProcess"),
        );
    }
}
