//! HorizontalPodAutoscaler `autoscaling/v2beta1` to `v2beta2` and `v2`, which are of one shape: a metric names what is
//! measured (`metric`), of what (`describedObject`), and the wanted value (`target`).

use serde_json::{Map, Value, json};

use super::fields::{Fields, at, items, rename, take};
use crate::Problem;

pub(super) fn from_v2beta1(object: &mut Value) -> Result<(), Problem> {
    let Some(spec) = at(object, &["spec"]) else {
        return Ok(());
    };
    for metric in items(spec, "metrics") {
        for (source, convert) in SOURCES {
            if let Some(source) = metric.get_mut(*source).and_then(Value::as_object_mut) {
                convert(source);
            }
        }
    }
    Ok(())
}

type Convert = fn(&mut Fields);

const SOURCES: &[(&str, Convert)] = &[
    ("resource", resource),
    ("containerResource", resource),
    ("pods", pods),
    ("object", object),
    ("external", external),
];

fn resource(source: &mut Fields) {
    let target = target(
        source,
        &[
            (
                "targetAverageUtilization",
                "Utilization",
                "averageUtilization",
            ),
            ("targetAverageValue", "AverageValue", "averageValue"),
        ],
    );
    source.insert("target".to_owned(), target);
}

fn pods(source: &mut Fields) {
    let metric = metric(source, "selector");
    let target = target(
        source,
        &[("targetAverageValue", "AverageValue", "averageValue")],
    );
    source.insert("metric".to_owned(), metric);
    source.insert("target".to_owned(), target);
}

fn object(source: &mut Fields) {
    // In v2beta1 `target` is the object that is looked at.
    rename(source, "target", "describedObject");
    let metric = metric(source, "selector");
    // `targetValue` had to be there, and `averageValue` won over it.
    let target = target(
        source,
        &[
            ("averageValue", "AverageValue", "averageValue"),
            ("targetValue", "Value", "value"),
        ],
    );
    source.insert("metric".to_owned(), metric);
    source.insert("target".to_owned(), target);
}

fn external(source: &mut Fields) {
    let metric = metric(source, "metricSelector");
    let target = target(
        source,
        &[
            ("targetValue", "Value", "value"),
            ("targetAverageValue", "AverageValue", "averageValue"),
        ],
    );
    source.insert("metric".to_owned(), metric);
    source.insert("target".to_owned(), target);
}

fn metric(source: &mut Fields, selector: &str) -> Value {
    let mut metric = Map::new();
    if let Some(name) = take(source, "metricName") {
        metric.insert("name".to_owned(), name);
    }
    if let Some(selector) = take(source, selector) {
        metric.insert("selector".to_owned(), selector);
    }
    metric.into()
}

/// The first of the wanted values that is there decides; the older fields go.
fn target(source: &mut Fields, wanted: &[(&str, &str, &str)]) -> Value {
    let mut target = None;
    for (old, kind, new) in wanted {
        if let Some(value) = take(source, old) {
            target.get_or_insert_with(|| json!({"type": kind, *new: value}));
        }
    }
    target.unwrap_or_else(|| json!({}))
}
