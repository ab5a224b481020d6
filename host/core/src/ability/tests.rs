use super::*;

#[test]
fn rows_are_in_the_order_of_danger() {
    assert!(POWERS.is_sorted_by_key(|(power, ..)| *power));
    for (number, (power, name, _)) in POWERS.iter().enumerate() {
        assert_eq!(*power as usize, number, "{name}: every power has one row");
    }
}

#[test]
fn reads_what_it_writes() {
    for (power, name, _) in POWERS {
        let of = if power.has_of() { "a:b/c" } else { "" };
        let ability = Ability::of(power, of);
        assert_eq!(ability.to_string().parse(), Ok(ability), "{name}");
    }
}

#[test]
fn refuses_what_is_none() {
    for (text, hint) in [
        ("priviledged", "did you mean `privileged`?"),
        (
            "host-path",
            "say of what: `host-path:…`; `host-path:*` is any",
        ),
        (
            "host-path:",
            "say of what: `host-path:…`; `host-path:*` is any",
        ),
        ("privileged:yes", "write `privileged` alone"),
    ] {
        assert_eq!(text.parse::<Ability>().unwrap_err().hint, hint, "{text}");
    }
    assert!("".parse::<Ability>().is_err());
}

#[test]
fn covers_what_is_the_same_or_below_a_star() {
    let covers = |granted: &str, needed: &str| {
        let read = |text: &str| text.parse::<Ability>().unwrap();
        read(granted).covers(&read(needed))
    };
    for (granted, needed, covered) in [
        ("privileged", "privileged", true),
        ("privileged", "host-pid", false),
        ("host-path:/opt", "host-path:/opt", true),
        ("host-path:/opt", "host-path:/opt/cni", false),
        ("host-path:/opt/*", "host-path:/opt/cni", true),
        ("host-path:*", "host-path:/", true),
        ("read-secrets:istio-system", "read-secrets:*", false),
        ("read-secrets:*", "read-secrets:istio-system", true),
    ] {
        assert_eq!(covers(granted, needed), covered, "{granted} {needed}");
    }
}

#[test]
fn words_finish_may() {
    for (text, words) in [
        ("cluster-admin", "do anything at all to the cluster"),
        ("read-secrets:*", "read Secrets in every namespace"),
        ("read-secrets:a", "read Secrets in a"),
        (
            "mutate-all:*",
            "see and change every one of all resources on the cluster",
        ),
        ("host-path:/", "use / of the node's file system"),
    ] {
        assert_eq!(text.parse::<Ability>().unwrap().words(), words);
    }
}

#[test]
fn every_ability_is_documented() {
    let page = include_str!("../../../../docs/grants.md");
    for (power, name, words) in POWERS {
        let spelled = if power.has_of() {
            format!("`{name}:…`")
        } else {
            format!("`{name}`")
        };
        let row = format!("| {spelled} | {} |", words.replace("{}", "…"));
        assert!(page.contains(&row), "{row}");
    }
}
