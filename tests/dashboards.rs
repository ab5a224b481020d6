//! The dashboards that are rendered ask for metrics and labels that the rendered telemetry makes. The two come from pieces
//! that do not know each other, so only what both return can be compared: a name that changes in one of them fails here.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::process::Command;

use promql_parser::parser::{self, Expr, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::Value;

/// What mixer's adapter for prometheus puts before every name.
const PREFIX: &str = "istio_";

/// What galley and its clients count of themselves has that prefix too.
const NOT_TELEMETRY: &str = "istio_mcp_";

/// Labels that prometheus gives to everything that it scrapes.
const OF_TARGETS: [&str; 2] = ["job", "instance"];

/// The labels of each series, by its name.
type Series = BTreeMap<String, BTreeSet<String>>;

fn rendered() -> Vec<Value> {
    let run = Command::new(env!("CARGO_BIN_EXE_meshhost"))
        .args(["render", "--kube-version", "1.16", "-o", "json"])
        .args(["--set", "profile=demo"])
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let list: Value = serde_json::from_slice(&run.stdout).unwrap();
    list["items"].as_array().unwrap().clone()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// What the handler `prometheus` exports, each label being one that its instance measures.
fn exported(objects: &[Value]) -> Series {
    let of_kind = |kind: &'static str| objects.iter().filter(move |object| object["kind"] == kind);
    let handler = of_kind("handler")
        .find(|object| object["metadata"]["name"] == "prometheus")
        .unwrap();
    let mut series = Series::new();
    for metric in list(handler, "/spec/params/metrics") {
        let name = text(metric, "/name");
        let measured = of_kind("instance")
            .find(|object| {
                let id = format!(
                    "{}.instance.{}",
                    text(object, "/metadata/name"),
                    text(object, "/metadata/namespace")
                );
                id == text(metric, "/instance_name")
            })
            .unwrap_or_else(|| panic!("{name}: there is no {}", metric["instance_name"]));
        let mut labels = BTreeSet::new();
        for label in list(metric, "/label_names") {
            let label = label.as_str().unwrap();
            let dimensions = &measured["spec"]["params"]["dimensions"];
            assert!(
                dimensions.get(label).is_some(),
                "{name}: `{label}` is not measured"
            );
            labels.insert(label.to_owned());
        }
        labels.extend(OF_TARGETS.map(str::to_owned));
        let name = format!("{PREFIX}{name}");
        if metric["kind"] == "DISTRIBUTION" {
            for part in ["sum", "count"] {
                series.insert(format!("{name}_{part}"), labels.clone());
            }
            labels.insert("le".to_owned());
            series.insert(format!("{name}_bucket"), labels);
        } else {
            series.insert(name, labels);
        }
    }
    series
}

/// Where a query stands, and the query; those that choose a variable's values as the selector and label that they ask for.
fn queries(objects: &[Value]) -> Vec<(String, String)> {
    let mut queries = Vec::new();
    for object in objects {
        let name = text(object, "/metadata/name");
        if object["kind"] != "ConfigMap" || !name.contains("-dashboards-") {
            continue;
        }
        for json in object["data"].as_object().unwrap().values() {
            let dashboard: Value = serde_json::from_str(json.as_str().unwrap()).unwrap();
            for panel in list(&dashboard, "/panels") {
                let at = format!("{name} / {}", text(panel, "/title"));
                for target in list(panel, "/targets") {
                    queries.push((at.clone(), text(target, "/expr").to_owned()));
                }
            }
            for variable in list(&dashboard, "/templating/list") {
                let asked = text(variable, "/query")
                    .strip_prefix("label_values(")
                    .and_then(|query| query.strip_suffix(')'))
                    .and_then(|query| query.rsplit_once(", "));
                if let Some((selector, label)) = asked {
                    let at = format!("{name} / ${}", text(variable, "/name"));
                    queries.push((at, format!("sum({selector}) by ({label})")));
                }
            }
        }
    }
    queries
}

/// Selectors and grouping labels of one query.
#[derive(Default)]
struct Asked {
    selectors: Vec<VectorSelector>,
    grouped: BTreeSet<String>,
}

impl ExprVisitor for Asked {
    type Error = Infallible;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, Self::Error> {
        match expr {
            Expr::VectorSelector(selector) => self.selectors.push(selector.clone()),
            Expr::MatrixSelector(matrix) => self.selectors.push(matrix.vs.clone()),
            Expr::Aggregate(aggregate) => {
                if let Some(by) = &aggregate.modifier {
                    self.grouped.extend(by.labels().labels.clone());
                }
            }
            _ => {}
        }
        Ok(true)
    }
}

#[test]
fn dashboards_ask_for_what_the_rendered_telemetry_makes() {
    let objects = rendered();
    let series = exported(&objects);
    assert!(series.contains_key("istio_requests_total"), "{series:?}");
    let mut used = BTreeSet::new();
    for (at, query) in queries(&objects) {
        let tree = parser::parse(&query).unwrap_or_else(|error| panic!("{at}: {error}\n{query}"));
        let mut asked = Asked::default();
        walk_expr(&mut asked, &tree).unwrap();
        for selector in &asked.selectors {
            let name = selector.name.clone().unwrap_or_default();
            if !name.starts_with(PREFIX) || name.starts_with(NOT_TELEMETRY) {
                continue;
            }
            let has = series
                .get(&name)
                .unwrap_or_else(|| panic!("{at}: telemetry makes no `{name}`"));
            let matched = selector.matchers.matchers.iter().map(|one| &one.name);
            for label in matched.chain(&asked.grouped) {
                assert!(has.contains(label), "{at}: `{name}` has no `{label}`");
            }
            used.insert(name);
        }
    }
    let unused: Vec<_> = series
        .keys()
        .filter(|name| !name.ends_with("_sum") && !name.ends_with("_count"))
        .filter(|name| !used.contains(*name))
        .collect();
    assert!(unused.is_empty(), "no dashboard shows {unused:?}");
}
