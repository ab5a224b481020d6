//! Discovery: which kinds the server serves, and where. Owns the reading of both forms (aggregated since Kubernetes 1.26,
//! one document a group version before); must not know what the kinds are for.

use std::collections::BTreeSet;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use meshhost_core::facts::ServedKind;
use meshhost_core::id::ObjectId;
use meshhost_core::object::Object;
use meshhost_core::waves::defines;
use serde_json::Value;

use crate::request::{Request, RequestError, encode};
use crate::session::Session;

/// Both stages of the aggregated form, and what older servers send.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                          application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,\
                          application/json";

/// A kind in one version, and where its objects are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) plural: String,
    pub(crate) namespaced: bool,
    pub(crate) verbs: BTreeSet<String>,
}

impl Resource {
    /// `group/version`, or the version.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Where a list of its objects is; `namespace` is not looked at for cluster-scoped kinds.
    pub(crate) fn list_path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() {
            "/api"
        } else {
            "/apis"
        };
        let mut path = format!("{root}/{}", self.api_version());
        if let Some(namespace) = namespace.filter(|_| self.namespaced) {
            path.push_str(&format!("/namespaces/{}", encode(namespace)));
        }
        format!("{path}/{}", self.plural)
    }

    /// Where an object is.
    pub(crate) fn path(&self, id: &ObjectId) -> String {
        format!(
            "{}/{}",
            self.list_path(id.namespace.as_deref()),
            encode(&id.name)
        )
    }

    /// All of its objects, for messages.
    pub(crate) fn all(&self) -> ObjectId {
        ObjectId {
            group: self.group.clone(),
            kind: self.kind.clone(),
            namespace: None,
            name: "*".to_owned(),
        }
    }

    pub(crate) fn id(&self, object: &Value) -> Option<ObjectId> {
        let text = |pointer: &str| object.pointer(pointer)?.as_str().map(str::to_owned);
        Some(ObjectId {
            group: self.group.clone(),
            kind: self.kind.clone(),
            namespace: text("/metadata/namespace"),
            name: text("/metadata/name")?,
        })
    }
}

/// Everything that is served, in the server's order of preference.
#[derive(Debug, Clone, Default)]
pub(crate) struct Discovery {
    resources: Vec<Resource>,
}

impl Discovery {
    /// Asks the server: two requests, on old servers one more a group version.
    pub(crate) async fn read(session: &Session<'_>) -> Result<Self, RequestError> {
        let mut resources = Vec::new();
        for root in ["/api", "/apis"] {
            let answer = session.send(Request::get(root).accept(AGGREGATED)).await?;
            if answer.body.get("kind").and_then(Value::as_str) == Some("APIGroupDiscoveryList") {
                resources.extend(aggregated(&answer.body));
            } else {
                resources.extend(one_by_one(session, root, &answer.body).await?);
            }
        }
        Ok(Self { resources })
    }

    pub(crate) fn served(&self) -> Vec<ServedKind> {
        let served: BTreeSet<ServedKind> = self
            .resources
            .iter()
            .map(|resource| ServedKind {
                api_version: resource.api_version(),
                kind: resource.kind.clone(),
                namespaced: resource.namespaced,
            })
            .collect();
        served.into_iter().collect()
    }

    pub(crate) fn has_group(&self, group: &str) -> bool {
        self.resources
            .iter()
            .any(|resource| resource.group == group)
    }

    pub(crate) fn resource(&self, api_version: &str, kind: &str) -> Option<&Resource> {
        self.resources
            .iter()
            .find(|resource| resource.kind == kind && resource.api_version() == api_version)
    }

    /// The preferred version of a kind.
    pub(crate) fn preferred(&self, group: &str, kind: &str) -> Option<&Resource> {
        self.resources
            .iter()
            .find(|resource| resource.group == group && resource.kind == kind)
    }

    /// All versions of a kind.
    pub(crate) fn versions(&self, group: &str, kind: &str) -> Vec<String> {
        self.resources
            .iter()
            .filter(|resource| resource.group == group && resource.kind == kind)
            .map(Resource::api_version)
            .collect()
    }

    /// The preferred version of a resource, by its plural name (what a definition's name starts with).
    pub(crate) fn plural(&self, group: &str, plural: &str) -> Option<&Resource> {
        self.resources
            .iter()
            .find(|resource| resource.group == group && resource.plural == plural)
    }

    /// Everything in a namespace that can be listed, each kind once.
    pub(crate) fn listable_in_namespaces(&self) -> Vec<&Resource> {
        let mut seen = BTreeSet::new();
        self.resources
            .iter()
            .filter(|resource| resource.namespaced && resource.verbs.contains("list"))
            .filter(|resource| seen.insert((&resource.group, &resource.kind)))
            .collect()
    }

    /// With what definitions of a bundle will add: their resources need no second discovery.
    pub(crate) fn with_definitions<'a>(&self, objects: impl Iterator<Item = &'a Object>) -> Self {
        let mut with = self.clone();
        for object in objects {
            for resource in defined(object) {
                if with
                    .resource(&resource.api_version(), &resource.kind)
                    .is_none()
                {
                    with.resources.push(resource);
                }
            }
        }
        with
    }
}

fn aggregated(list: &Value) -> Vec<Resource> {
    let mut found = Vec::new();
    let text = |value: &Value, pointer: &str| {
        value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    for group in items(list, "/items") {
        let name = text(group, "/metadata/name");
        for version in items(group, "/versions") {
            for resource in items(version, "/resources") {
                // A resource without a kind only carries subresources.
                let kind = text(resource, "/responseKind/kind");
                if kind.is_empty() {
                    continue;
                }
                found.push(Resource {
                    group: name.clone(),
                    version: text(version, "/version"),
                    kind,
                    plural: text(resource, "/resource"),
                    namespaced: text(resource, "/scope") == "Namespaced",
                    verbs: texts(resource, "/verbs"),
                });
            }
        }
    }
    found
}

async fn one_by_one(
    session: &Session<'_>,
    root: &str,
    list: &Value,
) -> Result<Vec<Resource>, RequestError> {
    let versions: Vec<String> = match root {
        "/api" => texts(list, "/versions").into_iter().collect(),
        _ => items(list, "/groups")
            .flat_map(|group| items(group, "/versions"))
            .filter_map(|version| version.get("groupVersion")?.as_str().map(str::to_owned))
            .collect(),
    };
    let documents: Vec<Vec<Resource>> = stream::iter(versions)
        .map(|version| async move {
            let request = Request::get(format!("{root}/{version}")).attempts(2);
            match session.send(request).await {
                Ok(answer) => Ok(legacy(&version, &answer.body)),
                // An aggregated API whose server is away: the rest of the cluster is none the worse for it.
                Err(error) if matches!(error.code(), Some(404 | 500 | 502..=504)) => Ok(Vec::new()),
                Err(error) => Err(error),
            }
        })
        .buffered(8)
        .try_collect()
        .await?;
    Ok(documents.into_iter().flatten().collect())
}

fn legacy(api_version: &str, list: &Value) -> Vec<Resource> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    items(list, "/resources")
        .filter_map(|resource| {
            let plural = resource.get("name")?.as_str()?;
            // `pods/log` and the like.
            if plural.contains('/') {
                return None;
            }
            Some(Resource {
                group: group.to_owned(),
                version: version.to_owned(),
                kind: resource.get("kind")?.as_str()?.to_owned(),
                plural: plural.to_owned(),
                namespaced: resource.get("namespaced")?.as_bool()?,
                verbs: texts(resource, "/verbs"),
            })
        })
        .collect()
}

fn defined(object: &Object) -> Vec<Resource> {
    let Some((group, kind)) = defines(object) else {
        return Vec::new();
    };
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let (Some(plural), Some(scope)) = (text("/spec/names/plural"), text("/spec/scope")) else {
        return Vec::new();
    };
    let listed = object.pointer("/spec/versions").and_then(Value::as_array);
    let mut versions: Vec<&str> = listed
        .into_iter()
        .flatten()
        .filter(|version| version.get("served") == Some(&Value::Bool(true)))
        .filter_map(|version| version.get("name")?.as_str())
        .collect();
    // v1beta1 may have one version only, and spell it so.
    versions.extend(text("/spec/version").filter(|_| versions.is_empty()));
    versions
        .into_iter()
        .map(|version| Resource {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            namespaced: scope == "Namespaced",
            verbs: ["get", "list", "watch", "patch", "delete"]
                .map(String::from)
                .into(),
        })
        .collect()
}

fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn texts(value: &Value, pointer: &str) -> BTreeSet<String> {
    items(value, pointer)
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let new = aggregated(
            &json!({"items": [{"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": [
                {"resource": "deployments", "responseKind": {"kind": "Deployment"}, "scope": "Namespaced", "verbs": ["list", "get"]},
                {"resource": "only-subresources", "scope": "Namespaced"},
            ]}]}]}),
        );
        let old = legacy(
            "apps/v1",
            &json!({"resources": [
                {"name": "deployments", "kind": "Deployment", "namespaced": true, "verbs": ["get", "list"]},
                {"name": "deployments/status", "kind": "Deployment", "namespaced": true, "verbs": ["get"]},
            ]}),
        );
        assert_eq!(new, old);
        assert_eq!(
            new[0].list_path(Some("a")),
            "/apis/apps/v1/namespaces/a/deployments"
        );
        assert_eq!(new[0].list_path(None), "/apis/apps/v1/deployments");
    }

    #[test]
    fn definitions_foretell_what_will_be_served() {
        let object = |spec: Value| {
            Object::new(
                json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": "gateways.mesh.io"}, "spec": spec}),
            )
            .unwrap()
        };
        let names = json!({"plural": "gateways", "kind": "Gateway"});
        let objects = [object(
            json!({"group": "mesh.io", "names": names, "scope": "Namespaced",
            "versions": [{"name": "v1", "served": true}, {"name": "v0", "served": false}]}),
        )];
        let discovery = Discovery::default().with_definitions(objects.iter());
        let paths: Vec<String> = discovery
            .resources
            .iter()
            .map(|resource| resource.list_path(Some("ns")))
            .collect();
        assert_eq!(paths, ["/apis/mesh.io/v1/namespaces/ns/gateways"]);
        let old = [object(
            json!({"group": "mesh.io", "names": names, "scope": "Cluster", "version": "v2"}),
        )];
        let discovery = Discovery::default().with_definitions(old.iter());
        assert_eq!(
            discovery.resources[0].list_path(Some("ns")),
            "/apis/mesh.io/v2/gateways"
        );
    }
}
