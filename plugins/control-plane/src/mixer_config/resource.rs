//! The shape of Mixer's resources. Must not know any of them.

use meshhost_piece::serde_json::Map;
use meshhost_piece::{Value, json};

/// Whether the other end of a connection proved who it is; only the receiving side can tell.
pub(super) const SECURITY: &str = r#"conditional((context.reporter.kind | "inbound") == "outbound", "unknown", conditional(connection.mtls | false, "mutual_tls", "none"))"#;
/// Which side of a connection reports.
pub(super) const REPORTER: &str =
    r#"conditional((context.reporter.kind | "inbound") == "outbound", "source", "destination")"#;
/// Rules match these.
pub(super) const HTTP: &str = r#"context.protocol == "http" || context.protocol == "grpc""#;
pub(super) const TCP: &str = r#"context.protocol == "tcp""#;

/// Names and the expressions they stand for.
pub(super) type Expressions = &'static [(&'static str, &'static str)];

/// Which component resources belong to, and where they are.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) app: &'a str,
    pub(super) namespace: &'a str,
}

impl Owner<'_> {
    pub(super) fn resource(self, kind: &str, name: &str, spec: Value) -> Value {
        json!({
            "apiVersion": "config.istio.io/v1alpha2",
            "kind": kind,
            "metadata": meshhost_istio::object::metadata(name, self.namespace, json!({"app": self.app})),
            "spec": spec,
        })
    }

    /// An instance of a compiled-in template.
    pub(super) fn instance(self, name: &str, template: &str, params: Value) -> Value {
        let spec = json!({"compiledTemplate": template, "params": params});
        self.resource("instance", name, spec)
    }

    /// A handler of a compiled-in adapter.
    pub(super) fn handler(self, adapter: &str, params: Value) -> Value {
        let spec = json!({"compiledAdapter": adapter, "params": params});
        self.resource("handler", adapter, spec)
    }

    /// Sends instances to a handler when `matching` holds, always if it is empty.
    pub(super) fn rule(
        self,
        name: &str,
        matching: &str,
        handler: &str,
        instances: &[&str],
    ) -> Value {
        let mut spec = json!({"actions": [{"handler": handler, "instances": instances}]});
        if !matching.is_empty() {
            spec["match"] = matching.into();
        }
        self.resource("rule", name, spec)
    }
}

/// Expressions by name; later tables win.
pub(super) fn expressions(tables: &[Expressions]) -> Map<String, Value> {
    tables
        .iter()
        .flat_map(|table| table.iter())
        .map(|(name, expression)| ((*name).to_owned(), (*expression).into()))
        .collect()
}

/// Whether two objects are of the same kind, namespace and name.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    let identity = |object: &Value| {
        let metadata = &object["metadata"];
        [&object["kind"], &metadata["namespace"], &metadata["name"]].map(Value::clone)
    };
    identity(one) == identity(other)
}
