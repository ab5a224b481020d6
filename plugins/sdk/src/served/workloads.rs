//! Deployments, DaemonSets, ReplicaSets and StatefulSets of `extensions/v1beta1` and `apps/v1beta1` to `apps/v1`: the
//! selector must be written, and defaults differ.

use serde_json::{Value, json};

use super::fields::{Fields, at, default};
use crate::Problem;

/// "No limit" in the older versions, which is what their absent fields meant.
const NO_LIMIT: i32 = i32::MAX;

pub(super) fn deployment_from_extensions(object: &mut Value) -> Result<(), Problem> {
    let Some(spec) = at(object, &["spec"]) else {
        return Ok(());
    };
    selector(spec);
    spec.shift_remove("rollbackTo");
    default(spec, "progressDeadlineSeconds", NO_LIMIT);
    default(spec, "revisionHistoryLimit", NO_LIMIT);
    rolling_update(spec, &json!(1), &json!(1));
    Ok(())
}

pub(super) fn deployment_from_apps_v1beta1(object: &mut Value) -> Result<(), Problem> {
    let Some(spec) = at(object, &["spec"]) else {
        return Ok(());
    };
    selector(spec);
    spec.shift_remove("rollbackTo");
    default(spec, "revisionHistoryLimit", 2);
    Ok(())
}

pub(super) fn daemon_set_from_extensions(object: &mut Value) -> Result<(), Problem> {
    let Some(spec) = at(object, &["spec"]) else {
        return Ok(());
    };
    selector(spec);
    spec.shift_remove("templateGeneration");
    default(spec, "updateStrategy", json!({"type": "OnDelete"}));
    Ok(())
}

pub(super) fn replica_set_from_extensions(object: &mut Value) -> Result<(), Problem> {
    if let Some(spec) = at(object, &["spec"]) {
        selector(spec);
    }
    Ok(())
}

pub(super) fn stateful_set_from_apps_v1beta1(object: &mut Value) -> Result<(), Problem> {
    let Some(spec) = at(object, &["spec"]) else {
        return Ok(());
    };
    selector(spec);
    default(spec, "updateStrategy", json!({"type": "OnDelete"}));
    Ok(())
}

/// An absent selector meant the template's labels.
fn selector(spec: &mut Fields) {
    let labels = spec
        .get("template")
        .and_then(|template| template.pointer("/metadata/labels"))
        .cloned();
    if let Some(labels) = labels {
        default(spec, "selector", json!({"matchLabels": labels}));
    }
}

/// A rolling update's own defaults, where the strategy is to roll.
fn rolling_update(spec: &mut Fields, surge: &Value, unavailable: &Value) {
    default(spec, "strategy", json!({}));
    let Some(strategy) = spec.get_mut("strategy").and_then(Value::as_object_mut) else {
        return;
    };
    default(strategy, "type", "RollingUpdate");
    if strategy["type"] != "RollingUpdate" {
        return;
    }
    default(strategy, "rollingUpdate", json!({}));
    if let Some(update) = strategy
        .get_mut("rollingUpdate")
        .and_then(Value::as_object_mut)
    {
        default(update, "maxSurge", surge.clone());
        default(update, "maxUnavailable", unavailable.clone());
    }
}
