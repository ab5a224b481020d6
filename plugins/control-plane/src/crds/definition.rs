//! A custom resource definition in the form of `apiextensions.k8s.io/v1beta1`, of which Istio's use few features. Must not
//! know any definition.

use meshhost_piece::serde_json::Map;
use meshhost_piece::{Value, json};

/// A definition while it is put together.
pub(super) struct Definition {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    singular: bool,
    list_kind: bool,
    namespaced: bool,
    status: bool,
    short: Vec<&'static str>,
    categories: Vec<&'static str>,
    columns: Vec<Column>,
    labels: Map<String, Value>,
    schema: Option<Value>,
}

impl Definition {
    /// One with no more than names.
    pub(super) fn bare(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
    ) -> Self {
        Self {
            group,
            version,
            kind,
            plural,
            singular: false,
            list_kind: false,
            namespaced: true,
            status: false,
            short: Vec::new(),
            categories: Vec::new(),
            columns: Vec::new(),
            labels: Map::new(),
            schema: None,
        }
    }

    /// One of Istio's own: in the category of all of them, with a status.
    pub(super) fn new(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
    ) -> Self {
        Self {
            singular: true,
            status: true,
            categories: vec!["istio-io"],
            ..Self::bare(group, version, kind, plural)
        }
    }

    pub(super) fn cluster_scoped(mut self) -> Self {
        self.namespaced = false;
        self
    }

    /// Spells the kind of lists out.
    pub(super) fn list_kind(mut self) -> Self {
        self.list_kind = true;
        self
    }

    pub(super) fn short(mut self, name: &'static str) -> Self {
        self.short.push(name);
        self
    }

    pub(super) fn category(mut self, name: &'static str) -> Self {
        self.categories.push(name);
        self
    }

    pub(super) fn columns(mut self, columns: Vec<Column>) -> Self {
        self.columns = columns;
        self
    }

    pub(super) fn labels(mut self, labels: Labels) -> Self {
        self.labels = labels.0;
        self
    }

    /// What `spec` looks like.
    pub(super) fn schema(mut self, spec: Value) -> Self {
        self.schema = Some(spec);
        self
    }

    pub(super) fn object(self) -> Value {
        let mut names = json!({"kind": self.kind, "plural": self.plural});
        if self.singular {
            names["singular"] = self.kind.to_lowercase().into();
        }
        if self.list_kind {
            names["listKind"] = format!("{}List", self.kind).into();
        }
        if !self.short.is_empty() {
            names["shortNames"] = self.short.into();
        }
        if !self.categories.is_empty() {
            names["categories"] = self.categories.into();
        }
        let mut spec = json!({
            "group": self.group,
            "names": names,
            "scope": if self.namespaced { "Namespaced" } else { "Cluster" },
            "versions": [{"name": self.version, "served": true, "storage": true}],
        });
        if self.status {
            spec["subresources"] = json!({"status": {}});
        }
        if !self.columns.is_empty() {
            let columns = self.columns.into_iter().map(Column::value);
            spec["additionalPrinterColumns"] = columns.collect();
        }
        if let Some(schema) = self.schema {
            spec["validation"] = json!({"openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": schema},
            }});
        }
        json!({
            "apiVersion": "apiextensions.k8s.io/v1beta1",
            "kind": "CustomResourceDefinition",
            "metadata": {
                "name": format!("{}.{}", self.plural, self.group),
                "labels": self.labels,
            },
            "spec": spec,
        })
    }
}

/// The labels of a definition.
pub(super) struct Labels(Map<String, Value>);

impl Labels {
    pub(super) fn new(app: &str) -> Self {
        Self(Map::new())
            .with("app", app)
            .with("heritage", "Tiller")
            .with("release", "istio")
    }

    pub(super) fn chart(self) -> Self {
        self.chart_named("istio")
    }

    pub(super) fn chart_named(self, chart: &str) -> Self {
        self.with("chart", chart)
    }

    pub(super) fn istio(self, area: &str) -> Self {
        self.with("istio", area)
    }

    pub(super) fn package(self, package: &str) -> Self {
        self.with("package", package)
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

/// A column of `kubectl get`.
pub(super) struct Column {
    name: &'static str,
    path: &'static str,
    description: &'static str,
    kind: &'static str,
    wide: bool,
}

/// A column of texts.
pub(super) fn column(name: &'static str, path: &'static str, description: &'static str) -> Column {
    Column {
        name,
        path,
        description,
        kind: "string",
        wide: false,
    }
}

/// When the object was made, with the words that the Kubernetes API has for it.
pub(super) fn age() -> Column {
    Column {
        kind: "date",
        ..column(
            "Age",
            ".metadata.creationTimestamp",
            "CreationTimestamp is a timestamp representing the server time when this object was created. It is not \
             guaranteed to be set in happens-before order across separate operations. Clients may not set this value. \
             It is represented in RFC3339 form and is in UTC.\nPopulated by the system. Read-only. Null for lists. \
             More info: https://git.k8s.io/community/contributors/devel/api-conventions.md#metadata",
        )
    }
}

impl Column {
    /// Only shown with `-o wide`.
    pub(super) fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    fn value(self) -> Value {
        let mut column = json!({"name": self.name, "type": self.kind, "JSONPath": self.path});
        if !self.description.is_empty() {
            column["description"] = self.description.into();
        }
        if self.wide {
            column["priority"] = 1.into();
        }
        column
    }
}
