//! Between the generated bindings and the SDK's own shapes. The only place that knows wit-bindgen; not for authors.

use std::marker::PhantomData;

use crate::{Piece, answer, piece, request};

#[doc(hidden)]
pub use bindings::export_wire;
#[doc(hidden)]
pub use wit_bindgen::rt;

use bindings::exports::meshhost::piece::{amend, assess, contribute, describe, inject};
use bindings::meshhost::piece::types;

mod last_words;

/// Generated from `wit/`.
#[expect(missing_docs, reason = "generated code")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "piece",
        pub_export_macro: true,
        export_macro_name: "export_wire",
        default_bindings_module: "meshhost_piece::wire::bindings",
    });
}

/// Puts the contract's exports around a [`Piece`].
pub struct Wire<P>(PhantomData<P>);

impl<P: Piece> describe::Guest for Wire<P> {
    fn describe() -> describe::Description {
        last_words::listen();
        let card = P::describe();
        describe::Description {
            name: card.name,
            version: card.version,
            summary: card.summary,
            settings_schema: crate::schema::<P::Settings>(),
            files: card.files.into_iter().map(wanted_file).collect(),
            emits: card.emits.into_iter().map(selector).collect(),
            amends: card.amends.into_iter().map(selector).collect(),
            assesses: card.assesses.into_iter().map(selector).collect(),
            images: card.images,
        }
    }
}

impl<P: Piece> contribute::Guest for Wire<P> {
    fn contribute(request: types::Request) -> Result<contribute::Contribution, types::Failure> {
        last_words::listen();
        let contribution = read(request).and_then(P::contribute).map_err(failure)?;
        Ok(contribute::Contribution {
            objects: contribution
                .objects
                .iter()
                .map(ToString::to_string)
                .collect(),
            order: contribution.order.into_iter().map(order_rule).collect(),
            restarts: contribution
                .restarts
                .into_iter()
                .map(restart_rule)
                .collect(),
            diagnostics: contribution
                .diagnostics
                .into_iter()
                .map(diagnostic)
                .collect(),
            notes: contribution.notes,
            hooks: contribution.hooks.into_iter().map(hook).collect(),
            used_once: contribution.used_once,
        })
    }
}

impl<P: Piece> amend::Guest for Wire<P> {
    fn amend(
        request: types::Request,
        objects: Vec<amend::Selected>,
    ) -> Result<amend::Amendments, types::Failure> {
        last_words::listen();
        let objects = objects
            .into_iter()
            .map(selected)
            .collect::<Result<_, _>>()
            .map_err(failure)?;
        let amendments = read(request)
            .and_then(|request| P::amend(request, objects))
            .map_err(failure)?;
        Ok(amend::Amendments {
            changes: amendments
                .changes
                .into_iter()
                .map(|change| amend::Amendment {
                    id: change.id,
                    patch: change.patch.to_string(),
                })
                .collect(),
            diagnostics: amendments.diagnostics.into_iter().map(diagnostic).collect(),
        })
    }
}

impl<P: Piece> assess::Guest for Wire<P> {
    fn assess(object: String, pods: Vec<String>) -> assess::Assessment {
        last_words::listen();
        let pods: Result<Vec<_>, _> = pods.iter().map(|pod| serde_json::from_str(pod)).collect();
        let (Ok(object), Ok(pods)) = (serde_json::from_str(&object), pods) else {
            return assess::Assessment::Failed("the host handed over what is not JSON".to_owned());
        };
        match P::assess(object, pods) {
            answer::Assessment::Ready => assess::Assessment::Ready,
            answer::Assessment::Progressing(why) => assess::Assessment::Progressing(why),
            answer::Assessment::Failed(why) => assess::Assessment::Failed(why),
        }
    }
}

impl<P: Piece> inject::Guest for Wire<P> {
    fn inject(
        request: types::Request,
        objects: Vec<String>,
    ) -> Result<Vec<inject::Outcome>, types::Failure> {
        last_words::listen();
        let objects = objects
            .iter()
            .map(|object| serde_json::from_str(object))
            .collect::<Result<_, _>>()
            .map_err(|error| types::Failure::Internal(format!("an object is not JSON: {error}")))?;
        let outcomes = read(request)
            .and_then(|request| P::inject(request, objects))
            .map_err(failure)?;
        Ok(outcomes
            .into_iter()
            .map(|outcome| inject::Outcome {
                injected: outcome.injected.map(|object| object.to_string()),
                problems: outcome.problems.into_iter().map(problem).collect(),
                diagnostics: outcome.diagnostics.into_iter().map(diagnostic).collect(),
            })
            .collect())
    }
}

fn read<S: serde::de::DeserializeOwned>(
    request: types::Request,
) -> Result<request::Request<S>, answer::Failure> {
    let facts = request.facts;
    Ok(request::Request {
        installation: request.installation,
        namespace: request.namespace,
        facts: request::Facts {
            kubernetes: request::KubernetesVersion {
                major: facts.kubernetes.major,
                minor: facts.kubernetes.minor,
                git_version: facts.kubernetes.git_version,
            },
            served: facts
                .served
                .into_iter()
                .map(|served| request::ServedKind {
                    api_version: served.api_version,
                    kind: served.kind,
                    namespaced: served.namespaced,
                })
                .collect(),
            platform: facts.platform,
        },
        settings: crate::settings(&request.settings)?,
        files: request
            .files
            .into_iter()
            .map(|file| request::File {
                wish: file.wish,
                path: file.path,
                content: file.content,
            })
            .collect(),
        once: request::Once {
            seed: request.once.seed.try_into().map_err(|seed: Vec<u8>| {
                answer::Failure::Internal(format!("the seed has {} bytes, not 32", seed.len()))
            })?,
            time: request.once.time,
        },
    })
}

fn selected(object: amend::Selected) -> Result<request::Selected, answer::Failure> {
    let manifest = serde_json::from_str(&object.manifest)
        .map_err(|error| answer::Failure::Internal(format!("object {}: {error}", object.id)))?;
    Ok(request::Selected {
        id: object.id,
        piece: object.piece,
        manifest,
    })
}

fn wanted_file(file: piece::WantedFile) -> describe::WantedFile {
    describe::WantedFile {
        name: file.name,
        purpose: file.purpose,
        required: file.required,
    }
}

fn selector(selector: piece::Selector) -> types::Selector {
    types::Selector {
        group: selector.group,
        kind: selector.kind,
        namespace: selector.namespace,
        name: selector.name,
    }
}

fn order_rule(rule: answer::OrderRule) -> contribute::OrderRule {
    contribute::OrderRule {
        before: selector(rule.before),
        after: selector(rule.after),
    }
}

fn restart_rule(rule: answer::RestartRule) -> contribute::RestartRule {
    contribute::RestartRule {
        changed: selector(rule.changed),
        restart: selector(rule.restart),
    }
}

fn hook(hook: answer::Hook) -> contribute::Hook {
    contribute::Hook {
        manifest: hook.manifest.to_string(),
        on: hook.on.into_iter().map(occasion).collect(),
        weight: hook.weight,
        delete: hook
            .delete
            .into_iter()
            .map(|policy| match policy {
                answer::DeletePolicy::BeforeHookCreation => {
                    contribute::DeletePolicy::BeforeHookCreation
                }
                answer::DeletePolicy::HookSucceeded => contribute::DeletePolicy::HookSucceeded,
                answer::DeletePolicy::HookFailed => contribute::DeletePolicy::HookFailed,
            })
            .collect(),
    }
}

fn occasion(occasion: answer::Occasion) -> contribute::Occasion {
    match occasion {
        answer::Occasion::PreInstall => contribute::Occasion::PreInstall,
        answer::Occasion::PostInstall => contribute::Occasion::PostInstall,
        answer::Occasion::PreUpgrade => contribute::Occasion::PreUpgrade,
        answer::Occasion::PostUpgrade => contribute::Occasion::PostUpgrade,
        answer::Occasion::PreDelete => contribute::Occasion::PreDelete,
        answer::Occasion::PostDelete => contribute::Occasion::PostDelete,
        answer::Occasion::PreRollback => contribute::Occasion::PreRollback,
        answer::Occasion::PostRollback => contribute::Occasion::PostRollback,
        answer::Occasion::Test => contribute::Occasion::Test,
    }
}

fn diagnostic(diagnostic: answer::Diagnostic) -> types::Diagnostic {
    types::Diagnostic {
        severity: match diagnostic.severity {
            answer::Severity::Note => types::Severity::Note,
            answer::Severity::Warning => types::Severity::Warning,
        },
        path: diagnostic.path,
        message: diagnostic.message,
    }
}

fn failure(failure: answer::Failure) -> types::Failure {
    match failure {
        answer::Failure::Internal(message) => types::Failure::Internal(message),
        answer::Failure::Rejected(problems) => {
            types::Failure::Rejected(problems.into_iter().map(problem).collect())
        }
    }
}

fn problem(problem: answer::Problem) -> types::Problem {
    types::Problem {
        path: problem.path,
        message: problem.message,
        hint: problem.hint,
    }
}
