//! Rules about fields: how they are written, and what is refused.

use meshhost_core::ownership::Policy;
use meshhost_core::profile::Profiles;
use meshhost_core::selector::Selector;

use crate::{Layers, layers};

fn chosen(layers: Layers) -> Result<Vec<String>, String> {
    let chosen = layers.choose(&Profiles::builtin());
    let chosen = chosen.map_err(|problems| problems.to_string().replace("\n  ", " | "))?;
    Ok(chosen
        .fields
        .iter()
        .map(|rule| {
            let path = rule.path.as_ref().map(ToString::to_string);
            let policy = match rule.policy {
                Policy::Own => "own",
                Policy::Yield => "yield",
                Policy::CreateOnly => "create-only",
            };
            let Selector {
                group,
                kind,
                namespace,
                name,
            } = &rule.select;
            let select = [group, kind, namespace, name];
            let select: Vec<&str> = select.into_iter().flatten().map(String::as_str).collect();
            format!(
                "{} {} {policy}",
                select.join(","),
                path.unwrap_or("all".into())
            )
        })
        .collect())
}

fn file(rules: &str) -> Layers {
    let mut layers = layers(&[]);
    layers.file(
        "f.yaml",
        &format!(
            "apiVersion: meshhost.dev/v1alpha1\nkind: Installation\nspec:\n  fields: {rules}\n"
        ),
    );
    layers
}

#[test]
fn rules_come_from_files_and_flags() {
    assert_eq!(
        chosen(file(
            "[{select: {group: apps, kind: Deployment, name: istio-*}, path: spec.template, policy: yield},\n    {select: {}, policy: own}]"
        )),
        Ok(vec![
            "apps,Deployment,istio-* spec.template yield".to_owned(),
            " all own".to_owned()
        ])
    );
    let set = layers(&[
        "fields[0].select.kind=Service,fields[0].path=spec.ports[port=80].nodePort,fields[0].policy=create-only",
    ]);
    assert_eq!(
        chosen(set),
        Ok(vec![
            "Service spec.ports[port=80].nodePort create-only".to_owned()
        ])
    );
}

#[test]
fn what_is_no_rule_is_refused() {
    for (rules, expected) in [
        (
            "{}",
            "f.yaml:4:11: fields: must be a list of rules, not a map `{}`",
        ),
        (
            "[{policy: own}]",
            "f.yaml:4:12: fields[0]: lacks `select` | a rule is `{select: {kind: KIND, …}, path: FIELD, policy: own|yield|create-only}`",
        ),
        (
            "[{select: {kind: A}, policy: force}]",
            "f.yaml:4:40: fields[0].policy: must be `own`, `yield` or `create-only`, not a text `force`",
        ),
        (
            "[{select: {kin: A}, policy: own}]",
            "f.yaml:4:22: fields[0].select.kin: is not a setting of a selector | did you mean `kind`?",
        ),
        (
            "[{select: {kind: A}, policy: own, path: 'a[0]'}]",
            "f.yaml:4:51: fields[0].path: `[0]` does not name an item: items have no fixed place, so write `[KEY=VALUE]`, or `[*]` for all \
             | write it as conflicts spell it: `spec.ports[port=80].nodePort`",
        ),
    ] {
        assert_eq!(chosen(file(rules)), Err(expected.to_owned()), "{rules}");
    }
}
