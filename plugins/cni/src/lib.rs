//! The cni piece: the Istio 1.4 CNI plug-in. A pod on each node puts the plug-in at the end of the node's CNI chain, so
//! that pods of the mesh need no init container with NET_ADMIN.
//!
//! Owns the DaemonSet, its configuration and its rights. Must not know other components.

mod advice;
mod daemon_set;
mod names;
mod network_config;
mod rights;
pub mod values;

use meshhost_istio::{Settings, Workload, customise, object};
use meshhost_piece::{
    Card, Contribution, Failure, Piece, Request, RestartRule, Selector, json, served,
};

use crate::names::{CONFIG, NAME, NODE};
use crate::values::{Components, Values};

/// The piece.
pub struct CniPlugin;

impl Piece for CniPlugin {
    type Settings = Settings<Components, Values>;

    fn describe() -> Card {
        let rbac = "rbac.authorization.k8s.io";
        Card {
            name: "cni".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary:
                "Istio's CNI plug-in on every node, in place of an init container in every pod"
                    .to_owned(),
            emits: vec![
                Selector::kind("apps", "DaemonSet").named(NODE),
                Selector::kind("", "ConfigMap").named(CONFIG),
                Selector::kind("", "ServiceAccount").named(NAME),
                Selector::kind(rbac, "ClusterRole").named(NAME),
                Selector::kind(rbac, "ClusterRoleBinding").named(NAME),
                Selector::kind(rbac, "RoleBinding").named(rights::PSP_BINDING),
            ],
            images: vec![daemon_set::image(&Values::default())],
            ..Card::default()
        }
    }

    fn contribute(request: Request<Self::Settings>) -> Result<Contribution, Failure> {
        let component = &request.settings.components.cni;
        let (values, mut diagnostics) = request.settings.effective_values()?;
        if !component.enabled {
            return Ok(Contribution {
                diagnostics,
                ..Contribution::default()
            });
        }
        let namespace = component.namespace_or(&request.namespace);

        let labels = json!({ "app": NAME });
        let mut objects = rights::objects(&values, namespace);
        objects.push(object::config_map(
            CONFIG,
            namespace,
            labels,
            json!({ network_config::KEY: network_config::text(&values.cni) }),
        ));
        objects.push(daemon_set::daemon_set(&values, namespace));
        diagnostics.extend(customise(
            &mut objects,
            component,
            Some(Workload {
                kind: "DaemonSet",
                name: NODE,
                container: daemon_set::CONTAINER,
            }),
            namespace,
            "components.cni",
        )?);
        diagnostics.extend(advice::misplaced_class(&objects, namespace, &request.facts));
        Ok(Contribution {
            objects: served::raise(objects, &request.facts)?,
            // The pods read their configuration when they start, and only then.
            restarts: vec![RestartRule {
                changed: Selector::kind("", "ConfigMap")
                    .named(CONFIG)
                    .within(namespace),
                restart: Selector::kind("apps", "DaemonSet")
                    .named(NODE)
                    .within(namespace),
            }],
            diagnostics,
            ..Contribution::default()
        })
    }
}

meshhost_piece::export!(CniPlugin);
