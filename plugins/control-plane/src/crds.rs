//! The custom resource definitions of Istio 1.4, as facts: names, columns, labels and the schemas of what users write.
//!
//! Schemas carry no descriptions. Written for `apiextensions.k8s.io/v1beta1`; newer servers get what
//! `meshhost_piece::served` makes of it.

mod definition;
mod schema;

mod authentication;
mod authorization;
mod cert_manager;
mod config;
mod networking;

use meshhost_piece::Value;

use crate::context::Context;

/// All definitions. Those that cert-manager works with come where it is installed, unless its values say otherwise.
pub(crate) fn crds(ctx: &Context<'_>) -> Vec<Value> {
    let said = ctx.values.certmanager.enabled;
    definitions(said.unwrap_or(ctx.enabled.cert_manager))
}

fn definitions(cert_manager: bool) -> Vec<Value> {
    let mut definitions = networking::definitions();
    definitions.extend(authentication::definitions());
    definitions.extend(authorization::definitions());
    definitions.extend(config::definitions());
    if cert_manager {
        definitions.extend(cert_manager::definitions());
    }
    definitions
        .into_iter()
        .map(definition::Definition::object)
        .collect()
}

#[cfg(test)]
mod tests;
