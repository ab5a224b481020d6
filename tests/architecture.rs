//! Holds the code to ARCHITECTURE.md: which crate may use which, no circles among modules, nothing printed elsewhere.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the crate is two folders below the root")
        .to_owned()
}

/// Crate → folder and the crates that it may use, as ARCHITECTURE.md says.
fn allowed() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, rest) = text.split_once("<!-- crates -->").unwrap();
    let (block, _) = rest.split_once("<!-- end -->").unwrap();
    block
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let name = words.next().unwrap();
            let folder = words.next().unwrap();
            (
                name,
                (folder, words.filter(|word| word != "nothing").collect()),
            )
        })
        .collect()
}

#[test]
fn crates_use_only_what_the_map_allows() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root())
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let allowed = allowed();
    let mut seen = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let folder = Path::new(package["manifest_path"].as_str().unwrap())
            .parent()
            .unwrap()
            .strip_prefix(root())
            .unwrap()
            .to_owned();
        // Guests of the sandbox's tests are strangers: they use the SDK and are not part of the product.
        if folder.starts_with("tests/guests") {
            continue;
        }
        let (mapped, may_use) = allowed
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not in ARCHITECTURE.md"));
        assert_eq!(Path::new(mapped), folder, "{name}");
        let uses: BTreeSet<String> = package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|dependency| dependency["kind"] != "dev" && !dependency["path"].is_null())
            .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            &uses, may_use,
            "{name} uses other crates than ARCHITECTURE.md says"
        );
        seen.insert(name.to_owned());
    }
    let mapped: BTreeSet<String> = allowed.into_keys().collect();
    assert_eq!(
        seen, mapped,
        "ARCHITECTURE.md names crates that are not there"
    );
}

#[test]
fn only_one_crate_knows_each_outside_world() {
    for (dependency, owner) in [
        ("wasmtime", "host/runtime"),
        ("kube", "host/cluster"),
        ("clap", "host/meshhost"),
        ("miette", "host/meshhost"),
    ] {
        for (_, (folder, _)) in allowed() {
            if folder.starts_with("tests") {
                continue;
            }
            let manifest = fs::read_to_string(root().join(&folder).join("Cargo.toml")).unwrap();
            let (dependencies, _) = manifest
                .split_once("[dev-dependencies]")
                .unwrap_or((&manifest, ""));
            let uses = dependencies
                .lines()
                .any(|line| line.split([' ', '=']).next() == Some(dependency));
            assert_eq!(uses, folder == owner, "{folder} and {dependency}");
        }
    }
}

#[test]
fn modules_do_not_import_each_other_in_a_circle() {
    for (name, (folder, _)) in allowed() {
        let src = root().join(&folder).join("src");
        let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in sources(&src) {
            let relative = file.strip_prefix(&src).unwrap();
            // Tests may use everything.
            if file.file_stem().is_some_and(|stem| stem == "tests")
                || relative.iter().any(|part| part == "tests")
            {
                continue;
            }
            let module = top_module(relative);
            let code = without_tests(&fs::read_to_string(&file).unwrap());
            let used = code
                .match_indices("crate::")
                .filter(|(at, _)| !code[..*at].ends_with('$'))
                .flat_map(|(at, found)| first_names(&code[at + found.len()..]));
            imports.entry(module).or_default().extend(used);
        }
        let modules: BTreeSet<String> = imports.keys().cloned().collect();
        for (module, used) in &mut imports {
            used.retain(|used| modules.contains(used) && used != module);
        }
        // The root module declares the others; it may name any of them.
        imports.remove("lib");
        imports.remove("main");
        if let Some(circle) = circle(&imports) {
            panic!("{name}: modules import each other: {}", circle.join(" -> "));
        }
    }
}

#[test]
fn files_say_what_they_own_and_only_the_reporting_ones_print() {
    const PRINTING: &[&str] = &[
        "host/meshhost/src/cli/report.rs",
        "host/meshhost/src/cli/progress.rs",
        "host/meshhost/src/cli/ask.rs",
    ];
    const NO_NAMES: &[&str] = &[
        "utils", "helpers", "common", "manager", "errors", "misc", "mod",
    ];
    for (_, (folder, _)) in allowed() {
        for file in sources(&root().join(&folder).join("src")) {
            let shown = file.strip_prefix(root()).unwrap().display().to_string();
            let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(
                !NO_NAMES.contains(&&*stem),
                "{shown}: a name that says nothing"
            );
            let code = fs::read_to_string(&file).unwrap();
            let of_tests = shown.contains("/tests/") || stem == "tests";
            if !of_tests {
                assert!(
                    code.starts_with("//!"),
                    "{shown}: does not say what it owns"
                );
            }
            let code = without_tests(&code);
            if folder.starts_with("host") && !PRINTING.contains(&&*shown) {
                for word in [
                    "println!(",
                    "eprintln!(",
                    "print!(",
                    "io::stdout()",
                    "io::stderr()",
                ] {
                    assert!(
                        !code.contains(word),
                        "{shown}: {word} outside of the reporting modules"
                    );
                }
            }
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// `plan/fields.rs` and `plan.rs` are both `plan`.
fn top_module(relative: &Path) -> String {
    let first = relative.components().next().unwrap().as_os_str();
    Path::new(first)
        .file_stem()
        .unwrap()
        .to_string_lossy()
        .into_owned()
}

/// Tests may use everything.
fn without_tests(code: &str) -> String {
    code.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The first names of a path, or of each path in braces.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| {
        text.trim()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    match path.strip_prefix('{') {
        Some(list) => list
            .split('}')
            .next()
            .unwrap_or("")
            .split(',')
            .map(name)
            .collect(),
        None => vec![name(path)],
    }
}

fn circle(imports: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit(
        module: &str,
        imports: &BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(start) = way.iter().position(|on_way| on_way == module) {
            let mut circle = way[start..].to_vec();
            circle.push(module.to_owned());
            return Some(circle);
        }
        if !done.insert(module.to_owned()) {
            return None;
        }
        way.push(module.to_owned());
        for used in imports.get(module).into_iter().flatten() {
            if let Some(circle) = visit(used, imports, way, done) {
                return Some(circle);
            }
        }
        way.pop();
        None
    }
    let mut done = BTreeSet::new();
    imports
        .keys()
        .find_map(|module| visit(module, imports, &mut Vec::new(), &mut done))
}

#[test]
fn the_readme_shows_the_piece_that_is_tested() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let piece = fs::read_to_string(root().join("plugins/sdk/examples/notice.rs")).unwrap();
    let (_, rest) = readme.split_once("<!-- piece -->\n```rust\n").unwrap();
    let (shown, _) = rest.split_once("```\n<!-- end -->").unwrap();
    assert_eq!(shown, piece);
}

/// A threat model that names a test which is gone, or was renamed, says what nobody has shown.
#[test]
fn the_threat_model_names_tests_that_are_there() {
    let model = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let named: Vec<(&str, &str)> = model
        .split('`')
        .filter_map(|text| text.split_once(".rs: "))
        .collect();
    assert!(named.len() > 40, "only {} tests are named", named.len());
    for (file, test) in named {
        let path = root().join(format!("{file}.rs"));
        let code = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("docs/security.md names {file}.rs: {error}"));
        let (before, _) = code
            .split_once(&format!("fn {test}("))
            .unwrap_or_else(|| panic!("docs/security.md names {test}, which is not in {file}.rs"));
        let attributes = before.trim_end().rsplit("\n\n").next().unwrap_or_default();
        assert!(
            attributes.contains("#[test]") || attributes.contains("#[tokio::test"),
            "docs/security.md names {test} in {file}.rs, which is no test"
        );
    }
}
