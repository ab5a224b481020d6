//! What the sandbox costs: the built-in pieces of a profile called natively, and as components with a warm cache.
//!
//! ```sh
//! cargo bench -p meshhost-runtime --bench overhead
//! ```
//!
//! Measured is processor time of the whole process, all threads together, so that other programs on the machine count little.
//! `native` reads the settings' JSON, calls the pieces and writes the objects' JSON, as the SDK does inside a component;
//! `sandbox` does the same through the runtime; `render` is all pieces with combining and amending; `load` is from bytes to
//! pieces with the compiled code in the cache; `everything` is `load`, settings and `render`.
//!
//! No benchmark runner measures that, or tells how often one thing fits into another, which is what is asked for here.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark ends at the first thing that is not as it should be"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use meshhost_core::bundle::Bundle;
use meshhost_core::card::{self, Once, Request};
use meshhost_core::facts::Facts;
use meshhost_core::profile::Profiles;
use meshhost_core::release;
use meshhost_core::resolve::Layers;
use meshhost_piece::Piece as Native;
use meshhost_runtime::{CacheDir, Limits, Piece, Runtime};

/// How long each thing is measured: the system counts in hundredths of a second.
const LONG_ENOUGH: Duration = Duration::from_secs(3);

/// Not one of these pieces uses it.
const ONCE: Once = Once {
    seed: [0; 32],
    time: 0,
};

/// Milliseconds of processor time that one call takes.
fn measure<T>(name: &str, mut call: impl FnMut() -> T) -> f64 {
    for _ in 0..3 {
        black_box(call());
    }
    let (begun, mut calls) = (processor_time(), 0_u32);
    let before = Instant::now();
    let mut fastest = Duration::MAX;
    while processor_time() - begun < LONG_ENOUGH {
        for _ in 0..5 {
            let begun = Instant::now();
            black_box(call());
            fastest = fastest.min(begun.elapsed());
            calls += 1;
        }
    }
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    let each = millis(processor_time() - begun) / f64::from(calls);
    println!(
        "  {name:<24} {each:>8.3} ms of processor time; by the clock {:.3} ms, at best {:.3} ms ({calls} calls)",
        millis(before.elapsed()) / f64::from(calls),
        millis(fastest)
    );
    each
}

/// User and system time of this process, where the system tells; else the clock.
fn processor_time() -> Duration {
    const HERTZ: u64 = 100;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in brackets, which may hold anything: fields 14 and 15 of proc(5).
    let ticks: Option<u64> = stat.rsplit_once(')').and_then(|(_, fields)| {
        let mut fields = fields.split_whitespace().skip(11);
        Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
    });
    match ticks {
        Some(ticks) => Duration::from_millis(ticks * (1000 / HERTZ)),
        None => {
            static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
            BEGUN.get_or_init(Instant::now).elapsed()
        }
    }
}

/// The pieces of a profile with their settings.
struct Installation {
    pieces: Vec<(Piece, card::Request)>,
    facts: Facts,
}

impl Installation {
    fn new(runtime: &Runtime, sets: &[&str]) -> Self {
        let mut layers = Layers::new();
        for set in sets {
            layers.set(set);
        }
        let loaded = load(runtime);
        let schemas = loaded
            .iter()
            .map(|piece| {
                (
                    piece.card().name.clone(),
                    piece.card().settings_schema.clone(),
                )
            })
            .collect();
        let resolved = layers
            .choose(&Profiles::builtin())
            .and_then(|chosen| chosen.resolve(&schemas))
            .unwrap();
        let facts = release::facts(release::NEWEST).unwrap();
        let pieces = loaded
            .into_iter()
            .filter_map(|piece| {
                let settings = resolved
                    .pieces
                    .iter()
                    .find(|settings| settings.name == piece.card().name && settings.enabled)?;
                let request = Request {
                    installation: resolved.installation.clone(),
                    namespace: settings.namespace.clone(),
                    facts: facts.clone(),
                    settings: settings.settings.clone(),
                    files: Vec::new(),
                    once: ONCE,
                };
                Some((piece, request))
            })
            .collect();
        Self { pieces, facts }
    }

    /// As the pipeline does it: all pieces at once, then combining, then one amending piece after the other.
    fn render(&self) -> usize {
        let contributions = std::thread::scope(|scope| {
            let calls: Vec<_> = self
                .pieces
                .iter()
                .map(|(piece, request)| scope.spawn(|| piece.contribute(request).unwrap()))
                .collect();
            let answers = calls.into_iter().map(|call| call.join().unwrap());
            self.pieces
                .iter()
                .map(|(piece, _)| piece.card())
                .zip(answers)
                .collect()
        });
        let mut bundle = Bundle::combine(contributions, &self.facts).unwrap();
        for (piece, request) in &self.pieces {
            if !piece.card().amends.is_empty() {
                let selected = bundle.select(piece.card());
                let amendments = piece.amend(request, &selected).unwrap();
                bundle.amend(piece.card(), &amendments).unwrap();
            }
        }
        bundle.objects.len()
    }
}

fn load(runtime: &Runtime) -> Vec<Piece> {
    meshhost_builtin::listed()
        .iter()
        .map(|builtin| {
            let piece = runtime.load(&builtin.component(), builtin.name, &Limits::default());
            piece.unwrap()
        })
        .collect()
}

/// What the SDK does inside of a component.
fn natively<P: Native>(request: &Request) -> Vec<String> {
    let facts = &request.facts;
    let contribution = P::contribute(meshhost_piece::Request {
        installation: request.installation.clone(),
        namespace: request.namespace.clone(),
        facts: meshhost_piece::Facts {
            kubernetes: meshhost_piece::KubernetesVersion {
                major: facts.kubernetes.major,
                minor: facts.kubernetes.minor,
                git_version: facts.kubernetes.git_version.clone(),
            },
            served: facts
                .served
                .iter()
                .map(|served| meshhost_piece::ServedKind {
                    api_version: served.api_version.clone(),
                    kind: served.kind.clone(),
                    namespaced: served.namespaced,
                })
                .collect(),
            platform: facts.platform.clone(),
        },
        settings: meshhost_piece::settings(&request.settings.to_string()).unwrap(),
        files: Vec::new(),
        once: meshhost_piece::Once {
            seed: ONCE.seed,
            time: ONCE.time,
        },
    });
    contribution
        .unwrap()
        .objects
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn native(name: &str) -> fn(&Request) -> Vec<String> {
    match name {
        "control-plane" => natively::<meshhost_piece_control_plane::ControlPlane>,
        "cni" => natively::<meshhost_piece_cni::CniPlugin>,
        "gateway" => natively::<meshhost_piece_gateway::Gateways>,
        "addons" => natively::<meshhost_piece_addons::Addons>,
        "critical-pods" => natively::<meshhost_piece_critical_pods::CriticalPods>,
        other => panic!("{other} is not known here"),
    }
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = Runtime::new(Some(
        CacheDir::open(folder.path().join("compiled")).unwrap(),
    ));
    load(&runtime);
    for (profile, sets) in [
        ("default", &["profile=default"][..]),
        (
            "demo with cni",
            &[
                "profile=demo",
                "cni.enabled=true",
                "cni.components.cni.namespace=kube-system",
            ],
        ),
    ] {
        println!("{profile}");
        let installation = Installation::new(&runtime, sets);
        for (piece, request) in &installation.pieces {
            let name = &piece.card().name;
            let native = native(name);
            assert_eq!(
                native(request),
                piece.contribute(request).unwrap().objects,
                "the same code gives the same"
            );
            let natively = measure(&format!("native {name}"), || native(black_box(request)));
            let sandboxed = measure(&format!("sandbox {name}"), || {
                piece.contribute(black_box(request)).unwrap()
            });
            println!("    {:.2} times", sandboxed / natively);
        }
        let natively = measure("native, all", || {
            installation
                .pieces
                .iter()
                .map(|(piece, request)| native(&piece.card().name)(black_box(request)).len())
                .sum::<usize>()
        });
        let sandboxed = measure("sandbox, all", || {
            installation
                .pieces
                .iter()
                .map(|(piece, request)| piece.contribute(black_box(request)).unwrap().objects.len())
                .sum::<usize>()
        });
        println!("    {:.2} times", sandboxed / natively);
        let rendered = measure("render", || installation.render());
        println!("    {:.2} times", rendered / natively);
        measure("load", || load(&runtime));
        measure("everything", || Installation::new(&runtime, sets).render());
    }
}
