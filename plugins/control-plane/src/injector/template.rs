//! The template of what is injected, in parts: what a pod gets, and each part of it by name.
//!
//! The injector reads it from the ConfigMap, so everything it does can be changed there. Must not know settings: the
//! template reads them from the ConfigMap's `values` when a pod is injected.

/// The whole template. Definitions come first, as they leave no text behind.
pub(super) const TEXT: &str = concat!(
    include_str!("template/init.tmpl"),
    include_str!("template/proxy.tmpl"),
    include_str!("template/environment.tmpl"),
    include_str!("template/volumes.tmpl"),
    include_str!("template/pod.tmpl"),
);

#[cfg(test)]
mod tests;
