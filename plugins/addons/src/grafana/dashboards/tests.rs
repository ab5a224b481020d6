//! Every query of every dashboard is PromQL, and asks for metrics and labels that Istio 1.4 has.

mod metrics;

use std::collections::{BTreeMap, BTreeSet};

use meshhost_piece::{Value, serde_json};
use promql_parser::parser::{self, Expr, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};

/// Selectors and grouping labels of one query.
#[derive(Default)]
struct Found {
    selectors: Vec<VectorSelector>,
    grouped: BTreeSet<String>,
}

impl ExprVisitor for Found {
    type Error = std::convert::Infallible;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, Self::Error> {
        match expr {
            Expr::VectorSelector(selector) => self.selectors.push(selector.clone()),
            Expr::MatrixSelector(matrix) => self.selectors.push(matrix.vs.clone()),
            Expr::Aggregate(aggregate) => {
                let labels = aggregate
                    .modifier
                    .iter()
                    .flat_map(|by| by.labels().labels.clone());
                self.grouped.extend(labels);
            }
            _ => {}
        }
        Ok(true)
    }
}

/// The labels that a metric has, by the metric's name.
fn known() -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut known = BTreeMap::new();
    for (name, kind, labels) in metrics::ALL {
        let mut labels: BTreeSet<&str> = labels.iter().copied().collect();
        // Of the target.
        labels.extend(["job", "instance"]);
        match kind {
            metrics::Kind::Plain => {
                known.insert((*name).to_owned(), labels);
            }
            metrics::Kind::Histogram => {
                known.insert(format!("{name}_sum"), labels.clone());
                known.insert(format!("{name}_count"), labels.clone());
                labels.insert("le");
                known.insert(format!("{name}_bucket"), labels);
            }
        }
    }
    known
}

/// Where, query, legend.
fn queries() -> Vec<(String, String, String)> {
    super::all()
        .iter()
        .flat_map(|dashboard| {
            dashboard.rows.iter().flat_map(move |row| {
                row.panels.iter().flat_map(move |panel| {
                    panel.queries.iter().map(move |(query, legend)| {
                        let at = format!("{} / {} / {}", dashboard.title, row.title, panel.title);
                        (at, query.clone(), legend.clone())
                    })
                })
            })
        })
        .collect()
}

#[test]
fn queries_ask_for_what_there_is() {
    let known = known();
    let queries = queries();
    assert!(queries.len() > 100, "only {} queries", queries.len());
    for (at, query, legend) in queries {
        let tree = parser::parse(&query).unwrap_or_else(|error| panic!("{at}: {error}\n{query}"));
        let mut found = Found::default();
        walk_expr(&mut found, &tree).unwrap();
        let mut labels: BTreeSet<&str> = BTreeSet::new();
        for selector in &found.selectors {
            let name = selector.name.as_deref().unwrap_or_default();
            let has = known
                .get(name)
                .unwrap_or_else(|| panic!("{at}: no metric `{name}`"));
            for matcher in &selector.matchers.matchers {
                assert!(
                    has.contains(matcher.name.as_str()),
                    "{at}: `{name}` has no label `{}`",
                    matcher.name
                );
            }
            for label in &found.grouped {
                assert!(
                    has.contains(label.as_str()),
                    "{at}: `{name}` has no label `{label}`"
                );
            }
            labels.extend(has);
        }
        // A sum keeps only the labels that it groups by.
        let kept: BTreeSet<&str> = if query.contains("sum(") || query.contains("max(") {
            found.grouped.iter().map(String::as_str).collect()
        } else {
            labels
        };
        for label in legend.split("{{").skip(1) {
            let label = label.split("}}").next().unwrap_or_default();
            assert!(
                kept.contains(label),
                "{at}: the legend's `{label}` is not in the result"
            );
        }
    }
}

#[test]
fn rates_are_of_counters_only() {
    for (at, query, _) in queries() {
        for part in query.split("rate(").skip(1) {
            let name: String = part
                .chars()
                .take_while(|sign| sign.is_ascii_alphanumeric() || *sign == '_')
                .collect();
            let counter = metrics::COUNTERS.contains(&name.as_str())
                || ["_bucket", "_sum", "_count"]
                    .iter()
                    .any(|end| name.ends_with(end));
            assert!(counter, "{at}: `{name}` is not a counter");
        }
    }
}

#[test]
fn variables_are_chosen_from_labels_that_there_are() {
    let known = known();
    for dashboard in super::all() {
        for variable in &dashboard.variables {
            let inner = variable
                .query
                .strip_prefix("label_values(")
                .and_then(|query| query.strip_suffix(')'))
                .unwrap();
            let (selector, label) = inner.rsplit_once(", ").unwrap();
            let Expr::VectorSelector(selector) = parser::parse(selector).unwrap() else {
                panic!("{}: not a selector", variable.query);
            };
            let has = &known[selector.name.as_deref().unwrap()];
            assert!(has.contains(label), "{}", variable.query);
            for matcher in &selector.matchers.matchers {
                assert!(has.contains(matcher.name.as_str()), "{}", variable.query);
            }
        }
        let text = dashboard.json();
        for used in text.split("\\\"$").skip(1) {
            let name = used.split("\\\"").next().unwrap();
            assert!(
                dashboard
                    .variables
                    .iter()
                    .any(|variable| variable.name == name),
                "{}: no variable `{name}`",
                dashboard.title
            );
        }
    }
}

#[test]
fn panels_lie_next_to_each_other() {
    for dashboard in super::all() {
        let json: Value = serde_json::from_str(&dashboard.json()).unwrap();
        let panels = json["panels"].as_array().unwrap();
        let mut taken = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for panel in panels {
            assert!(
                ids.insert(panel["id"].as_u64().unwrap()),
                "{}: id twice",
                dashboard.title
            );
            let at = &panel["gridPos"];
            let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| at[key].as_u64().unwrap());
            assert!(x + w <= 24, "{}: too wide", panel["title"]);
            for column in x..x + w {
                for line in y..y + h {
                    assert!(
                        taken.insert((column, line)),
                        "{}: over another",
                        panel["title"]
                    );
                }
            }
        }
    }
}
