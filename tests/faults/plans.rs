//! Plans in files, the lock, history and rollback, as a person types them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use meshhost_core::plan_file::PlanFile;
use meshhost_local_cluster::Settings;
use serde_json::{Value, json};

use crate::lab::{Ended, Lab, write_profile};
use crate::manifests::{config_map, deployment, namespace};
use crate::proxy::Proxy;

impl Lab {
    fn type_in(&self, line: &str) -> (Option<i32>, String) {
        let args: Vec<&str> = line.split(' ').collect();
        let kubeconfig = self.cluster.info().kubeconfig.clone();
        let status = self.command(&kubeconfig, "typed", &args).status().unwrap();
        (status.code(), self.said("typed"))
    }

    fn expect(&self, code: i32, line: &str, parts: &[&str]) -> String {
        let (found, said) = self.type_in(line);
        assert_eq!(found, Some(code), "meshhost {line}: {said}");
        for part in parts {
            assert!(said.contains(part), "meshhost {line}: {part}: {said}");
        }
        assert!(!said.contains("panicked"), "{said}");
        said
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Option<Value> {
        let kind = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let body = body.map(|body| body.to_string().into_bytes());
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", kind)
            .body(body.unwrap_or_default())
            .unwrap();
        self.client.request(request).await.ok()
    }

    async fn data(&self, map: &str) -> Option<Value> {
        let path = format!("/api/v1/namespaces/team/configmaps/{map}");
        Some(self.send("GET", &path, None).await?["data"].clone())
    }
}

fn profile(folder: &Path, number: u32) {
    let value = number.to_string();
    let mut objects = vec![
        namespace("team"),
        config_map("team", "a", &json!({ "x": value })),
        config_map("team", "b", &json!({ "x": value })),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "team"}, "stringData": {"k": "very-secret"}}),
        deployment("team", "web", 1),
    ];
    if number == 1 {
        let mut kept = config_map("team", "kept", &json!({}));
        kept["metadata"]["annotations"] = json!({"meshhost.dev/on-remove": "keep"});
        objects.push(kept);
        objects.push(config_map("team", "one", &json!({})));
    }
    if number == 9 {
        let mut bad = deployment("team", "bad", 1);
        bad["spec"]["dada"] = json!("unknown");
        objects.push(bad);
    }
    write_profile(folder, "team", number, &objects);
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_history_and_rollback_as_they_are_typed() {
    let lab = Lab::new(&Settings {
        nodes: 1,
        ..Settings::default()
    })
    .await;
    let folder = lab.folder.path();
    for number in [1, 2, 3, 4, 9] {
        profile(folder, number);
    }
    lab.with_manifests(&["./team-1.yaml".to_owned()]);
    lab.expect(1, "history", &["has no revision on this cluster"]);
    lab.expect(1, "rollback --yes", &["has no revision on this cluster"]);

    // A plan is written, applied, and then out of date.
    let said = lab.expect(
        1,
        "diff --profile ./team-1.yaml --out plan.json",
        &["plan written to plan.json", "only you may read it"],
    );
    assert!(!said.contains("very-secret"), "{said}");
    let plan = folder.join("plan.json");
    let mode = std::fs::metadata(&plan).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&plan).unwrap();
    lab.expect(1, "apply plan.json", &["no terminal to ask on", "--yes"]);
    lab.expect(2, "apply plan.json --set a=b", &["cannot be used with"]);
    for (name, text, why) in [
        (
            "cut.json",
            text[..text.len() / 2].to_owned(),
            "or only a part of it",
        ),
        (
            "edited.json",
            text.replace("\"x\": \"1\"", "\"x\": \"7\""),
            "was changed or damaged",
        ),
        (
            "foreign.json",
            json!({"apiVersion": "v1", "kind": "Pod"}).to_string(),
            "not a plan of meshhost but v1 Pod",
        ),
        ("yaml.json", "apiVersion: v1".to_owned(), "it is not JSON"),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
        lab.expect(
            2,
            &format!("apply --yes {name}"),
            &[name, why, "diff --out"],
        );
    }
    lab.expect(
        2,
        "apply --yes nowhere.json",
        &["nowhere.json: cannot read the plan"],
    );
    let mut elsewhere = PlanFile::read(&text).unwrap();
    elsewhere.cluster.uid = Some("another".to_owned());
    std::fs::write(folder.join("elsewhere.json"), elsewhere.to_text()).unwrap();
    lab.expect(
        1,
        "apply --yes elsewhere.json",
        &["this plan was made for the cluster at", "is another"],
    );
    assert_eq!(lab.data("a").await, None, "nothing was applied so far");
    lab.expect(
        0,
        "apply --yes plan.json",
        &["revision 1 applied (7 created)"],
    );
    lab.expect(
        1,
        "apply --yes plan.json",
        &[
            "the cluster has moved since this plan was made",
            "the installation is at revision 1, and was at revision 0",
        ],
    );

    // What moves is named; what does not matter does not.
    lab.expect(
        1,
        "diff --profile ./team-2.yaml --out plan.json",
        &["plan written"],
    );
    let path = "/api/v1/namespaces/team/configmaps/a?fieldManager=meshhost-default";
    lab.send("PATCH", path, Some(json!({"data": {"x": "other"}})))
        .await
        .unwrap();
    lab.expect(
        1,
        "apply --yes plan.json",
        &[
            "ConfigMap team/a: piece manifests sets .data.x, which meshhost-default has set to another value",
            "nothing was changed",
        ],
    );
    assert_eq!(lab.data("b").await, Some(json!({"x": "1"})));
    lab.expect(
        1,
        "diff --force-conflicts --profile ./team-2.yaml --out plan.json",
        &["plan written"],
    );
    let third = json!({"data": {"x": "third"}});
    lab.send("PATCH", path, Some(third)).await.unwrap();
    lab.expect(
        1,
        "apply --yes plan.json",
        &["ConfigMap team/a: somebody has changed data.x"],
    );
    // A label of theirs is no obstacle.
    let back = json!({"data": {"x": "other"}, "metadata": {"labels": {"their": "label"}}});
    lab.send("PATCH", path, Some(back)).await.unwrap();
    lab.expect(0, "apply --yes plan.json", &["revision 2 applied"]);
    assert_eq!(lab.data("a").await, Some(json!({"x": "2"})));
    assert_eq!(lab.data("one").await, None, "the plan said that it goes");

    // Back, and what is told of it.
    lab.expect(
        1,
        "rollback",
        &["+ ConfigMap team/one", "no terminal to ask on"],
    );
    lab.expect(
        0,
        "rollback --yes",
        &["rolled back to revision 1, as revision 3"],
    );
    assert_eq!(lab.data("a").await, Some(json!({"x": "1"})));
    lab.expect(
        2,
        "rollback --yes 77",
        &["has no record of revision 77", "there are 1, 2, 3"],
    );
    let said = lab.expect(0, "history", &["tester@", "done (rollback to 1)"]);
    assert_eq!(said.lines().count(), 4, "{said}");
    let history: Value = serde_json::from_str(&lab.expect(0, "history -o json", &[])).unwrap();
    let last = &history["revisions"][2];
    assert_eq!(
        (&last["restores"], &last["outcome"]["state"]),
        (&json!(1), &json!("done"))
    );
    assert_eq!(last["request"]["pieces"][0]["name"], "manifests");

    // One that fails is taken back.
    let said = lab.expect(
        1,
        "apply --yes --prune --atomic --profile ./team-9.yaml -o json",
        &[],
    );
    let last = said
        .lines()
        .find(|line| line.contains(r#""event":"failed""#))
        .unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    let error = last["error"].as_str().unwrap();
    assert!(
        error.contains("Deployment.apps team/bad") && error.contains("dada"),
        "{error}"
    );
    assert!(
        error.ends_with("rolled back to the objects of revision 3, as revision 5"),
        "{error}"
    );
    assert_eq!(lab.data("a").await, Some(json!({"x": "1"})));
    lab.expect(0, "status", &["revision 5"]);

    both_at_once(&lab).await;
    told_by_status(&lab).await;
    uninstalled(&lab).await;
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Two that apply at the same time: one waits, and the result is the one's or the other's.
async fn both_at_once(lab: &Lab) {
    let kubeconfig = lab.cluster.info().kubeconfig.clone();
    let run = |number: u32| {
        let profile = format!("./team-{number}.yaml");
        let args = [
            "apply",
            "--yes",
            "--prune",
            "--wait-for-lock",
            "2m",
            "--profile",
            &profile,
        ];
        let mut command = lab.command(&kubeconfig, &format!("both{number}"), &args);
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let (two, three) = (run(2), run(3));
    let (two, three) = (
        two.wait_with_output().unwrap(),
        three.wait_with_output().unwrap(),
    );
    assert!(two.status.success(), "{}", said(&two));
    assert!(three.status.success(), "{}", said(&three));
    let (a, b) = (lab.data("a").await.unwrap(), lab.data("b").await.unwrap());
    assert_eq!(a, b, "a mixture");
    assert!(a == json!({"x": "2"}) || a == json!({"x": "3"}), "{a}");
    let history: Value = serde_json::from_str(&lab.expect(0, "history -o json", &[])).unwrap();
    let outcomes: Vec<&Value> = history["revisions"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .take(2)
        .map(|revision| &revision["outcome"]["state"])
        .collect();
    assert_eq!(outcomes, [&json!("done"), &json!("done")]);
}

/// A run that was killed is told, and so is that it is over.
async fn told_by_status(lab: &Lab) {
    let proxy = Proxy::start(lab.client.clone()).await;
    let lock = ["--lock-lease", "1s"];
    let apply = |profile| {
        [
            &["apply", "--yes", "--prune", "--profile", profile],
            &lock[..],
        ]
        .concat()
    };
    let lease = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/meshhost-default";
    // Asked to stop, it gives its lock back.
    proxy.cut_at("/namespaces/team/configmaps/");
    let status = lab
        .run_and_stop(&proxy, "stopped", &apply("./team-4.yaml"))
        .await;
    let said = lab.said("stopped");
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("stopped on the way"), "{said}");
    assert_eq!(lab.send("GET", lease, None).await, None);
    lab.expect(1, "status", &["was cut off: `apply` finishes it"]);
    // Killed, it cannot.
    proxy.cut_at("/namespaces/team/configmaps/");
    assert_eq!(
        lab.run(&proxy, "killed", &apply("./team-1.yaml")).await,
        Ended::Killed
    );
    lab.expect(1, "status", &["has not ended: tester@"]);
    lab.send("DELETE", lease, None).await.unwrap();
    lab.expect(1, "status", &["was cut off: `apply` finishes it"]);
    proxy.fail([]);
    assert!(
        matches!(lab.run(&proxy, "killed", &apply("./team-1.yaml")).await, Ended::By(status) if status.success())
    );
    lab.expect(0, "status", &["done"]);
}

/// What stays is told with the reason, whether it should or has to.
async fn uninstalled(lab: &Lab) {
    let path = "/api/v1/namespaces/team/configmaps/one";
    let stuck = json!({"metadata": {"finalizers": ["example.com/stuck"]}});
    lab.send("PATCH", path, Some(stuck)).await.unwrap();
    let said = lab.expect(1, "uninstall --yes --timeout 20s -o json", &[]);
    let last = said
        .lines()
        .find(|line| line.contains(r#""event":"failed""#))
        .unwrap();
    assert!(
        last.contains("ConfigMap team/one") && last.contains("example.com/stuck"),
        "{last}"
    );
    lab.expect(1, "status", &["the run that uninstalls it was cut off"]);
    let free = json!({"metadata": {"finalizers": null}});
    lab.send("PATCH", path, Some(free)).await.unwrap();
    let said = lab.expect(0, "uninstall --yes -o json", &[]);
    let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "done");
    let left = last["left"].to_string();
    assert!(
        left.contains("Namespace")
            && left.contains("others' objects live in it: ConfigMap team/kept"),
        "{left}"
    );
    assert!(lab.data("kept").await.is_some());
    assert_eq!(lab.data("one").await, None);
    lab.expect(0, "uninstall --yes", &["is not on this cluster"]);
}
