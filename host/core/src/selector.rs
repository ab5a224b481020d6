//! Choosing objects. Owns the one matching rule that grants, amendments, order rules and assessments share.

use std::fmt;

use crate::id::ObjectId;

/// Chooses objects; what is `None` matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// API group; empty for the core group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Namespace; empty chooses cluster-scoped objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name; one `*` at the end stands for any rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Selector {
    /// Every object of a kind.
    #[must_use]
    pub fn kind(group: impl Into<String>, kind: impl Into<String>) -> Self {
        Self {
            group: Some(group.into()),
            kind: Some(kind.into()),
            ..Self::default()
        }
    }

    /// One object, and no other.
    #[must_use]
    pub fn exactly(id: &ObjectId) -> Self {
        Self {
            group: Some(id.group.clone()),
            kind: Some(id.kind.clone()),
            namespace: Some(id.namespace.clone().unwrap_or_default()),
            name: Some(id.name.clone()),
        }
    }

    /// The same, only with this name (one `*` at the end stands for any rest).
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Whether it chooses this object.
    #[must_use]
    pub fn chooses(&self, id: &ObjectId) -> bool {
        let is = |wish: &Option<String>, is: &str| wish.as_deref().is_none_or(|wish| wish == is);
        let name = self
            .name
            .as_deref()
            .is_none_or(|wish| match wish.strip_suffix('*') {
                Some(start) => id.name.starts_with(start),
                None => wish == id.name,
            });
        is(&self.group, &id.group)
            && is(&self.kind, &id.kind)
            && is(&self.namespace, id.namespace.as_deref().unwrap_or(""))
            && name
    }

    /// Whether it chooses everything that `other` chooses.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let is = |mine: &Option<String>, other: &Option<String>| mine.is_none() || mine == other;
        let name = match (&self.name, &other.name) {
            (None, _) => true,
            (Some(mine), Some(other)) => match mine.strip_suffix('*') {
                Some(start) => other.strip_suffix('*').unwrap_or(other).starts_with(start),
                None => mine == other,
            },
            (Some(mine), None) => mine == "*",
        };
        is(&self.group, &other.group)
            && is(&self.kind, &other.kind)
            && is(&self.namespace, &other.namespace)
            && name
    }
}

/// `Deployment.apps in istio-system named istio-*`.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_deref().unwrap_or("every kind");
        match self.group.as_deref() {
            Some("") => f.write_str(kind)?,
            Some(group) => write!(f, "{kind}.{group}")?,
            None if self.kind.is_none() => f.write_str(kind)?,
            None => write!(f, "{kind} of every group")?,
        }
        match self.namespace.as_deref() {
            Some("") => f.write_str(", cluster-scoped")?,
            Some(namespace) => write!(f, " in {namespace}")?,
            None => {}
        }
        match &self.name {
            Some(name) => write!(f, " named {name}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_by_every_field_that_is_given() {
        let id = ObjectId {
            group: "apps".into(),
            kind: "Deployment".into(),
            namespace: Some("ns".into()),
            name: "istio-pilot".into(),
        };
        let selector = |group: &str, namespace: &str, name: &str| {
            let given = |text: &str| (text != "any").then(|| text.to_owned());
            Selector {
                group: given(group),
                kind: None,
                namespace: given(namespace),
                name: given(name),
            }
        };
        for (group, namespace, name, chosen) in [
            ("any", "any", "any", true),
            ("apps", "ns", "istio-pilot", true),
            ("apps", "ns", "istio-*", true),
            ("apps", "ns", "pilot*", false),
            ("", "any", "any", false),
            ("any", "", "any", false),
            ("any", "any", "istio", false),
        ] {
            assert_eq!(
                selector(group, namespace, name).chooses(&id),
                chosen,
                "{group} {namespace} {name}"
            );
        }
    }

    #[test]
    fn covers_what_chooses_no_more() {
        let any = Selector::default();
        let pods = Selector::kind("", "Pod");
        let in_a = Selector {
            namespace: Some("a".into()),
            ..pods.clone()
        };
        let named = |name: &str| pods.clone().named(name);
        for (one, other, covers) in [
            (&any, &pods, true),
            (&pods, &any, false),
            (&pods, &in_a, true),
            (&in_a, &pods, false),
            (&pods, &named("x"), true),
            (&named("x"), &pods, false),
            (&named("*"), &pods, true),
            (&named("x*"), &named("xy"), true),
            (&named("x*"), &named("xy*"), true),
            (&named("xy*"), &named("x*"), false),
            (&named("x"), &named("x*"), false),
            (&named("x*"), &named("x"), true),
        ] {
            assert_eq!(one.covers(other), covers, "{one} / {other}");
        }
    }
}
