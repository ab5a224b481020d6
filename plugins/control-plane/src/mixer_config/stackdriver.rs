//! Metrics, logs, traces and the graph of services for Google's Stackdriver. Owns the handler and what is switched on.

mod terms;

mod edge;
mod log;
mod metrics;
mod trace;

use meshhost_piece::{Value, json};

use super::resource::Owner;
use crate::values::Adapters;
use terms::ADAPTER;

/// `mesh_id` is part of every metric and log entry.
pub(super) fn objects(owner: Owner<'_>, adapters: &Adapters, mesh_id: &str) -> Vec<Value> {
    let settings = &adapters.stackdriver;
    let mut objects = vec![owner.handler(ADAPTER, handler(owner, adapters))];
    objects.extend(metrics::objects(owner, mesh_id));
    objects.extend(log::objects(owner, mesh_id));
    if settings.tracer.enabled {
        objects.extend(trace::objects(owner));
    }
    if settings.context_graph.enabled {
        objects.extend(edge::objects(owner));
    }
    objects
}

fn handler(owner: Owner<'_>, adapters: &Adapters) -> Value {
    let settings = &adapters.stackdriver;
    let mut params = json!({
        "pushInterval": "10s",
        "metricInfo": metrics::info(owner),
        "logInfo": log::info(owner),
    });
    if settings.tracer.enabled {
        // As elsewhere in charts, zero means that nothing was said.
        let share = settings.tracer.sample_probability;
        let share = if share == 0.0 { 1.0 } else { share };
        params["trace"] = json!({"sampleProbability": number(share)});
    }
    let auth = &settings.auth;
    if !auth.service_account_path.is_empty() {
        params["serviceAccountPath"] = auth.service_account_path.clone().into();
    }
    if !auth.api_key.is_empty() {
        params["apiKey"] = auth.api_key.clone().into();
    }
    if auth.app_credentials {
        params["appCredentials"] = true.into();
    }
    params
}

/// As the API server would write it: a whole number has no fraction.
fn number(value: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "only taken when nothing was cut off"
    )]
    let whole = value as i32;
    if f64::from(whole) == value {
        whole.into()
    } else {
        value.into()
    }
}
