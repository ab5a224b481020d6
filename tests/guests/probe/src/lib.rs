//! A piece that does what a test tells it to. Everything it does, the public SDK lets anybody do.

use meshhost_piece::{
    Amendment, Amendments, Assessment, Card, Contribution, DeletePolicy, Diagnostic, Failure, Hook,
    JsonSchema, Occasion, OrderRule, Piece, Problem, Request, Selected, Selector, Value,
    WantedFile, export, json,
};
use serde::Deserialize;

/// What to do.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "meshhost_piece::schemars")]
struct Settings {
    /// What happens in `contribute`.
    what: What,
    /// A number for it.
    number: u32,
}

#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(crate = "meshhost_piece::schemars")]
enum What {
    /// `number` ConfigMaps that tell the request.
    #[default]
    Objects,
    Reject,
    Fault,
    Panic,
    Overflow,
    Index,
    Loop,
    Recurse,
    Allocate,
    Shout,
    /// A hook, and a value by chance.
    Once,
}

struct Probe;

impl Piece for Probe {
    type Settings = Settings;

    fn describe() -> Card {
        let config_maps = || vec![Selector::kind("", "ConfigMap")];
        Card {
            name: "probe".to_owned(),
            version: "1.2.3".to_owned(),
            summary: "does what a test tells it to".to_owned(),
            files: vec![WantedFile {
                name: "data".to_owned(),
                purpose: "counted".to_owned(),
                required: false,
            }],
            emits: config_maps(),
            amends: config_maps(),
            assesses: config_maps(),
            images: vec!["docker.io/library/busybox:1.36".to_owned()],
        }
    }

    fn contribute(request: Request<Settings>) -> Result<Contribution, Failure> {
        match request.settings.what {
            What::Objects => Ok(objects(&request)),
            What::Reject => Err(vec![
                Problem::new("what", "is a refusal").hint("ask for objects"),
                Problem::new("", "and\u{1b}[2J more"),
            ]
            .into()),
            What::Fault => Err(Failure::Internal("lost the thread".to_owned())),
            What::Panic => panic!("the number is {}", request.settings.number),
            What::Overflow => {
                let added = request.settings.number.checked_add(u32::MAX);
                Ok(told(&added.expect("the sum fits").to_string()))
            }
            What::Index => {
                let list = vec![0; request.settings.number as usize];
                Ok(told(&list[list.len() + 1].to_string()))
            }
            What::Loop => {
                let mut number = request.settings.number;
                while std::hint::black_box(number) != 1 {
                    number = std::hint::black_box(number).wrapping_add(2) & !1;
                }
                Ok(Contribution::default())
            }
            What::Recurse => Ok(told(&deeper(request.settings.number).to_string())),
            What::Allocate => {
                let mut all = Vec::new();
                loop {
                    all.push(vec![1_u8; 1 << 20]);
                    std::hint::black_box(&all);
                }
            }
            What::Shout => Ok(Contribution {
                diagnostics: vec![Diagnostic::warning("a\nb", "\u{1b}]0;title\u{7}\u{202e}")],
                notes: vec!["one\ntwo\r\u{1b}[31m".to_owned()],
                ..Contribution::default()
            }),
            What::Once => Ok(Contribution {
                hooks: vec![Hook {
                    manifest: json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe"}}),
                    on: vec![Occasion::PreInstall, Occasion::Test],
                    weight: -5,
                    delete: vec![DeletePolicy::HookSucceeded],
                }],
                notes: vec![format!("{:?} {}", request.once.seed, request.once.time)],
                used_once: true,
                ..Contribution::default()
            }),
        }
    }

    fn amend(request: Request<Settings>, objects: Vec<Selected>) -> Result<Amendments, Failure> {
        Ok(Amendments {
            changes: objects
                .iter()
                .map(|object| Amendment {
                    id: object.id,
                    patch: json!({"data": {"amended-by": request.installation, "was": object.piece}}),
                })
                .collect(),
            diagnostics: Vec::new(),
        })
    }

    fn assess(object: Value, pods: Vec<Value>) -> Assessment {
        match (object.get("data"), pods.len()) {
            (Some(_), 0) => Assessment::Progressing("no pods\u{7} yet".to_owned()),
            (Some(_), _) => Assessment::Ready,
            (None, _) => Assessment::Failed("there is no data".to_owned()),
        }
    }
}

fn objects(request: &Request<Settings>) -> Contribution {
    let objects = (0..request.settings.number)
        .map(|number| {
            json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": format!("probe-{number}"), "namespace": request.namespace},
                "data": {
                    "installation": request.installation,
                    "kubernetes": request.facts.kubernetes.git_version,
                    "served": request.facts.served.len().to_string(),
                    "files": request.files.iter().map(|file| file.content.len()).sum::<usize>().to_string(),
                },
            })
        })
        .collect();
    Contribution {
        objects,
        order: vec![OrderRule {
            before: Selector::kind("", "ConfigMap").named("probe-0"),
            after: Selector::kind("", "ConfigMap").named("probe-1*"),
        }],
        diagnostics: vec![Diagnostic::note("counted")],
        notes: vec!["look at it".to_owned()],
        ..Contribution::default()
    }
}

fn told(what: &str) -> Contribution {
    Contribution {
        notes: vec![what.to_owned()],
        ..Contribution::default()
    }
}

/// Never ends well: each level needs a frame.
#[expect(unconditional_recursion, reason = "the stack's limit is what ends it")]
#[inline(never)]
fn deeper(number: u32) -> u64 {
    let below = std::hint::black_box(number).wrapping_add(1);
    u64::from(number) + deeper(std::hint::black_box(below))
}

export!(Probe);
