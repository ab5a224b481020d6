//! What every component of the control plane is rendered from. Owns gathering it from the request; must not know what
//! a component makes of it.

use meshhost_istio::{Component, Global};

use crate::settings::Components;
use crate::values::Values;

/// Values, and where and whether each component is installed.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// All values, defaults filled in.
    pub(crate) values: &'a Values,
    /// Namespace of each component.
    pub(crate) namespace: PerComponent<String>,
    /// Whether each component is installed.
    pub(crate) enabled: PerComponent<bool>,
}

/// One thing a component.
#[derive(Debug, Clone, Default)]
pub(crate) struct PerComponent<T> {
    pub(crate) base: T,
    pub(crate) pilot: T,
    pub(crate) galley: T,
    pub(crate) citadel: T,
    pub(crate) node_agent: T,
    pub(crate) cert_manager: T,
    pub(crate) policy: T,
    pub(crate) telemetry: T,
    pub(crate) injector: T,
    pub(crate) core_dns: T,
}

impl<T> PerComponent<T> {
    fn of(components: &Components, take: impl Fn(&Component) -> T) -> Self {
        Self {
            base: take(&components.base),
            pilot: take(&components.pilot),
            galley: take(&components.galley),
            citadel: take(&components.citadel),
            node_agent: take(&components.node_agent),
            cert_manager: take(&components.cert_manager),
            policy: take(&components.policy),
            telemetry: take(&components.telemetry),
            injector: take(&components.injector),
            core_dns: take(&components.core_dns),
        }
    }
}

impl<'a> Context<'a> {
    /// From settings; `default_namespace` is for components that do not say.
    pub(crate) fn new(
        components: &Components,
        values: &'a Values,
        default_namespace: &str,
    ) -> Self {
        Self {
            values,
            namespace: PerComponent::of(components, |component| {
                component.namespace_or(default_namespace).to_owned()
            }),
            enabled: PerComponent::of(components, |component| component.enabled),
        }
    }

    /// `values.global`.
    pub(crate) fn global(&self) -> &'a Global {
        &self.values.global
    }
}
