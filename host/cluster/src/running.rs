//! What runs for an installation: the pods behind its workloads, and its Services. Owns finding them; must not judge or
//! change anything.

use std::collections::{BTreeMap, BTreeSet};

use meshhost_core::id::ObjectId;
use meshhost_core::readiness::{Readiness, readiness};
use serde::Serialize;
use serde_json::Value;

use crate::discovery::Discovery;
use crate::live::{list, members};
use crate::planning::PlanError;
use crate::request::Request;
use crate::session::Session;
use crate::state::{self, Installation};

/// Pods and Services of an installation.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Running {
    /// By namespace and name.
    pub pods: Vec<RunningPod>,
    /// By namespace and name.
    pub services: Vec<RunningService>,
}

/// One pod.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunningPod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The workload that it belongs to.
    pub workload: ObjectId,
    /// The node it runs on; absent until it is scheduled.
    pub node: Option<String>,
    /// Whether it works.
    pub readiness: Readiness,
}

/// One Service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunningService {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
    pub kind: String,
    /// The address inside the cluster; absent for headless and external ones.
    pub address: Option<String>,
    /// Its ports.
    pub ports: Vec<u16>,
}

/// Looks; `None` when there is no such installation. One list of pods for each namespace with workloads.
pub(crate) async fn running(
    session: &Session<'_>,
    discovery: &Discovery,
    installation: &Installation,
) -> Result<Option<Running>, PlanError> {
    let Some(parent) = state::parent(session, installation).await? else {
        return Ok(None);
    };
    let found = members(session, discovery, &parent.inventory, &BTreeMap::new()).await?;
    let mut running = Running::default();
    let mut workloads: BTreeMap<&str, Vec<(&ObjectId, &Value)>> = BTreeMap::new();
    for (id, (_, live)) in &found {
        let Some(namespace) = id.namespace.as_deref() else {
            continue;
        };
        if id.group.is_empty() && id.kind == "Service" {
            running.services.push(service(namespace, id, live));
        } else if let Some(labels) = live.pointer("/spec/selector/matchLabels") {
            workloads.entry(namespace).or_default().push((id, labels));
        }
    }
    let Some(pods) = discovery.preferred("", "Pod") else {
        return Ok(Some(running));
    };
    for (namespace, workloads) in workloads {
        let listed = list(session, pods, || {
            Request::get(pods.list_path(Some(namespace)))
        })
        .await?;
        running.pods.extend(listed.iter().filter_map(|pod| {
            let (workload, _) = workloads.iter().find(|(_, labels)| has(pod, labels))?;
            let text = |pointer: &str| pod.pointer(pointer)?.as_str().map(str::to_owned);
            Some(RunningPod {
                namespace: namespace.to_owned(),
                name: text("/metadata/name")?,
                workload: (*workload).clone(),
                node: text("/spec/nodeName"),
                readiness: readiness(pod),
            })
        }));
    }
    running
        .pods
        .sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    Ok(Some(running))
}

/// Whether a pod has all of these labels. Selectors of workloads that meshhost knows always name labels; one that only has
/// expressions shows no pods.
fn has(pod: &Value, labels: &Value) -> bool {
    let wanted = labels.as_object();
    wanted.is_some_and(|wanted| {
        !wanted.is_empty()
            && wanted.iter().all(|(key, value)| {
                pod.pointer("/metadata/labels")
                    .and_then(|labels| labels.get(key))
                    == Some(value)
            })
    })
}

fn service(namespace: &str, id: &ObjectId, live: &Value) -> RunningService {
    let ports: BTreeSet<u16> = live
        .pointer("/spec/ports")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|port| u16::try_from(port.get("port")?.as_u64()?).ok())
        .collect();
    let text = |pointer: &str| {
        live.pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    RunningService {
        namespace: namespace.to_owned(),
        name: id.name.clone(),
        kind: text("/spec/type").unwrap_or_else(|| "ClusterIP".to_owned()),
        address: text("/spec/clusterIP").filter(|address| address != "None"),
        ports: ports.into_iter().collect(),
    }
}
