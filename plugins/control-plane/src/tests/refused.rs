//! Settings that cannot be worked with: every problem has its place.

use meshhost_piece::Failure;
use meshhost_piece::serde_json::{self, json};

use super::{contribute, values};

#[test]
fn with_all_problems_at_once() {
    let overlay = |name: &str, path: &str| json!({ "k8s": { "overlays": [{ "kind": "Deployment", "name": name, "patches": [{ "path": path, "value": 1 }] }] }, "enabled": true });
    let mut settings = values(json!({ "sidecarInjectorWebhook": { "selfSigned": true } }));
    settings["components"] = json!({
        "pilot": overlay("istio-pilott", "spec.replicas"),
        "galley": overlay("istio-galley", "spec.[name:x]"),
    });
    let Err(Failure::Rejected(problems)) = contribute(settings) else {
        panic!("not rejected");
    };
    let mut paths: Vec<_> = problems
        .iter()
        .map(|problem| problem.path.as_str())
        .collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "components.galley.k8s.overlays[0].patches[0].path",
            "components.pilot.k8s.overlays[0]",
            "values.sidecarInjectorWebhook.selfSigned",
        ]
    );
    assert!(problems.iter().all(|problem| problem.hint.is_some()));
}

#[test]
fn when_bounds_contradict() {
    for (given, path) in [
        (
            json!({ "pilot": { "autoscaleMin": 9 } }),
            "values.pilot.autoscaleMax",
        ),
        (
            json!({ "mixer": { "telemetry": { "autoscaleMax": 0 } } }),
            "values.mixer.telemetry.autoscaleMax",
        ),
    ] {
        let Err(Failure::Rejected(problems)) = contribute(values(given.clone())) else {
            panic!("{given}: not rejected");
        };
        assert_eq!(problems[0].path, path);
    }
    contribute(values(
        json!({ "pilot": { "autoscaleMin": 9, "autoscaleEnabled": false } }),
    ))
    .unwrap();
    contribute(values(json!({ "pilot": { "autoscaleMax": 0 } }))).unwrap();
}

#[test]
fn when_nobody_says_where_something_is() {
    let service = |given: serde_json::Value| json!({ "global": { "proxy": { "envoyMetricsService": given } } });
    for (given, path) in [
        (
            service(json!({ "enabled": true, "port": 1 })),
            Some("values.global.proxy.envoyMetricsService"),
        ),
        (
            service(json!({ "enabled": true, "host": "m", "port": 1 })),
            None,
        ),
        (
            json!({ "global": { "createRemoteSvcEndpoints": true } }),
            Some("values.global.remotePilotAddress"),
        ),
    ] {
        let problem = match contribute(values(given.clone())) {
            Err(Failure::Rejected(problems)) => Some(problems[0].path.clone()),
            _ => None,
        };
        assert_eq!(problem.as_deref(), path, "{given}");
    }
}
