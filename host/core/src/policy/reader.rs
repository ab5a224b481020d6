//! Reading `spec.policies` of an Installation. Owns the refusals of what does not fit, with the place; what policies do is
//! not known here.
//!
//! While layers are merged, `policies` is a map by name, as `pieces` is: a later layer adds policies and changes those of
//! the same name, and cannot take one away by not naming it.

use std::collections::BTreeMap;

use super::{Expression, Level, Policy, Rule};
use crate::nearest;
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::reading::{known, selectors, text, wrong};
use crate::setting::{Entry, Setting, Settings, Tree};

const POLICY: [&str; 8] = [
    "name",
    "match",
    "matchConditions",
    "validations",
    "images",
    "labels",
    "forbid",
    "podSecurity",
];
/// No installation has more.
const MOST: usize = 200;

/// Makes `policies` a map by name.
pub fn by_name(spec: &mut Setting, problems: &mut Problems) {
    let Some(entry) = spec.map_mut().and_then(|map| map.get_mut("policies")) else {
        return;
    };
    let policies = &mut entry.setting;
    let Tree::List(list) = &mut policies.value else {
        if !matches!(policies.value, Tree::Null) {
            problems.push(wrong(policies, "a list of policies", &Path::of("policies")));
        }
        policies.value = Tree::Map(Settings::new());
        return;
    };
    let mut map = Settings::new();
    for (index, mut policy) in std::mem::take(list).into_iter().enumerate() {
        let path = Path::of("policies").index(index);
        let origin = policy.origin.clone();
        let Some(fields) = policy.map_mut() else {
            problems.push(wrong(&policy, "a map with `name`", &path));
            continue;
        };
        let Some(name) = fields.shift_remove("name") else {
            let problem = Problem::at(&origin, &path, "lacks `name`");
            problems.push(problem.hint("a policy is named by `name: NAME`"));
            continue;
        };
        let Some(text) = text(Some(&name.setting), &path.key("name"), problems) else {
            continue;
        };
        let entry = Entry {
            key: name.setting.origin.clone(),
            setting: policy,
        };
        if let Some(twice) = map.insert(text, entry) {
            let message = format!("a policy of this name stands before ({})", twice.key);
            let problem = Problem::at(&name.setting.origin, path.key("name"), message);
            problems.push(problem.hint("give each policy of one document a name of its own"));
        }
    }
    policies.value = Tree::Map(map);
}

/// Reads the policies of a merged spec; what cannot be read is a problem.
pub fn read(spec: &Setting, problems: &mut Problems) -> Vec<Policy> {
    let Some(policies) = spec.get("policies").and_then(Setting::map) else {
        return Vec::new();
    };
    if policies.len() > MOST
        && let Some(setting) = spec.get("policies")
    {
        let message = format!("are {} policies, more than {MOST}", policies.len());
        problems.push(Problem::at(&setting.origin, "policies", message));
        return Vec::new();
    }
    policies
        .iter()
        .map(|(name, entry)| policy(name, entry, problems))
        .collect()
}

fn policy(name: &str, entry: &Entry, problems: &mut Problems) -> Policy {
    let path = Path::of("policies").key(name);
    let fields = &entry.setting;
    let before = problems.0.len();
    known(fields, &POLICY, &path, "a policy", problems);
    let chooses = selectors(fields.get("match"), &path.key("match"), problems).unwrap_or_default();
    let conditions = conditions(
        fields.get("matchConditions"),
        &path.key("matchConditions"),
        problems,
    );
    let mut rules = validations(
        fields.get("validations"),
        &path.key("validations"),
        problems,
    );
    images(
        fields.get("images"),
        &path.key("images"),
        &mut rules,
        problems,
    );
    if let Some(labels) = texts(
        fields.get("labels"),
        &path.key("labels"),
        "labels",
        problems,
    ) {
        rules.push(Rule::Labels(labels));
    }
    if let Some(forbidden) = selectors(fields.get("forbid"), &path.key("forbid"), problems) {
        rules.push(Rule::Forbidden(forbidden));
    }
    rules.extend(pod_security(
        fields.get("podSecurity"),
        &path.key("podSecurity"),
        problems,
    ));
    // Rules that cannot be read are told already.
    if rules.is_empty() && fields.map().is_some() && problems.0.len() == before {
        let hint = "give it `validations`, `images`, `labels`, `forbid` or `podSecurity`";
        problems.push(Problem::at(&entry.key, &path, "has no rules").hint(hint));
    }
    Policy {
        name: name.to_owned(),
        chooses,
        conditions,
        rules,
    }
}

fn list<'a>(
    setting: Option<&'a Setting>,
    path: &Path,
    of: &str,
    problems: &mut Problems,
) -> Option<&'a [Setting]> {
    let setting = setting?;
    let list = setting.list();
    if list.is_none() {
        problems.push(wrong(setting, &format!("a list of {of}"), path));
    }
    list
}

fn texts(
    setting: Option<&Setting>,
    path: &Path,
    of: &str,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let list = list(setting, path, of, problems)?;
    let mut read = |(index, entry)| text(Some(entry), &path.index(index), problems);
    Some(list.iter().enumerate().filter_map(&mut read).collect())
}

fn expression(
    setting: Option<&Setting>,
    path: &Path,
    problems: &mut Problems,
) -> Option<Expression> {
    let source = text(setting, path, problems)?;
    match Expression::compile(&source) {
        Ok(expression) => Some(expression),
        Err(error) => {
            let origin = &setting?.origin;
            problems.push(Problem::at(origin, path, error.message).maybe_hint(error.hint));
            None
        }
    }
}

/// An entry must have this key.
fn needed(entry: &Setting, key: &str, path: &Path, problems: &mut Problems) {
    if entry.map().is_some() && entry.get(key).is_none() {
        problems.push(Problem::at(&entry.origin, path, format!("lacks `{key}`")));
    }
}

fn conditions(setting: Option<&Setting>, path: &Path, problems: &mut Problems) -> Vec<Expression> {
    let list = list(setting, path, "conditions", problems).unwrap_or_default();
    let mut conditions = Vec::new();
    for (index, entry) in list.iter().enumerate() {
        let path = path.index(index);
        known(
            entry,
            &["name", "expression"],
            &path,
            "a condition",
            problems,
        );
        needed(entry, "expression", &path, problems);
        conditions.extend(expression(
            entry.get("expression"),
            &path.key("expression"),
            problems,
        ));
    }
    conditions
}

fn validations(setting: Option<&Setting>, path: &Path, problems: &mut Problems) -> Vec<Rule> {
    let list = list(setting, path, "validations", problems).unwrap_or_default();
    let mut rules = Vec::new();
    for (number, entry) in list.iter().enumerate() {
        let path = path.index(number);
        let keys = ["expression", "message", "messageExpression"];
        known(entry, &keys, &path, "a validation", problems);
        needed(entry, "expression", &path, problems);
        let message = text(entry.get("message"), &path.key("message"), problems);
        let made = path.key("messageExpression");
        let message_expression = expression(entry.get("messageExpression"), &made, problems);
        if let Some(expression) =
            expression(entry.get("expression"), &path.key("expression"), problems)
        {
            rules.push(Rule::Validation {
                number,
                expression,
                message,
                message_expression,
            });
        }
    }
    rules
}

fn images(setting: Option<&Setting>, path: &Path, rules: &mut Vec<Rule>, problems: &mut Problems) {
    let Some(setting) = setting else { return };
    known(
        setting,
        &["registries", "digests"],
        path,
        "rules for images",
        problems,
    );
    let registries = path.key("registries");
    if let Some(allowed) = texts(
        setting.get("registries"),
        &registries,
        "registries",
        problems,
    ) {
        rules.push(Rule::Registries(allowed));
    }
    match setting
        .get("digests")
        .map(|digests| (digests, digests.bool()))
    {
        Some((_, Some(true))) => rules.push(Rule::Digests),
        Some((digests, None)) => {
            problems.push(wrong(digests, "true or false", &path.key("digests")));
        }
        Some((_, Some(false))) | None => {}
    }
}

fn pod_security(setting: Option<&Setting>, path: &Path, problems: &mut Problems) -> Option<Rule> {
    let setting = setting?;
    known(
        setting,
        &["level", "namespaces"],
        path,
        "Pod Security",
        problems,
    );
    needed(setting, "level", path, problems);
    let level = level(setting.get("level"), &path.key("level"), problems);
    let path = path.key("namespaces");
    let mut namespaces = BTreeMap::new();
    if let Some(others) = setting.get("namespaces") {
        if others.map().is_none() {
            problems.push(wrong(others, "a map of namespaces to levels", &path));
        }
        for (namespace, entry) in others.map().into_iter().flatten() {
            let level = self::level(Some(&entry.setting), &path.key(namespace), problems);
            namespaces.extend(level.map(|level| (namespace.clone(), level)));
        }
    }
    Some(Rule::PodSecurity {
        level: level?,
        namespaces,
    })
}

fn level(setting: Option<&Setting>, path: &Path, problems: &mut Problems) -> Option<Level> {
    let setting = setting?;
    let text = setting.text().unwrap_or_default();
    let level = text.parse().ok();
    if level.is_none() {
        let names = Level::ALL.map(|level| level.to_string());
        let hint = nearest::hint(text, names.iter().map(String::as_str));
        let wanted = "a level of the Pod Security Standards";
        problems.push(wrong(setting, wanted, path).maybe_hint(hint));
    }
    level
}
