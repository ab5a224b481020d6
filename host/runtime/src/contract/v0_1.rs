//! Contract 0.1 in the core's types. Owns the translation and nothing else: what is translated is neither checked nor
//! escaped here.

use meshhost_core::card as core;
use meshhost_core::selector::Selector;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Result, Store};

use super::Exported;
use crate::bindings::exports::meshhost::piece::{amend, assess, contribute, describe, inject};
use crate::bindings::meshhost::piece::types;
use crate::sandbox::Guest;

/// Where a component has the contract's functions.
#[derive(Clone)]
pub(crate) struct Functions {
    describe: describe::GuestIndices,
    contribute: Option<contribute::GuestIndices>,
    amend: Option<amend::GuestIndices>,
    assess: Option<assess::GuestIndices>,
    inject: Option<inject::GuestIndices>,
}

/// What a piece says of itself, before anything of it is checked.
pub(crate) struct Description {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) summary: String,
    pub(crate) settings_schema: String,
    pub(crate) files: Vec<core::WantedFile>,
    pub(crate) emits: Vec<Selector>,
    pub(crate) amends: Vec<Selector>,
    pub(crate) assesses: Vec<Selector>,
    pub(crate) images: Vec<String>,
}

/// Why a piece gave no result, in its own words.
pub(crate) enum Refusal {
    Rejected(Vec<core::Problem>),
    Internal(String),
}

impl Functions {
    /// Finds the functions of every exported interface.
    pub(crate) fn find(pre: &InstancePre<Guest>, exported: Exported) -> Result<Self> {
        Ok(Self {
            describe: describe::GuestIndices::new(pre)?,
            contribute: exported
                .contribute
                .then(|| contribute::GuestIndices::new(pre))
                .transpose()?,
            amend: exported
                .amend
                .then(|| amend::GuestIndices::new(pre))
                .transpose()?,
            assess: exported
                .assess
                .then(|| assess::GuestIndices::new(pre))
                .transpose()?,
            inject: exported
                .inject
                .then(|| inject::GuestIndices::new(pre))
                .transpose()?,
        })
    }

    pub(crate) fn exported(&self) -> Exported {
        Exported {
            contribute: self.contribute.is_some(),
            amend: self.amend.is_some(),
            assess: self.assess.is_some(),
            inject: self.inject.is_some(),
        }
    }

    /// Whether every function found has the types of the contract.
    pub(crate) fn check(&self, store: &mut Store<Guest>, instance: &Instance) -> Result<()> {
        self.describe.load(&mut *store, instance)?;
        if let Some(indices) = &self.contribute {
            indices.load(&mut *store, instance)?;
        }
        if let Some(indices) = &self.amend {
            indices.load(&mut *store, instance)?;
        }
        if let Some(indices) = &self.assess {
            indices.load(&mut *store, instance)?;
        }
        if let Some(indices) = &self.inject {
            indices.load(&mut *store, instance)?;
        }
        Ok(())
    }

    pub(crate) fn describe(
        &self,
        store: &mut Store<Guest>,
        instance: &Instance,
    ) -> Result<Description> {
        let card = self
            .describe
            .load(&mut *store, instance)?
            .call_describe(store)?;
        Ok(Description {
            name: card.name,
            version: card.version,
            summary: card.summary,
            settings_schema: card.settings_schema,
            files: each(card.files, |file| core::WantedFile {
                name: file.name,
                purpose: file.purpose,
                required: file.required,
            }),
            emits: each(card.emits, selector),
            amends: each(card.amends, selector),
            assesses: each(card.assesses, selector),
            images: card.images,
        })
    }

    /// Nothing at all when the component does not export the interface.
    pub(crate) fn contribute(
        &self,
        store: &mut Store<Guest>,
        instance: &Instance,
        request: &core::Request,
    ) -> Result<Result<core::Contribution, Refusal>> {
        let Some(indices) = &self.contribute else {
            return Ok(Ok(core::Contribution::default()));
        };
        let answer = indices
            .load(&mut *store, instance)?
            .call_contribute(store, &self::request(request))?;
        Ok(answer
            .map(|contribution| core::Contribution {
                objects: contribution.objects,
                order: each(contribution.order, |rule| core::OrderRule {
                    before: selector(rule.before),
                    after: selector(rule.after),
                }),
                restarts: each(contribution.restarts, |rule| core::RestartRule {
                    changed: selector(rule.changed),
                    restart: selector(rule.restart),
                }),
                diagnostics: each(contribution.diagnostics, diagnostic),
                notes: contribution.notes,
                hooks: each(contribution.hooks, hook),
                used_once: contribution.used_once,
                namespace: request.namespace.clone(),
            })
            .map_err(refusal))
    }

    /// Nothing at all when the component does not export the interface.
    pub(crate) fn amend(
        &self,
        store: &mut Store<Guest>,
        instance: &Instance,
        request: &core::Request,
        objects: &[core::Selected],
    ) -> Result<Result<core::Amendments, Refusal>> {
        let Some(indices) = &self.amend else {
            return Ok(Ok(core::Amendments::default()));
        };
        let objects: Vec<_> = objects
            .iter()
            .map(|object| amend::Selected {
                id: object.id,
                piece: object.piece.clone(),
                manifest: object.manifest.clone(),
            })
            .collect();
        let answer = indices.load(&mut *store, instance)?.call_amend(
            store,
            &self::request(request),
            &objects,
        )?;
        Ok(answer
            .map(|amendments| core::Amendments {
                changes: each(amendments.changes, |change| (change.id, change.patch)),
                diagnostics: each(amendments.diagnostics, diagnostic),
            })
            .map_err(refusal))
    }

    /// Ready when the component does not export the interface: then only the host's own rules count.
    pub(crate) fn assess(
        &self,
        store: &mut Store<Guest>,
        instance: &Instance,
        object: &str,
        pods: &[String],
    ) -> Result<core::Assessment> {
        let Some(indices) = &self.assess else {
            return Ok(core::Assessment::Ready);
        };
        let answer = indices
            .load(&mut *store, instance)?
            .call_assess(store, object, pods)?;
        Ok(match answer {
            assess::Assessment::Ready => core::Assessment::Ready,
            assess::Assessment::Progressing(why) => core::Assessment::Progressing(why),
            assess::Assessment::Failed(why) => core::Assessment::Failed(why),
        })
    }

    /// Every object as it is when the component does not export the interface.
    pub(crate) fn inject(
        &self,
        store: &mut Store<Guest>,
        instance: &Instance,
        request: &core::Request,
        objects: &[String],
    ) -> Result<Result<Vec<core::Outcome>, Refusal>> {
        let Some(indices) = &self.inject else {
            return Ok(Ok(vec![core::Outcome::default(); objects.len()]));
        };
        let answer = indices.load(&mut *store, instance)?.call_inject(
            store,
            &self::request(request),
            objects,
        )?;
        Ok(answer
            .map(|outcomes| {
                each(outcomes, |outcome| core::Outcome {
                    injected: outcome.injected,
                    problems: each(outcome.problems, problem),
                    diagnostics: each(outcome.diagnostics, diagnostic),
                })
            })
            .map_err(refusal))
    }
}

fn each<A, B>(list: Vec<A>, one: impl FnMut(A) -> B) -> Vec<B> {
    list.into_iter().map(one).collect()
}

fn request(request: &core::Request) -> types::Request {
    let facts = &request.facts;
    types::Request {
        installation: request.installation.clone(),
        namespace: request.namespace.clone(),
        facts: types::Facts {
            kubernetes: types::KubernetesVersion {
                major: facts.kubernetes.major,
                minor: facts.kubernetes.minor,
                git_version: facts.kubernetes.git_version.clone(),
            },
            served: facts
                .served
                .iter()
                .map(|served| types::ServedKind {
                    api_version: served.api_version.clone(),
                    kind: served.kind.clone(),
                    namespaced: served.namespaced,
                })
                .collect(),
            platform: facts.platform.clone(),
        },
        settings: request.settings.to_string(),
        files: request
            .files
            .iter()
            .map(|file| types::File {
                wish: file.wish.clone(),
                path: file.path.clone(),
                content: file.content.clone(),
            })
            .collect(),
        once: types::Once {
            seed: request.once.seed.to_vec(),
            time: request.once.time,
        },
    }
}

fn hook(hook: contribute::Hook) -> core::Hook {
    use contribute::{DeletePolicy, Occasion};
    core::Hook {
        manifest: hook.manifest,
        run: core::HookRun {
            on: each(hook.on, |occasion| match occasion {
                Occasion::PreInstall => core::Occasion::PreInstall,
                Occasion::PostInstall => core::Occasion::PostInstall,
                Occasion::PreUpgrade => core::Occasion::PreUpgrade,
                Occasion::PostUpgrade => core::Occasion::PostUpgrade,
                Occasion::PreDelete => core::Occasion::PreDelete,
                Occasion::PostDelete => core::Occasion::PostDelete,
                Occasion::PreRollback => core::Occasion::PreRollback,
                Occasion::PostRollback => core::Occasion::PostRollback,
                Occasion::Test => core::Occasion::Test,
            }),
            weight: hook.weight,
            delete: each(hook.delete, |policy| match policy {
                DeletePolicy::BeforeHookCreation => core::DeletePolicy::BeforeHookCreation,
                DeletePolicy::HookSucceeded => core::DeletePolicy::HookSucceeded,
                DeletePolicy::HookFailed => core::DeletePolicy::HookFailed,
            }),
        },
    }
}

fn selector(selector: types::Selector) -> Selector {
    Selector {
        group: selector.group,
        kind: selector.kind,
        namespace: selector.namespace,
        name: selector.name,
    }
}

fn diagnostic(diagnostic: types::Diagnostic) -> core::Diagnostic {
    core::Diagnostic {
        severity: match diagnostic.severity {
            types::Severity::Note => core::Severity::Note,
            types::Severity::Warning => core::Severity::Warning,
        },
        path: diagnostic.path,
        message: diagnostic.message,
    }
}

fn refusal(failure: types::Failure) -> Refusal {
    match failure {
        types::Failure::Internal(message) => Refusal::Internal(message),
        types::Failure::Rejected(problems) => Refusal::Rejected(each(problems, problem)),
    }
}

fn problem(problem: types::Problem) -> core::Problem {
    core::Problem {
        path: problem.path,
        message: problem.message,
        hint: problem.hint,
    }
}
