//! What rendering a chart costs, side by side with the real Helm in the same run: `cargo bench -p meshhost --bench charts`.
//!
//! Two charts are made for it: one whose output is like that of Istio's control plane (150 KB from many templates), and one
//! with 900 KB of definitions that templates read, change and write, as in Istio's base chart. `MESHHOST_CHARTS=FOLDER` names
//! more. Helm is a whole process each time, as people run it; the piece is called in a process that has loaded it, and
//! loading it from the cache is told on its own. Runs take turns, so that what else the machine does falls on both.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark ends at the first thing that is not as it should be"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use meshhost_core::card::{Contribution, Once, Request};
use meshhost_core::release;
use meshhost_runtime::{CacheDir, Limits, Piece, Runtime};
use serde_json::json;

#[path = "../../../tests/chart/charts.rs"]
mod charts;
#[path = "../../../tests/chart/files.rs"]
mod files;

use charts::Chart;

const RUNS: usize = 15;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    control_plane(&folder.path().join("control-plane"));
    definitions(&folder.path().join("definitions"));
    let mut all = charts::below(folder.path());
    if let Some(more) = std::env::var_os(charts::MORE) {
        all.extend(charts::below(Path::new(&more)));
    }
    let begun = Instant::now();
    let piece = load();
    println!("loading the piece: {:.0} ms", millis(begun.elapsed()));
    println!(
        "{:<24} {:>9} {:>9} {:>9} {:>7} {:>10} {:>10}",
        "chart", "output", "helm", "piece", "ratio", "helm peak", "own peak"
    );
    for chart in all {
        measure(&piece, &chart);
    }
}

fn load() -> Piece {
    let folders = directories::ProjectDirs::from("dev", "meshhost", "meshhost").unwrap();
    let runtime = || {
        Runtime::new(Some(
            CacheDir::open(folders.cache_dir().join("compiled")).unwrap(),
        ))
    };
    let component = meshhost_builtin::named("chart").unwrap().component();
    let load = || {
        runtime()
            .load(&component, "chart", &Limits::default())
            .unwrap()
    };
    // The first compiles it, unless it was compiled before.
    load();
    let begun = Instant::now();
    let piece = load();
    println!("from the cache: {:.0} ms", millis(begun.elapsed()));
    piece
}

fn measure(piece: &Piece, chart: &Chart) {
    let request = Request {
        installation: "mesh".to_owned(),
        namespace: "istio-system".to_owned(),
        facts: release::facts(release::NEWEST).unwrap(),
        settings: json!({"releaseName": "rel"}),
        files: files::of(&chart.path, "chart"),
        once: Once {
            seed: [0; 32],
            time: 0,
        },
    };
    let (mut native, mut own) = (Vec::new(), Vec::new());
    let (mut output, mut peak) = (0, 0);
    // The most memory that this process has had is counted from here.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    for _ in 0..RUNS {
        let begun = Instant::now();
        (output, peak) = process(&chart.path);
        native.push(begun.elapsed());
        let begun = Instant::now();
        let contribution = piece.contribute(&request);
        own.push(begun.elapsed());
        let _: Contribution = contribution.unwrap_or_default();
    }
    let (native, own) = (median(native), median(own));
    println!(
        "{:<24} {:>6} KB {:>6.0} ms {:>6.0} ms {:>7.2} {:>7} MB {:>7} MB",
        chart.name,
        output / 1000,
        millis(native),
        millis(own),
        own.as_secs_f64() / native.as_secs_f64(),
        peak / 1000,
        high_water("/proc/self/status") / 1000
    );
}

/// Bytes that `helm template` prints, and the most memory that it had in kilobytes, looked at each millisecond.
fn process(chart: &Path) -> (usize, u64) {
    let mut child = Command::new(meshhost_local_cluster::helm().unwrap())
        .args([
            "template",
            "rel",
            "--namespace",
            "istio-system",
            "--include-crds",
        ])
        .arg(chart)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut stdout = child.stdout.take().unwrap();
    let reader =
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(high_water(&status));
        std::thread::sleep(Duration::from_millis(1));
    }
    (usize::try_from(reader.join().unwrap()).unwrap(), peak)
}

/// Kilobytes.
fn high_water(status: &str) -> u64 {
    let status = std::fs::read_to_string(status).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// 60 Deployments and their Services from one partial, with values that are merged and written as YAML.
fn control_plane(folder: &Path) {
    write(
        folder,
        "Chart.yaml",
        "apiVersion: v2\nname: control-plane\nversion: 0.1.0\n",
    );
    write(
        folder,
        "values.yaml",
        "defaults: {resources: {requests: {cpu: 500m, memory: 2Gi}, limits: {cpu: 1, memory: 4Gi}}, tolerations: [], nodeSelector: {a: b}}\n",
    );
    write(
        folder,
        "templates/_one.tpl",
        r#"{{- define "one" -}}
{{- $values := mustMergeOverwrite (deepCopy .root.Values.defaults) (dict "name" (printf "part-%d" .number)) -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $values.name }}
  labels: {app: {{ $values.name | quote }}, release: {{ .root.Release.Name }}, chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}}
spec:
  replicas: {{ add .number 1 }}
  selector: {matchLabels: {app: {{ $values.name }}}}
  template:
    metadata: {labels: {app: {{ $values.name }}}}
    spec:
      nodeSelector: {{- toYaml $values.nodeSelector | nindent 8 }}
      containers:
        {{- range $i := until 6 }}
        - name: container-{{ $i }}
          image: "registry.example/{{ $values.name }}:{{ $i }}"
          resources: {{- toYaml $values.resources | nindent 12 }}
          env:
            {{- range $e := until 8 }}
            - {name: VARIABLE_{{ $e }}, value: {{ printf "value %d of %s" $e $values.name | quote }}}
            {{- end }}
        {{- end }}
{{- end -}}
"#,
    );
    for number in 0..30 {
        let text = format!("{{{{ include \"one\" (dict \"root\" $ \"number\" {number}) }}}}\n");
        write(folder, &format!("templates/part-{number}.yaml"), &text);
    }
}

/// Thirty definitions with schemas of thirty kilobytes.
fn definitions(folder: &Path) {
    use std::fmt::Write as _;
    write(
        folder,
        "Chart.yaml",
        "apiVersion: v2\nname: definitions\nversion: 0.1.0\n",
    );
    let mut all = String::new();
    for number in 0..30 {
        let _ = write!(
            all,
            "{}apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: kinds{number}.example.org\n  labels: {{old: label}}\nspec:\n  group: example.org\n  scope: Namespaced\n  names: {{plural: kinds{number}, kind: Kind{number}}}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec:\n            type: object\n            properties:\n",
            if number == 0 { "" } else { "---\n" }
        );
        for field in 0..180 {
            let _ = write!(
                all,
                "              field{field}:\n                description: What field {field} of the kind is for, in a sentence.\n                format: int32\n                type: integer\n                maximum: 65535\n"
            );
        }
    }
    write(folder, "files/all.yaml", &all);
    write(
        folder,
        "templates/definitions.yaml",
        r#"{{- range $text := .Files.Get "files/all.yaml" | splitList "\n---\n" }}
{{- $name := (fromYaml $text).metadata.name }}
{{- $definition := fromYaml $text }}
{{- $_ := set $definition.metadata "labels" (dict "release" $.Release.Name "name" $name) }}
{{ toYaml $definition }}
---
{{- end }}
"#,
    );
}
