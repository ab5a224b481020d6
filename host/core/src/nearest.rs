//! "Did you mean". Owns how near two names are; where the names come from is not known here.

/// Names out of `known` that a person may have meant, nearest first, at most three.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .take(64)
            .collect()
    };
    let wrong = plain(wrong);
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let other = plain(name);
            let distance = strsim::damerau_levenshtein(&wrong, &other);
            let longer = wrong.len().max(other.len());
            let close = distance * 3 <= longer.max(3);
            let shared = wrong
                .chars()
                .zip(other.chars())
                .take_while(|(a, b)| a == b)
                .count();
            let related = shared >= 4 && shared * 2 >= longer;
            let begins = wrong.len() >= 3
                && (other.starts_with(&wrong) || wrong.starts_with(&other) && other.len() >= 3);
            (close || begins || related).then_some((distance, name))
        })
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// A hint that names the nearest names, or else all of them when they are few.
pub fn hint<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    let near = nearest(wrong, known.clone());
    if !near.is_empty() {
        return Some(format!("did you mean {}?", quoted(&near, "or")));
    }
    let mut all: Vec<&str> = known.into_iter().collect();
    all.sort_unstable();
    all.dedup();
    match all.len() {
        0 => None,
        1..=24 => Some(format!("known here: {}", quoted(&all, "and"))),
        many => Some(format!(
            "{many} names are known here, among them {}",
            quoted(&all[..8], "and")
        )),
    }
}

/// `` `a`, `b` or `c` ``.
#[must_use]
pub fn quoted(names: &[&str], word: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let known = [
            "enabled",
            "namespace",
            "k8s",
            "trafficManagement",
            "telemetry",
            "demo",
            "default",
            "replicaCount",
        ];
        for (wrong, meant) in [
            ("enabld", vec!["enabled"]),
            ("traffic_management", vec!["trafficManagement"]),
            ("demoo", vec!["demo"]),
            ("nameSpace", vec!["namespace"]),
            ("K8S", vec!["k8s"]),
            ("replicas", vec!["replicaCount"]),
            ("zzz", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(nearest(wrong, known), meant, "{wrong}");
        }
        assert_eq!(
            hint("zzz", ["b", "a"]).as_deref(),
            Some("known here: `a` and `b`")
        );
    }
}
