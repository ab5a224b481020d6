//! What the template's functions give, run by the piece in the sandbox.

use serde_json::Value;

use crate::engine;

const POD: &str = r#"{
  "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "Shop", "namespace": "store"},
  "spec": {"template": {
    "metadata": {"labels": {"b": "2", "a": "1<"}, "annotations": {"note": "yes", "empty": ""}},
    "spec": {"serviceAccountName": "till", "containers": [
      {"name": "one", "ports": [{"containerPort": 8080, "name": "http"}, {"containerPort": 53, "protocol": "UDP"}]},
      {"name": "istio-proxy-not", "ports": [{"protocol": "TCP", "containerPort": 9090}, {"containerPort": 5, "protocol": "SCTP"}]}
    ]}
  }}
}"#;
const VALUES: &str =
    r#"{"port": 15020, "none": null, "text": "", "list": ["x", 1.5], "map": {"k": {"l": true}}}"#;
const MESH: &str = "defaultConfig: {envoyMetricsService: {address: 'a:1'}, tracing: {zipkin: {address: 'z:9411'}}}";

fn run(expression: &str) -> Result<(String, Vec<String>), String> {
    let template = format!(
        "containers:\n- name: probe\n  command: [{{{{ {expression} | printf \"%v\" | printf \"%q\" }}}}]\n"
    );
    let outcome =
        engine::inject(&template, VALUES, MESH, POD).map_err(|error| error.to_string())?;
    let Some(injected) = outcome.injected else {
        return Err(outcome.problems[0].message.clone());
    };
    let object: Value = serde_json::from_str(&injected).unwrap();
    let probe = object["spec"]["template"]["spec"]["containers"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    assert_eq!(probe["name"], "probe");
    let warnings = outcome.diagnostics.into_iter().map(|one| one.message);
    Ok((
        probe["command"][0].as_str().unwrap().to_owned(),
        warnings.collect(),
    ))
}

#[test]
fn give_what_those_of_istio_1_4_give() {
    for (expression, expected) in [
        (r#"annotation .ObjectMeta "note" 7"#, "yes"),
        (r#"annotation .ObjectMeta "empty" 7"#, ""),
        (r#"annotation .ObjectMeta "other" .Values.port"#, "15020"),
        (
            r#"annotation .ObjectMeta "other" .ProxyConfig.InterceptionMode"#,
            "REDIRECT",
        ),
        (r#"isset .ObjectMeta.Annotations "empty""#, "true"),
        (r#"isset .ObjectMeta.Annotations "other""#, "false"),
        ("applicationPorts .Spec.Containers", "8080,9090"),
        ("includeInboundPorts .Spec.Containers", "8080,9090"),
        (
            r#"excludeInboundPort .Values.port "80, 443""#,
            "80,443,15020",
        ),
        (r#"excludeInboundPort 443 "80,443""#, "80,443"),
        (r#"excludeInboundPort 443 """#, "443"),
        (r#"excludeInboundPort "0" "80,""#, "80,"),
        (r#"excludeInboundPort "" "80""#, "80"),
        (r#"kubevirtInterfaces "net1,net2""#, "net1,net2"),
        (r#"valueOrDefault "" "d""#, "d"),
        (r#"valueOrDefault .Values.none "d""#, "d"),
        (r#"valueOrDefault .Values.missing "d""#, "d"),
        (r#"valueOrDefault .Values.text "d""#, "d"),
        (r#"valueOrDefault false "d""#, "false"),
        (r#"valueOrDefault .Values.map "d""#, "map[k:map[l:true]]"),
        ("toJSON .ObjectMeta.Labels", r#"{"a":"1\u003c","b":"2"}"#),
        ("toJson .ObjectMeta.Labels", r#"{"a":"1\u003c","b":"2"}"#),
        ("toJSON .DeploymentMeta.Labels", "{}"),
        (r#"index (fromJSON "[1,\"two\"]") 1"#, "two"),
        (r#"(fromJSON "{\"a\":{\"b\":1}}").a.b"#, "1"),
        (
            "structToJSON (index (index .Spec.Containers 0).Ports 0)",
            r#"{"name":"http","containerPort":8080}"#,
        ),
        ("structToJSON .Values.list", r#"["x",1.5]"#),
        ("structToJSON .Values.none", "{}"),
        (
            "protoToJSON .ProxyConfig.EnvoyMetricsService",
            r#"{"address":"a:1"}"#,
        ),
        (".ProxyConfig.GetTracing.GetZipkin.GetAddress", "z:9411"),
        ("formatDuration .ProxyConfig.ParentShutdownDuration", "1m0s"),
        (
            "formatDuration .MeshConfig.ProtocolDetectionTimeout",
            "100ms",
        ),
        (r#"indent 2 "a\nb\n""#, "a\n  b\n  "),
        (r#"indent 0 "a\nb""#, "a\nb"),
        ("toYaml .Values.map", "k:\n  l: true\n"),
        (r#"directory "/etc/certs/ca.pem""#, "/etc/certs/"),
        (r#"directory "ca.pem""#, ""),
        (r#"contains "/" "a/b""#, "true"),
        (r#"contains "a/b" "/""#, "false"),
        ("toLower .DeploymentMeta.Name", "shop"),
        (
            r#"render "{{ .Spec.ServiceAccountName }}-{{ .TypeMeta.Kind }}""#,
            "till-Deployment",
        ),
        (".MeshConfig.SdsUdsPath", ""),
        (".ProxyConfig.ProxyAdminPort", "15000"),
    ] {
        let (given, warnings) = run(expression).unwrap();
        assert_eq!(given, expected, "{expression}");
        assert!(warnings.is_empty(), "{expression}: {warnings:?}");
    }
}

#[test]
fn warn_of_what_they_pass_over() {
    for (expression, expected, warning) in [
        (r#"fromJSON "{""#, "{}", "fromJSON"),
        (r#"render "{{""#, "", "render"),
        (
            "protoToJSON .ProxyConfig.GetTracing.GetLightstep",
            "{}",
            "protoToJSON",
        ),
    ] {
        let (given, warnings) = run(expression).unwrap();
        assert_eq!(given, expected, "{expression}");
        assert!(warnings[0].starts_with(warning), "{warnings:?}");
    }
}

#[test]
fn say_what_is_wrong_with_a_template() {
    for (expression, why) in [
        ("nothing .Values", "function \"nothing\" not defined"),
        (".Spec.Nothing", "can't evaluate field Nothing"),
        ("annotation .Values \"a\" \"b\"", "wrong type for value"),
        ("index .Spec.Containers 9", "out of range"),
    ] {
        let error = run(expression).unwrap_err();
        assert!(error.contains(why), "{expression}: {error}");
    }
    let outcome = engine::inject("containers: 7", "{}", "{}", POD).unwrap();
    assert!(
        outcome.problems[0].message.contains("cannot be read"),
        "{:?}",
        outcome.problems
    );
}
