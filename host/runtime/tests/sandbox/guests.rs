//! Guests for tests: the probe, built with the SDK as any piece is, and hostile ones from text.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use meshhost_core::card::{Once, Request};
use meshhost_core::facts::{Facts, KubernetesVersion, ServedKind};
use meshhost_runtime::{Limits, LoadError, Piece, Runtime};
use serde_json::Value;

/// The probe's component, built once a test run.
pub(crate) fn probe() -> &'static [u8] {
    static PROBE: OnceLock<Vec<u8>> = OnceLock::new();
    PROBE.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--package", "meshhost-probe", "--profile", "piece"])
            .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
            .arg(&target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            // Flags for the host's tests (coverage, sanitizers) are not for a guest.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .output()
            .expect("cargo runs");
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        let module = target.join("wasm32-unknown-unknown/piece/meshhost_probe.wasm");
        let module = std::fs::read(module).expect("cargo has built it");
        meshhost_pack::pack(&module).expect("the probe can be packed")
    })
}

/// The probe, loaded once a test run.
pub(crate) fn loaded_probe() -> Piece {
    static PIECE: OnceLock<Piece> = OnceLock::new();
    PIECE
        .get_or_init(|| load(probe(), &Limits::default()).expect("the probe can be loaded"))
        .clone()
}

/// Loads a component under the name `guest`, without a cache.
pub(crate) fn load(component: &[u8], limits: &Limits) -> Result<Piece, LoadError> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| Runtime::new(None))
        .load(component, "guest", limits)
}

/// A request with these settings.
pub(crate) fn request(settings: Value) -> Request {
    Request {
        installation: "mesh".to_owned(),
        namespace: "istio-system".to_owned(),
        facts: Facts {
            kubernetes: KubernetesVersion {
                major: 1,
                minor: 37,
                git_version: "v1.37.2".to_owned(),
            },
            served: vec![ServedKind {
                api_version: "v1".to_owned(),
                kind: "ConfigMap".to_owned(),
                namespaced: true,
            }],
            platform: "kubernetes".to_owned(),
        },
        settings,
        files: Vec::new(),
        once: Once {
            seed: [7; 32],
            time: 1_577_836_800,
        },
    }
}
