//! Configuration inside of ConfigMaps: read back as its program would.

use meshhost_piece::{Value, json};

use crate::call::{at, contribute};
use crate::{with, with_global};

/// The YAML text at a key of a ConfigMap, as a tree.
fn config(settings: &Value, name: &str, key: &str) -> Value {
    let data = at(&contribute(settings), &format!("ConfigMap/{name}"), "/data");
    serde_saphyr::from_str(data[key].as_str().expect("text")).expect("YAML")
}

fn job(config: &Value, name: &str) -> Option<Value> {
    let jobs = config["scrape_configs"].as_array()?;
    jobs.iter().find(|job| job["job_name"] == name).cloned()
}

fn prometheus(settings: &Value) -> Value {
    config(settings, "prometheus", "prometheus.yml")
}

#[test]
fn each_program_of_the_control_plane_is_scraped_where_it_is() {
    let settings = json!({
        "components": { "prometheus": { "enabled": true, "namespace": "metrics" } },
        "values": { "global": {
            "istioNamespace": "ca", "configNamespace": "cfg",
            "telemetryNamespace": "tel", "policyNamespace": "pol",
        } },
    });
    let config = prometheus(&settings);
    for (name, namespace, target) in [
        ("istio-mesh", "metrics", "istio-telemetry;prometheus"),
        ("istio-policy", "pol", "istio-policy;http-policy-monitoring"),
        ("istio-telemetry", "tel", "istio-telemetry;http-monitoring"),
        ("pilot", "cfg", "istio-pilot;http-monitoring"),
        ("galley", "cfg", "istio-galley;http-monitoring"),
        ("citadel", "ca", "istio-citadel;http-monitoring"),
    ] {
        let job = job(&config, name).unwrap();
        assert_eq!(
            job["kubernetes_sd_configs"][0]["namespaces"]["names"],
            json!([namespace]),
            "{name}"
        );
        assert_eq!(job["relabel_configs"][0]["regex"], target, "{name}");
    }
}

#[test]
fn prometheus_values() {
    for (values, interval, encrypted) in [
        (json!({}), "15s", true),
        (
            json!({ "scrapeInterval": "5s", "security": { "enabled": false } }),
            "5s",
            false,
        ),
    ] {
        let config = prometheus(&with("prometheus", values.clone()));
        assert_eq!(config["global"]["scrape_interval"], interval, "{values}");
        let secure = job(&config, "kubernetes-pods-istio-secure");
        assert_eq!(secure.is_some(), encrypted, "{values}");
    }
}

#[test]
fn every_expression_of_the_scrape_jobs_is_a_text() {
    let config = prometheus(&json!({}));
    for job in config["scrape_configs"].as_array().unwrap() {
        for step in job["relabel_configs"].as_array().unwrap() {
            for key in ["regex", "replacement", "action", "target_label"] {
                assert!(
                    step.get(key).is_none_or(Value::is_string),
                    "{}: {step}",
                    job["job_name"]
                );
            }
        }
    }
}

#[test]
fn kiali() {
    let of = |settings: &Value| config(settings, "kiali", "config.yaml");
    let urls = json!({ "dashboard": { "grafanaURL": "http://g", "jaegerURL": "http://j" } });
    let places = json!({ "telemetryNamespace": "tel", "configNamespace": "cfg", "prometheusNamespace": "met" });
    for (settings, pointer, expected) in [
        (
            with("kiali", json!({})),
            "/server/web_root",
            json!("/kiali"),
        ),
        (
            with("kiali", json!({})),
            "/external_services/grafana/url",
            Value::Null,
        ),
        (
            with("kiali", urls.clone()),
            "/external_services/grafana/url",
            json!("http://g"),
        ),
        (
            with("kiali", urls),
            "/external_services/tracing/url",
            json!("http://j"),
        ),
        (
            with_global("kiali", places.clone()),
            "/istio_component_namespaces/tracing",
            json!("tel"),
        ),
        (
            with_global("kiali", places.clone()),
            "/external_services/prometheus/url",
            json!("http://prometheus.met:9090"),
        ),
        (
            with_global("kiali", places),
            "/external_services/istio/url_service_version",
            json!("http://istio-pilot.cfg:8080/version"),
        ),
        (
            with("kiali", json!({ "security": { "enabled": true } })),
            "/identity/cert_file",
            json!("/kiali-cert/cert-chain.pem"),
        ),
    ] {
        assert_eq!(
            of(&settings).pointer(pointer),
            Some(&expected),
            "{settings} {pointer}"
        );
    }
    let bare = of(&with("kiali", json!({ "contextPath": "" })));
    assert_eq!(bare["server"], json!({ "port": 20001 }));
}

#[test]
fn grafana_data_sources() {
    let settings = with(
        "grafana",
        json!({ "datasources": {
        "datasources.yaml": { "datasources": [{ "name": "Other" }] },
        "more.yaml": { "a": 1 },
    } }),
    );
    let sources = config(&settings, "istio-grafana", "datasources.yaml");
    assert_eq!(
        sources,
        json!({ "apiVersion": 1, "datasources": [{ "name": "Other" }] })
    );
    assert_eq!(
        config(&settings, "istio-grafana", "more.yaml"),
        json!({ "a": 1 })
    );
    let providers = config(&settings, "istio-grafana", "dashboardproviders.yaml");
    assert_eq!(
        providers["providers"][0]["options"]["path"],
        "/var/lib/grafana/dashboards/istio"
    );
}
