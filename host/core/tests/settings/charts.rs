//! Charts in an Installation: what is named, what reaches the piece, and what is refused where.

use meshhost_core::chart::ChartSource;
use meshhost_core::problem::Problems;
use meshhost_core::profile::Profiles;
use meshhost_core::resolve::{Chosen, Layers, Resolved};
use serde_json::json;

use crate::settings;

fn chosen(layers: Layers) -> Result<Chosen, Problems> {
    layers.choose(&Profiles::builtin())
}

/// With a schema as that of the piece that renders charts.
fn resolve(layers: Layers) -> Result<Resolved, Problems> {
    let schema = json!({"type": "object", "additionalProperties": false, "properties": {
        "releaseName": {"type": "string"}, "values": {"type": "object"}, "includeCRDs": {"type": "boolean"},
    }});
    let chosen = chosen(layers)?;
    let schemas = chosen
        .pieces
        .iter()
        .map(|piece| (piece.name.clone(), schema.clone()));
    chosen.resolve(&schemas.collect())
}

fn file(layers: &mut Layers, name: &str, pieces: &str) {
    layers.file(
        name,
        &format!("apiVersion: meshhost.dev/v1alpha1\nkind: Installation\nspec:\n  profile: empty\n  pieces:\n{pieces}"),
    );
}

const ISTIOD: &str = "
  - name: istiod
    namespace: mesh
    chart: {source: ./istiod.tgz, digest: 'sha256:0000000000000000000000000000000000000000000000000000000000000000'}
    values: {pilot: {cpu: null, tag: '1.10'}}
    valuesFiles: [a.yaml, sub/b.yaml]
    settings: {includeCRDs: true}
";

#[test]
fn everything_beside_a_chart_reaches_its_piece() {
    let mut layers = Layers::new();
    file(&mut layers, "prod/mesh.yaml", ISTIOD);
    layers.set("pieces.istiod.values.pilot.replicas=3");
    layers.set("pieces.istiod.values.pilot.version=1.10");
    layers.set("pieces.istiod.values.pilot.memory=null");
    layers.set("pieces.istiod.namespace=other");
    let resolved = resolve(layers).unwrap();
    assert_eq!(
        *settings(&resolved, "istiod"),
        json!({
            "includeCRDs": true,
            "releaseName": "istiod",
            "values": {"pilot": {"cpu": null, "tag": "1.10", "replicas": 3, "version": "1.10", "memory": null}},
        })
    );
    let piece = &resolved.pieces[0];
    assert_eq!(piece.namespace, "other");
    let chart = piece.chart.as_ref().unwrap();
    assert_eq!(chart.source, ChartSource::Path("prod/./istiod.tgz".into()));
    assert!(chart.digest.is_some());
    let files: Vec<&str> = chart
        .values_files
        .iter()
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(files, ["prod/a.yaml", "prod/sub/b.yaml"]);
    let trace = resolved.trace("istiod", "values.pilot.tag").unwrap();
    assert_eq!(trace.path, "pieces.istiod.values.pilot.tag");
    assert!(
        trace.origin.to_string().starts_with("prod/mesh.yaml:10:"),
        "{}",
        trace.origin
    );
}

#[test]
fn a_later_layer_names_another_chart_and_keeps_its_values() {
    let mut layers = Layers::new();
    file(&mut layers, "mesh.yaml", ISTIOD);
    file(
        &mut layers,
        "more.yaml",
        "  - {name: istiod, chart: {source: {repo: 'oci://h.test/c', name: istiod}}, releaseName: pilot}\n",
    );
    layers.set("pieces.istiod.chart.source.version=~1.30");
    let resolved = resolve(layers).unwrap();
    let chart = resolved.pieces[0].chart.clone().unwrap();
    assert_eq!(chart.source.to_string(), "istiod ~1.30 of oci://h.test/c");
    assert_eq!(chart.digest, None, "it was pinned for another archive");
    assert_eq!(settings(&resolved, "istiod")["releaseName"], "pilot");
    assert_eq!(
        settings(&resolved, "istiod")["values"]["pilot"]["tag"],
        "1.10"
    );
}

#[test]
fn a_chart_takes_the_place_of_a_piece_and_gets_none_of_its_values() {
    let mut layers = Layers::new();
    layers.chart("cni=chart:./cni", "cni", "./cni");
    let chosen = chosen(layers).unwrap();
    let cni = chosen
        .pieces
        .iter()
        .find(|piece| piece.name == "cni")
        .unwrap();
    assert_eq!(cni.source.to_string(), "built-in");
    assert_eq!(
        cni.chart.as_ref().unwrap().source,
        ChartSource::Path("./cni".into())
    );
    let mut schemas = crate::schemas::schemas();
    schemas.insert("cni".to_owned(), json!({"type": "object"}));
    let resolved = chosen.resolve(&schemas).unwrap();
    assert_eq!(*settings(&resolved, "cni"), json!({"releaseName": "cni"}));
}

#[test]
fn what_was_given_gives_the_same_again() {
    let mut layers = Layers::new();
    file(&mut layers, "mesh.yaml", ISTIOD);
    layers.set("pieces.istiod.values.pilot.memory=null");
    let given = chosen(layers).unwrap().given();
    let mut again = Layers::new();
    again.keep(
        "revision 1",
        &meshhost_core::yaml::to_yaml_documents(&given),
    );
    let resolved = resolve(again).unwrap();
    assert_eq!(
        settings(&resolved, "istiod")["values"],
        json!({"pilot": {"cpu": null, "tag": "1.10", "memory": null}})
    );
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    for (piece, said) in [
        (
            "chart: ./a.tgz",
            "f.yaml:6:22: pieces.a.chart: must be a map, not a text `./a.tgz` | write `{source: ./a.tgz}`",
        ),
        (
            "chart: {}",
            "f.yaml:6:22: pieces.a.chart.source: says nothing of where the chart comes from",
        ),
        (
            "chart: {source: oci://h/a}",
            "f.yaml:6:31: pieces.a.chart.source: `oci://h/a` says no version",
        ),
        (
            "chart: {source: {repo: 'git://x', name: a}}",
            "f.yaml:6:38: pieces.a.chart.source.repo: must be a folder, or the URL of a repository",
        ),
        (
            "chart: {source: {repo: 'https://h'}}",
            "f.yaml:6:31: pieces.a.chart.source: lacks `name`",
        ),
        (
            "chart: {source: {repo: 'https://h', name: a, version: new}}",
            "pieces.a.chart.source.version: `new` is not a version or a range of versions",
        ),
        (
            "chart: {source: a.tgz, digset: x}",
            "f.yaml:6:38: pieces.a.chart.digset: is not a setting of a chart | did you mean `digest`?",
        ),
        (
            "chart: {source: a.tgz, digest: x}",
            "f.yaml:6:46: pieces.a.chart.digest: must be `sha256:` and 64 hexadecimal digits",
        ),
        (
            "chart: {source: a.tgz}, values: 3",
            "f.yaml:6:47: pieces.a.values: must be a map, not a number `3`",
        ),
        (
            "chart: {source: a.tgz}, valuesFiles: x",
            "pieces.a.valuesFiles: must be a list of paths of files",
        ),
        (
            "chart: {source: a.tgz}, releaseName: []",
            "pieces.a.releaseName: must be a text",
        ),
        (
            "source: {file: a.wasm}, values: {}",
            "pieces.a.values: `values` is said of pieces with a `chart`, and this one has none",
        ),
    ] {
        let mut layers = Layers::new();
        file(
            &mut layers,
            "f.yaml",
            &format!("  - {{name: a, {piece}}}\n"),
        );
        let problems = chosen(layers)
            .map(|_| ())
            .unwrap_err()
            .to_string()
            .replace("\n  ", " | ");
        assert!(problems.contains(said), "{piece}:\n{problems}\n{said}");
    }
}

#[test]
fn profiles_of_today_take_their_charts_from_where_the_mesh_is_said_to_be() {
    let names = [
        "default",
        "ambient",
        "demo",
        "minimal",
        "empty",
        "openshift",
    ];
    let told: Vec<String> = names
        .iter()
        .map(|name| {
            let mut layers = Layers::new();
            layers.profile(&format!("istio/{name}"));
            layers.set("mesh.version=1.30.3");
            layers.set("mesh.charts=./charts");
            let resolved = resolve(layers).unwrap();
            let pieces = resolved.pieces.iter().map(|piece| {
                format!(
                    "{} ({} in {})",
                    piece.name,
                    piece.chart.as_ref().unwrap().source,
                    piece.namespace
                )
            });
            format!("{name}: {}", pieces.collect::<Vec<_>>().join(", "))
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    let mut layers = Layers::new();
    layers.profile("istio/minimal");
    let said = chosen(layers).map(|_| ()).unwrap_err().to_string();
    assert!(
        said.contains("say where the charts of the mesh are"),
        "{said}"
    );
}

#[test]
fn one_chart_of_a_profile_comes_from_elsewhere() {
    let mut layers = Layers::new();
    layers.set("mesh.version=1.30.3");
    layers.set("mesh.charts=oci://h.test/istio");
    file(
        &mut layers,
        "prod/mesh.yaml",
        "  - {name: istiod, chart: {source: {version: 1.30.4}}}\n  - {name: ztunnel, chart: {source: ./z.tgz}}\n",
    );
    layers.profile("istio/ambient");
    let resolved = resolve(layers).unwrap();
    let sources: Vec<String> = resolved
        .pieces
        .iter()
        .map(|piece| piece.chart.as_ref().unwrap().source.to_string())
        .collect();
    assert_eq!(
        sources,
        [
            "base 1.30.3 of oci://h.test/istio",
            "istiod 1.30.4 of oci://h.test/istio",
            "cni 1.30.3 of oci://h.test/istio",
            "prod/./z.tgz"
        ]
    );
    assert!(resolved.pieces[0].create_namespace);
}
