//! `meshhost adopt helm-release`: what Helm has installed becomes a piece of an installation. Owns making a bundle of the
//! release as Helm has recorded it, so that taking over changes nothing; how fields change hands is the cluster's.

use meshhost_cluster::{HelmRelease, PlanOptions};
use meshhost_core::bundle::Bundle;
use meshhost_core::card::{Card, Contribution};
use meshhost_core::chart::ChartSource;
use meshhost_core::facts::Facts;
use meshhost_core::installation::{API_VERSION, KIND};
use meshhost_core::recorded::Recorded;
use meshhost_core::revision::{RecordedPiece, Revision};
use meshhost_core::selector::Selector;
use meshhost_core::source::{Source, SourceKind};
use meshhost_core::yaml;
use serde_json::{Value, json};

use crate::cli::apply::{Work, work_off};
use crate::cli::args::{self, Adoption};
use crate::cli::fault::{Fault, exit};
use crate::cli::{consent, diff, report, session};

pub(crate) async fn run(args: &Adoption) -> Result<u8, Fault> {
    match args {
        Adoption::HelmRelease(args) => helm_release(args).await,
    }
}

async fn helm_release(args: &args::HelmRelease) -> Result<u8, Fault> {
    let chart = args.chart.as_deref().map(ChartSource::read).transpose();
    let chart = chart.map_err(|error| {
        let text = args.chart.clone().unwrap_or_default();
        Fault::usage(format!("--chart {text}: {error}"), error.hint())
    })?;
    let cluster = session::connect(&args.cluster).await?;
    let installation = session::installation(&args.cluster, &args.name);
    let releases = cluster
        .helm_releases(&args.release, args.namespace.as_deref())
        .await
        .map_err(|error| Fault::from_error(&error))?;
    let release = one(args, releases)?;
    let facts = cluster
        .facts()
        .await
        .map_err(|error| Fault::from_error(&error))?;
    let last = session::last_revision(&cluster, &installation).await?;
    let before = match &last {
        None => Recorded::default(),
        Some(last) => cluster
            .recorded_objects(&installation, last.number)
            .await
            .map_err(|error| Fault::from_error(&error))?
            .unwrap_or_default(),
    };
    let entry = entry(&release, chart);
    let pieces = pieces(last.as_ref(), &release, &entry);
    let bundle = joined(before.bundle, of_release(&release, &facts)?)?;
    let options = PlanOptions {
        fields: before.fields,
        once: before.once,
        pieces: pieces.clone(),
        ..PlanOptions::default()
    };
    let mut plan = cluster
        .plan(&bundle, &installation, &options)
        .await
        .map_err(|error| Fault::from_error(&error))?;
    // Nothing is installed: it is there.
    plan.hooks.clear();
    if !plan.refusals.is_empty() {
        diff::show(&plan, args.output)?;
        return Ok(exit::FAILED);
    }
    if !consent::given(&plan, &args.consent, args.output, "Take it over?")? {
        return Ok(exit::FAILED);
    }
    let document = document(last.is_none(), &entry);
    let mut given = last
        .and_then(|last| last.request.settings.as_array().cloned())
        .unwrap_or_default();
    given.push(document.clone());
    let request = session::request(Value::Array(given), pieces, String::new());
    let work = Work {
        output: args.output,
        timeout: args.patience.timeout,
        wait: false,
        atomic: false,
        hooks: false,
        keep: &args.keep,
        lock: &args.lock,
    };
    let code = work_off(&work, &cluster, &installation.name, plan, request).await?;
    if args.output == args::Report::Text {
        report::data(&yaml::to_yaml(&document));
        report::talk(&format!(
            "release {} is piece {} of installation {}: keep the document above, and apply it from now on. Helm still has its record: remove it with `kubectl delete secret -n {} -l owner=helm,name={}`, since `helm uninstall` would take everything away",
            release.name, release.name, installation.name, release.namespace, release.name
        ));
    }
    Ok(code)
}

fn one(args: &args::HelmRelease, releases: Vec<HelmRelease>) -> Result<HelmRelease, Fault> {
    let places: Vec<String> = releases
        .iter()
        .map(|release| release.namespace.clone())
        .collect();
    let mut releases = releases.into_iter();
    match (releases.next(), releases.next()) {
        (Some(release), None) => Ok(release),
        (None, _) => Err(Fault::failed(
            format!("Helm has deployed no release {}", args.release),
            "see what there is with `helm list --all-namespaces`",
        )),
        (Some(_), Some(_)) => Err(Fault::usage(
            format!(
                "there are releases {} in namespaces {}",
                args.release,
                places.join(", ")
            ),
            "say which with --namespace",
        )),
    }
}

/// The objects of a release as Helm applied them.
fn of_release(release: &HelmRelease, facts: &Facts) -> Result<Bundle, Fault> {
    let name = format!("manifest of release {}", release.name);
    let source = Source::new(SourceKind::File, name, release.manifest.as_str());
    let objects = yaml::read(&source)?;
    let card = Card {
        name: release.name.clone(),
        version: release.chart_version.clone(),
        summary: String::new(),
        settings_schema: json!({}),
        files: Vec::new(),
        emits: vec![Selector::default()],
        amends: Vec::new(),
        assesses: Vec::new(),
        images: Vec::new(),
    };
    let contribution = Contribution {
        objects: objects
            .iter()
            .map(|object| object.to_json().to_string())
            .collect(),
        namespace: release.namespace.clone(),
        ..Contribution::default()
    };
    Bundle::combine(vec![(&card, contribution)], facts).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Fault::failed(
            format!(
                "release {} cannot be taken over: {}",
                release.name,
                problems.join("; ")
            ),
            "correct it with `helm upgrade`, and try again",
        )
    })
}

/// Both, each object once; what was there of a piece of the same name gives way.
fn joined(mut before: Bundle, release: Bundle) -> Result<Bundle, Fault> {
    let names: Vec<&str> = release.objects.iter().map(|it| it.piece.as_str()).collect();
    before
        .objects
        .retain(|contributed| !names.contains(&contributed.piece.as_str()));
    for contributed in &release.objects {
        if let Some(first) = before.object(contributed.object.id()) {
            return Err(Fault::failed(
                format!(
                    "{} belongs to piece {} of the installation already",
                    contributed.object.id(),
                    first.piece
                ),
                "give the release an installation of its own with --name",
            ));
        }
    }
    before.objects.extend(release.objects);
    before
        .objects
        .sort_by(|one, other| one.object.id().cmp(other.object.id()));
    Ok(before)
}

fn entry(release: &HelmRelease, chart: Option<ChartSource>) -> Value {
    let source = chart.map_or_else(
        || format!("./{}-{}.tgz", release.chart, release.chart_version),
        |chart| chart.to_string(),
    );
    let mut entry = json!({
        "name": release.name,
        "namespace": release.namespace,
        "chart": {"source": source},
    });
    if let Some(values) = release
        .values
        .as_object()
        .filter(|values| !values.is_empty())
    {
        entry["values"] = json!(values);
    }
    entry
}

fn document(first: bool, entry: &Value) -> Value {
    let mut spec = json!({});
    if first {
        spec["profile"] = json!("empty");
    }
    spec["pieces"] = json!([entry]);
    json!({"apiVersion": API_VERSION, "kind": KIND, "spec": spec})
}

fn pieces(last: Option<&Revision>, release: &HelmRelease, entry: &Value) -> Vec<RecordedPiece> {
    let mut pieces: Vec<RecordedPiece> = last
        .map(|last| last.request.pieces.clone())
        .unwrap_or_default();
    pieces.retain(|piece| piece.name != release.name);
    pieces.push(RecordedPiece {
        name: release.name.clone(),
        version: release.chart_version.clone(),
        digest: meshhost::charts::digest(release.manifest.as_bytes()),
        source: entry["chart"]["source"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        chart: None,
        files: Vec::new(),
    });
    pieces
}
