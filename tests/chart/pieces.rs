//! The piece, loaded once, and the same engine that answers with the text.

use std::path::Path;
use std::process::Command;
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use meshhost_core::card::{Contribution, GrantedFile, Once, Request};
use meshhost_core::release;
use meshhost_runtime::{CacheDir, CallError, CallFailure, Limits, Piece, Runtime};
use serde_json::{Value, json};

use crate::charts::Chart;
use crate::files;
use crate::ours;

/// 2024-03-01T12:00:00Z.
pub(crate) const TIME: u64 = 1_709_294_400;

/// Built in.
pub(crate) static CHART: LazyLock<Piece> =
    LazyLock::new(|| load(&meshhost_builtin::named("chart").unwrap().component()));

/// plugins/chart/text: one text in the place of the objects, then each document of it as JSON, read on its own.
pub(crate) fn text() -> &'static Piece {
    static TEXT: OnceLock<Piece> = OnceLock::new();
    TEXT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/chart");
        let module = tempfile::tempdir().unwrap();
        let module = module.path().join("text.wasm");
        let go = Command::new("go")
            .args(["build", "-trimpath", "-buildvcs=false", "-mod=readonly"])
            .args(["-buildmode=c-shared", "-ldflags=-buildid=", "-o"])
            .arg(&module)
            .arg("./text")
            .current_dir(folder)
            .env("GOFLAGS", "")
            .env("GOWORK", "off")
            .env("GOOS", "wasip1")
            .env("GOARCH", "wasm")
            .env("CGO_ENABLED", "0")
            .env("GOTOOLCHAIN", "go1.26.8")
            .output()
            .expect("Go is in PATH");
        assert!(
            go.status.success(),
            "{}",
            String::from_utf8_lossy(&go.stderr)
        );
        load(&meshhost_pack::pack(&std::fs::read(module).unwrap()).unwrap())
    })
}

/// Compiled once, in the cache that the binary uses too.
fn load(component: &[u8]) -> Piece {
    let folders = directories::ProjectDirs::from("dev", "meshhost", "meshhost").unwrap();
    let cache = CacheDir::open(folders.cache_dir().join("compiled")).unwrap();
    let limits = Limits {
        // An unoptimised build, on a machine that has more to do: what is tested is not how fast it is.
        compile_time: Duration::from_secs(1200),
        time: Duration::from_secs(600),
        ..Limits::default()
    };
    Runtime::new(Some(cache))
        .load(component, "chart", &limits)
        .unwrap()
}

/// What is asked of the piece for a chart: release `rel` in `ns`, with the values file beside it.
pub(crate) fn request(chart: &Chart, settings: Value) -> Request {
    let mut files = files::of(&chart.path, "chart");
    if let Some(values) = ours::values(chart) {
        files.extend(files::of(&values, "values"));
    }
    of(files, settings)
}

/// The same for files that are not on disk.
pub(crate) fn of(files: Vec<GrantedFile>, settings: Value) -> Request {
    let mut all = json!({"releaseName": "rel"});
    for (key, value) in settings.as_object().unwrap() {
        all[key] = value.clone();
    }
    Request {
        installation: "mesh".to_owned(),
        namespace: "ns".to_owned(),
        facts: release::facts(release::NEWEST).unwrap(),
        settings: all,
        files,
        once: Once {
            seed: [0; 32],
            time: TIME,
        },
    }
}

/// The first line of why there is no answer.
pub(crate) fn first_line(error: &CallError) -> String {
    let whole = match &error.failure {
        CallFailure::Rejected(problems) => problems[0].message.clone(),
        other => other.to_string(),
    };
    // What a piece says is shown in one line.
    whole.split("\\n").next().unwrap().to_owned()
}

pub(crate) fn contribute(request: &Request) -> Result<Contribution, CallError> {
    CHART.contribute(request)
}
