//! Every setting as a Markdown page. Owns the page; must not know where settings come from.

use std::fmt::Write as _;

use meshhost_core::control_plane_api::{REFUSED, REFUSED_ROOTS, VALUES_OF_K8S};
use meshhost_core::reference::Key;

/// Defaults that are longer are not written out.
const LONGEST: usize = 100;

const HEAD: &str = "\
# Settings

Every setting of the built-in pieces. This page is written by `meshhost explain -o markdown`; `meshhost explain PATH` says
the same of one setting or of everything below a path, `--plugin FILE` of a piece of your own, and `-o json` gives all of it
as data.

A path is what is typed after `--set`; in a file it stands below `spec`. `NAME` is any key, `[0]` any entry of a list. The
default is what holds in the default profile when nobody says anything; where another profile says otherwise it is named.
The last column says which piece reads the setting, and where in its own settings it finds it.
";

const K8S: &str = "k8s";

/// The page.
pub(super) fn page(keys: &[&Key]) -> String {
    let mut text = HEAD.to_owned();
    let mut section = String::new();
    let mut k8s: Vec<(&str, &Key)> = Vec::new();
    for key in keys {
        // The same below every component: said once.
        if let Some((component, rest)) = below_k8s(&key.path)
            && rest.contains(['.', '['])
        {
            if k8s.first().is_none_or(|(first, _)| *first == component) {
                k8s.push((component, key));
            }
            continue;
        }
        let heading = heading(&key.path);
        if heading != section {
            let _ = write!(text, "\n## {heading}\n\n");
            text.push_str(columns());
            section = heading;
        }
        row(&mut text, &key.path, key);
    }
    if !k8s.is_empty() {
        text.push_str(
            "\n## Below the Kubernetes settings of a component\n\n\
             What stands below `FEATURE.components.COMPONENT.k8s` is the same for each component.\n\n",
        );
        text.push_str(columns());
        for (_, key) in &k8s {
            let rest = below_k8s(&key.path).map_or(key.path.as_str(), |(_, rest)| rest);
            let whole = Key {
                goes_to: vec!["the component's piece".to_owned()],
                ..(*key).clone()
            };
            row(&mut text, rest, &whole);
        }
    }
    text.push_str(
        "\n## Values that say what Kubernetes settings say\n\n\
         Below a component's root in `values`, and what `meshhost manifest migrate` makes of it.\n\n\
         | value | setting below `k8s` |\n|---|---|\n",
    );
    for (value, setting) in VALUES_OF_K8S {
        let _ = writeln!(text, "| `{value}` | `{setting}` |");
    }
    text.push_str("\n## What Istio 1.4 had and is refused\n\n| setting | why |\n|---|---|\n");
    for (name, why) in REFUSED {
        let _ = writeln!(text, "| `{name}` | {} |", cell(why));
    }
    for (name, why) in REFUSED_ROOTS {
        let _ = writeln!(text, "| `values.{name}` | {} |", cell(why));
    }
    text
}

fn columns() -> &'static str {
    "| setting | type | default | what it changes | goes to |\n|---|---|---|---|---|\n"
}

/// `trafficManagement.components.pilot.k8s.env`: what is before and behind `k8s`.
fn below_k8s(path: &str) -> Option<(&str, &str)> {
    let (component, rest) = path.split_once(&format!(".{K8S}."))?;
    component
        .contains(".components.")
        .then_some((component, rest))
}

fn heading(path: &str) -> String {
    let mut parts = path.split('.');
    match (parts.next(), parts.next()) {
        (Some("values"), Some(root)) => format!("values.{root}"),
        (Some("pieces"), Some(name)) if name != "NAME" => format!("pieces.{name}.settings"),
        (Some("namespace" | "pieces" | "policies" | "metadata"), _) => "Installation".to_owned(),
        (Some(feature), Some(_)) => feature.to_owned(),
        _ => "IstioControlPlane".to_owned(),
    }
}

fn row(text: &mut String, path: &str, key: &Key) {
    let mut defaults: Vec<String> = key.default.iter().map(|value| shown(value, path)).collect();
    defaults.extend(
        key.profiles
            .iter()
            .map(|(profile, value)| format!("{profile}: {}", shown(value, path))),
    );
    let _ = writeln!(
        text,
        "| `{path}` | {} | {} | {} | {} |",
        cell(&key.kind),
        defaults.join("; "),
        cell(&key.summary),
        readers(key),
    );
}

/// The pieces; the place in their settings where it is not the same path.
fn readers(key: &Key) -> String {
    let places: Vec<String> = key
        .goes_to
        .iter()
        .map(|place| match place.split_once(": ") {
            Some((piece, path)) if path == key.path || key.path.ends_with(path) => piece.to_owned(),
            Some((piece, path)) => format!("{piece}: `{path}`"),
            None => cell(place),
        })
        .collect();
    places.join(", ")
}

fn shown(value: &serde_json::Value, path: &str) -> String {
    let text = value.to_string();
    if text.len() <= LONGEST {
        return format!("`{}`", text.replace('|', "\\|"));
    }
    format!("long: see `meshhost explain {path}`")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
