//! Workloads of our own, through the command: what becomes of each kind, annotation and mistake.

use serde_json::{Value, json};

use crate::command::{documents, inject, injected, stderr};

const DEFAULT: &[&str] = &["--profile", "default"];

/// A Deployment with more annotations, and more of a pod.
fn deployment(annotations: &str, pod: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop, namespace: store}}\nspec:\n  template:\n    metadata:\n      labels: {{app: shop}}\n      annotations: {{{annotations}}}\n    spec:\n      containers:\n      - name: shop\n        ports: [{{containerPort: 8080, name: web}}]\n{pod}"
    )
}

fn pod(of: &Value) -> &Value {
    &of["spec"]["template"]["spec"]
}

fn proxy(pod: &Value) -> &Value {
    let containers = pod["containers"].as_array().unwrap();
    let mut proxies = containers.iter().filter(|one| one["name"] == "istio-proxy");
    let proxy = proxies.next().expect("it has a proxy");
    assert!(proxies.next().is_none(), "it has one proxy");
    proxy
}

/// What follows a flag among arguments.
fn argument<'a>(container: &'a Value, list: &str, flag: &str) -> Option<&'a str> {
    let arguments = container[list].as_array()?;
    let at = arguments.iter().position(|one| one == flag)?;
    arguments.get(at + 1)?.as_str()
}

fn variable<'a>(container: &'a Value, name: &str) -> Option<&'a str> {
    let variables = container["env"].as_array()?;
    variables.iter().find(|one| one["name"] == name)?["value"].as_str()
}

#[test]
fn every_kind_with_pods_gets_a_sidecar() {
    let template = "{metadata: {labels: {app: a}}, spec: {containers: [{name: a}]}}";
    for (kind, api, spec, at) in [
        (
            "Deployment",
            "apps/v1",
            format!("template: {template}"),
            "/spec/template",
        ),
        (
            "Deployment",
            "extensions/v1beta1",
            format!("template: {template}"),
            "/spec/template",
        ),
        (
            "StatefulSet",
            "apps/v1",
            format!("template: {template}"),
            "/spec/template",
        ),
        (
            "DaemonSet",
            "apps/v1",
            format!("template: {template}"),
            "/spec/template",
        ),
        (
            "ReplicaSet",
            "apps/v1",
            format!("template: {template}"),
            "/spec/template",
        ),
        (
            "ReplicationController",
            "v1",
            format!("template: {template}"),
            "/spec/template",
        ),
        (
            "DeploymentConfig",
            "apps.openshift.io/v1",
            format!("test: true, template: {template}"),
            "/spec/template",
        ),
        (
            "Job",
            "batch/v1",
            format!("template: {template}"),
            "/spec/template",
        ),
        (
            "CronJob",
            "batch/v1",
            format!("jobTemplate: {{spec: {{template: {template}}}}}"),
            "/spec/jobTemplate/spec/template",
        ),
        ("Pod", "v1", "containers: [{name: a}]".to_owned(), ""),
    ] {
        let text = format!(
            "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: w, namespace: ns}}\nspec: {{{spec}}}\n"
        );
        let (out, said) = injected(DEFAULT, &text);
        assert_eq!(said, "", "{kind}");
        let pod = &out[0].pointer(at).unwrap()["spec"];
        assert_eq!(
            variable(proxy(pod), "ISTIO_META_OWNER").unwrap(),
            format!(
                "kubernetes://api/{api}/namespaces/ns/{}s/w",
                kind.to_lowercase()
            )
        );
        // A CronJob is marked at its jobs.
        let marked = if kind == "CronJob" {
            "/spec/jobTemplate"
        } else {
            at
        };
        let metadata = &out[0].pointer(marked).unwrap()["metadata"];
        assert_eq!(
            metadata["labels"]["security.istio.io/tlsMode"], "istio",
            "{kind}"
        );
        let status: Value = serde_json::from_str(
            metadata["annotations"]["sidecar.istio.io/status"]
                .as_str()
                .unwrap(),
        )
        .unwrap();
        assert_eq!(status["initContainers"], json!(["istio-init"]));
        assert_eq!(status["containers"], json!(["istio-proxy"]));
        assert_eq!(status["volumes"], json!(["istio-envoy", "istio-certs"]));
        assert_eq!(status["imagePullSecrets"], Value::Null);
        assert_eq!(status["version"].as_str().unwrap().len(), 64);
    }
}

#[test]
fn what_later_releases_have_added_stays() {
    let text = deployment(
        "",
        "        startupProbe: {grpc: {port: 8080}}\n        resources: {requests: {cpu: 0.5, memory: 1024Mi}, claims: [{name: gpu}]}\n      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, minDomains: 2}]\n      schedulingGates: [{name: g}]\n",
    );
    let (out, _) = injected(DEFAULT, &text);
    let shop = &pod(&out[0])["containers"][0];
    assert_eq!(shop["startupProbe"]["grpc"]["port"], 8080);
    assert_eq!(
        shop["resources"],
        json!({"requests": {"cpu": "500m", "memory": "1Gi"}, "claims": [{"name": "gpu"}]})
    );
    assert_eq!(
        pod(&out[0])["topologySpreadConstraints"][0]["minDomains"],
        2
    );
    assert_eq!(pod(&out[0])["schedulingGates"], json!([{"name": "g"}]));
}

#[test]
fn annotations_change_what_is_added() {
    let with = |annotations: &str| injected(DEFAULT, &deployment(annotations, "")).0.remove(0);
    let out = with("sidecar.istio.io/proxyCPU: 1500m, sidecar.istio.io/proxyMemory: 2048Mi");
    assert_eq!(
        proxy(pod(&out))["resources"],
        json!({"requests": {"cpu": "1500m", "memory": "2Gi"}})
    );
    let out = with("sidecar.istio.io/interceptionMode: TPROXY");
    let rights = &proxy(pod(&out))["securityContext"];
    assert_eq!(rights["capabilities"], json!({"add": ["NET_ADMIN"]}));
    assert_eq!(rights["runAsGroup"], 1337);
    assert_eq!(
        argument(&pod(&out)["initContainers"][0], "command", "-m"),
        Some("TPROXY")
    );
    let out = with("sidecar.istio.io/interceptionMode: NONE");
    assert_eq!(pod(&out)["initContainers"], Value::Null);
    let out = with("status.sidecar.istio.io/port: '0'");
    assert_eq!(proxy(pod(&out))["readinessProbe"], Value::Null);
    assert_eq!(argument(proxy(pod(&out)), "args", "--statusPort"), None);
    let out = with(
        "readiness.status.sidecar.istio.io/periodSeconds: '9', readiness.status.sidecar.istio.io/applicationPorts: '1,2'",
    );
    assert_eq!(proxy(pod(&out))["readinessProbe"]["periodSeconds"], 9);
    assert_eq!(
        argument(proxy(pod(&out)), "args", "--applicationPorts"),
        Some("1,2")
    );
    let out = with(
        "traffic.sidecar.istio.io/excludeOutboundPorts: '3306', traffic.sidecar.istio.io/kubevirtInterfaces: net1",
    );
    let init = &pod(&out)["initContainers"][0];
    assert_eq!(argument(init, "command", "-o"), Some("3306"));
    assert_eq!(argument(init, "command", "-k"), Some("net1"));
    assert_eq!(argument(init, "command", "-d"), Some("15020"));
    let out = with("sidecar.istio.io/bootstrapOverride: mine");
    assert_eq!(
        pod(&out)["volumes"][0],
        json!({"name": "custom-bootstrap-volume", "configMap": {"name": "mine"}})
    );
    let out = with(
        r#"sidecar.istio.io/userVolume: '{"v":{"emptyDir":{}}}', sidecar.istio.io/userVolumeMount: '{"v":{"mountPath":"/v"}}'"#,
    );
    let volumes = pod(&out)["volumes"].as_array().unwrap();
    assert_eq!(
        volumes.last().unwrap(),
        &json!({"name": "v", "emptyDir": {}})
    );
}

#[test]
fn probes_go_through_the_agent_when_they_should() {
    let probes = "        readinessProbe: {httpGet: {path: /ready, port: web, scheme: HTTPS, httpHeaders: [{name: a, value: b}]}}\n        livenessProbe: {httpGet: {port: 9}}\n        startupProbe: {httpGet: {port: 9}}\n";
    let text = deployment("sidecar.istio.io/rewriteAppHTTPProbers: 'true'", probes);
    let (out, _) = injected(DEFAULT, &text);
    let shop = &pod(&out[0])["containers"][0];
    assert_eq!(
        shop["readinessProbe"]["httpGet"],
        json!({"path": "/app-health/shop/readyz", "port": 15020, "scheme": "HTTP", "httpHeaders": [{"name": "a", "value": "b"}]})
    );
    assert_eq!(
        shop["livenessProbe"]["httpGet"],
        json!({"path": "/app-health/shop/livez", "port": 15020})
    );
    assert_eq!(shop["startupProbe"]["httpGet"], json!({"port": 9}));
    assert_eq!(
        variable(proxy(pod(&out[0])), "ISTIO_KUBE_APP_PROBERS").unwrap(),
        r#"{"/app-health/shop/livez":{"port":9},"/app-health/shop/readyz":{"path":"/ready","port":8080,"scheme":"HTTPS","httpHeaders":[{"name":"a","value":"b"}]}}"#
    );
    let (out, _) = injected(DEFAULT, &deployment("", probes));
    assert_eq!(
        pod(&out[0])["containers"][0]["readinessProbe"]["httpGet"]["port"],
        "web"
    );
    let setting = [
        "--set",
        "values.sidecarInjectorWebhook.rewriteAppHTTPProbe=true",
    ];
    let (out, _) = injected(&setting, &deployment("", probes));
    assert_eq!(
        pod(&out[0])["containers"][0]["readinessProbe"]["httpGet"]["port"],
        15020
    );
}

#[test]
fn settings_of_the_mesh_change_what_is_added() {
    let text = deployment("", "");
    let with = |set: &str| injected(&["--set", set], &text).0.remove(0);
    let out = with("cni.enabled=true");
    assert_eq!(pod(&out)["initContainers"], Value::Null);
    let out = with("values.global.podDNSSearchNamespaces[0]=global");
    assert_eq!(pod(&out)["dnsConfig"], json!({"searches": ["global"]}));
    let (out, _) = injected(&["--profile", "sds"], &text);
    assert_eq!(pod(&out[0])["securityContext"], json!({"fsGroup": 1337}));
    let out = with("values.global.proxy.concurrency=0");
    // The number of processors that it is limited to.
    assert_eq!(
        argument(proxy(pod(&out)), "args", "--concurrency"),
        Some("2")
    );
}

#[test]
fn what_is_passed_over_comes_out_as_it_was_written() {
    let text = "\
# why this is here
apiVersion: v1
kind: Pod
metadata: {name: agent}
spec: {hostNetwork: true, containers: [{name: a}]}
---
apiVersion: v1
kind: ConfigMap   # not a workload
metadata: {name: c}
data: {on: 'yes'}
---
apiVersion: v1
kind: Pod
metadata: {name: done}
spec: {containers: [{name: a}, {name: istio-proxy}]}
";
    let output = inject(DEFAULT, text);
    assert_eq!(String::from_utf8_lossy(&output.stdout), text);
    let said = stderr(&output);
    assert!(said.contains("standard input:2:1: Pod agent is not injected: its pods are on the network of their hosts"), "{said}");
    assert!(
        said.contains("Pod done is not injected: it has a container istio-proxy already"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn injecting_twice_is_injecting_once() {
    let once = inject(DEFAULT, &deployment("", ""));
    let twice = inject(DEFAULT, &String::from_utf8(once.stdout.clone()).unwrap());
    assert_eq!(documents(&once.stdout), documents(&twice.stdout));
}

#[test]
fn who_opted_out_is_told_of_or_left_alone() {
    let text = deployment("sidecar.istio.io/inject: 'false'", "");
    let (out, said) = injected(DEFAULT, &text);
    proxy(pod(&out[0]));
    assert!(said.contains("Deployment store/shop is injected, though the webhook would pass over it: its annotation sidecar.istio.io/inject says \"false\""), "{said}");
    let output = inject(&["--profile", "default", "--skip-opted-out"], &text);
    assert_eq!(String::from_utf8_lossy(&output.stdout), text);
    assert!(
        stderr(&output).contains("is not injected: its annotation"),
        "{}",
        stderr(&output)
    );
    let never = "values.sidecarInjectorWebhook.neverInjectSelector[0].matchLabels.app=shop";
    let (_, said) = injected(&["--set", never], &deployment("", ""));
    assert!(
        said.contains("its labels are among those that are never injected"),
        "{said}"
    );
}

#[test]
fn mistakes_are_refused_with_file_object_and_place() {
    let annotated = |annotation: &str| deployment(annotation, "");
    for (text, why) in [
        (
            annotated("sidecar.istio.io/interceptionMode: redirect"),
            "must be REDIRECT, TPROXY or NONE",
        ),
        (
            annotated("status.sidecar.istio.io/port: http"),
            "must be a port from 0 to 65535",
        ),
        (
            annotated("status.sidecar.istio.io/port: '70000'"),
            "must be a port from 0 to 65535",
        ),
        (
            annotated("readiness.status.sidecar.istio.io/periodSeconds: '-1'"),
            "must be a whole number that is not negative",
        ),
        (
            annotated("readiness.status.sidecar.istio.io/failureThreshold: 2s"),
            "must be a whole number",
        ),
        (
            annotated("readiness.status.sidecar.istio.io/initialDelaySeconds: ''"),
            "must be a whole number",
        ),
        (
            annotated("readiness.status.sidecar.istio.io/applicationPorts: 'a'"),
            "must be * or ports",
        ),
        (
            annotated("traffic.sidecar.istio.io/includeOutboundIPRanges: 10.0.0.0"),
            "must be * or ranges",
        ),
        (
            annotated("traffic.sidecar.istio.io/excludeOutboundIPRanges: '*'"),
            "must be ranges",
        ),
        (
            annotated("traffic.sidecar.istio.io/includeInboundPorts: '80,'"),
            "must be * or ports",
        ),
        (
            annotated("traffic.sidecar.istio.io/excludeInboundPorts: '*'"),
            "must be ports",
        ),
        (
            annotated("traffic.sidecar.istio.io/excludeOutboundPorts: '80;81'"),
            "must be ports",
        ),
    ] {
        let output = inject(DEFAULT, &text);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            output.stdout.is_empty(),
            "nothing comes out beside an error"
        );
        assert!(
            said.contains("standard input:8:21: ")
                && said.contains("Deployment store/shop")
                && said.contains(why),
            "{said}"
        );
    }
    for (text, why) in [
        (deployment("", "      containers: 7\n").replace("      containers:\n      - name: shop\n        ports: [{containerPort: 8080, name: web}]\n", ""), "spec.template.spec.containers: Deployment store/shop must be a list, not 7"),
        (deployment("", "        ports: [{containerPort: http}]\n").replace("        ports: [{containerPort: 8080, name: web}]\n", ""), "must be a whole number, not the text \"http\""),
        (deployment("", "        resources: {limits: {cpu: lots}}\n"), "must be a quantity such as 500m or 1Gi"),
        (deployment("", "      hostNetwork: maybe\n"), "must be true or false, not the text \"maybe\""),
        ("- a\n".to_owned(), "must be an object with `apiVersion` and `kind`"),
        ("kind: [\n".to_owned(), "is not YAML"),
        ("kind: Pod\nkind: Pod\n".to_owned(), "stands twice"),
        ("a: &a [*a]\n".to_owned(), "is not YAML"),
    ] {
        let output = inject(DEFAULT, &text);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{text}: {said}");
        assert!(output.stdout.is_empty() && said.contains("standard input:") && said.contains(why), "{text}: {said}");
    }
}

#[test]
fn what_cannot_be_known_of_the_mesh_is_said() {
    let text = deployment("", "");
    for (args, why) in [
        (
            &["--profile", "nothing"][..],
            "there is no profile `nothing`",
        ),
        (&["--set", "sidecarInjector=1"], "sidecarInjector"),
        (
            &["--profile", "minimal"],
            "has no ConfigMap istio-sidecar-injector",
        ),
        (&["--inject-config-file", "a"], "--values-file"),
        (&["--kubeconfig", "/nowhere/config"], "/nowhere/config"),
        (
            &["--injector", "/nowhere.wasm", "--profile", "default"],
            "/nowhere.wasm",
        ),
        (&["/nowhere.yaml"], "/nowhere.yaml"),
    ] {
        let output = inject(args, &text);
        let said = stderr(&output);
        assert!(
            !output.status.success() && said.contains(why),
            "{args:?}: {said}"
        );
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let text = deployment(
        "a: b, c: d, sidecar.istio.io/rewriteAppHTTPProbers: 'yes'",
        "",
    );
    let once = inject(DEFAULT, &text);
    assert_eq!(once, inject(DEFAULT, &text));
}
