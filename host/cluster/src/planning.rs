//! From a bundle to a plan. Owns which questions the server is asked: records first, then lists, and a dry run only for
//! what may differ. Writes nothing. Must not know how a plan is carried out.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream};
use meshhost_core::bundle::{Bundle, Contributed};
use meshhost_core::card::Once;
use meshhost_core::id::ObjectId;
use meshhost_core::inventory::Inventory;
use meshhost_core::ownership::{FieldRule, FieldRules};
use meshhost_core::plan::{Basis, Plan, Planned, Refusal};
use meshhost_core::recorded::Recorded;
use meshhost_core::replace::Replace;
use meshhost_core::revision::{RecordedObject, RecordedPiece, Revision};
use meshhost_core::waves::{Cycle, waves};

use crate::discovery::{Discovery, Resource};
use crate::live;
use crate::request::RequestError;
use crate::session::Session;
use crate::state::{self, Installation, StateError};

mod hooks;
mod judge;
mod obstacle;
mod owner;
mod rights;
mod superfluous;
mod trial;

pub(crate) use hooks::{good, pieces};
use judge::{Judged, judge};
use obstacle::{homeless, unverified};
use superfluous::removals;

/// Dry runs in flight.
const TRIALS: usize = 8;

/// How a plan is made.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// What the server is asked to try.
    pub verify: Verify,
    /// Fields that other managers have set otherwise, and that no rule is about, are taken over.
    pub force_conflicts: bool,
    /// Whose fields are whose.
    pub fields: Vec<FieldRule>,
    /// Objects of which a field must change that cannot and that may be deleted and made anew.
    pub replace: Replace,
    /// Which objects that are there already may become members.
    pub adopt: Adopt,
    /// The pieces that take part: hooks of others are those of pieces that go.
    pub pieces: Vec<RecordedPiece>,
    /// The revision whose objects are brought back; absent when the objects were rendered.
    pub restores: Option<u64>,
    /// What pieces have made random values and times from, to be recorded.
    pub once: BTreeMap<String, Once>,
}

/// Which objects that are there already may become members (the inventory policies of cli-utils).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Adopt {
    /// None. Namespaces are used, and stay others'.
    Match,
    /// Those that are no installation's and no other tool's set's.
    #[default]
    Unowned,
    /// All: they are taken away from whose they are.
    All,
}

/// What the server is asked to try in a dry run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verify {
    /// What is there and may differ.
    #[default]
    Needed,
    /// Also what is not there yet, where its kind and its namespace are: one request more for each.
    Everything,
}

/// Why no plan could be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The records cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// Objects wait for each other.
    #[error(transparent)]
    Cycle(#[from] Cycle),
    /// The server did not answer a question.
    #[error("cannot compare with the cluster: {0}")]
    Request(#[from] RequestError),
}

/// An object of the bundle on its way to a plan.
struct Candidate<'a> {
    contributed: &'a Contributed,
    wave: usize,
    /// Absent when the kind is served in no such version.
    resource: Option<&'a Resource>,
    /// Why the server cannot try it.
    unverified: Option<String>,
}

impl Candidate<'_> {
    fn id(&self) -> &ObjectId {
        self.contributed.object.id()
    }
}

/// Everything that a plan is judged against.
struct Ground<'a> {
    session: Session<'a>,
    installation: &'a Installation,
    inventory: &'a Inventory,
    recorded: BTreeMap<&'a ObjectId, &'a RecordedObject>,
    rules: FieldRules,
    options: &'a PlanOptions,
}

/// Makes a plan.
pub(crate) async fn plan(
    session: Session<'_>,
    discovery: &Discovery,
    bundle: &Bundle,
    installation: &Installation,
    options: &PlanOptions,
) -> Result<Plan, PlanError> {
    let waves = waves(bundle)?;
    let parent = state::parent(&session, installation).await?;
    let (inventory, parent_version) = match parent {
        Some(parent) => (parent.inventory, Some(parent.version)),
        None => (
            Inventory::new(&installation.name, &installation.state_namespace),
            None,
        ),
    };
    let last = state::latest(&session, installation, inventory.revision).await?;
    let served = discovery;
    let discovery = served.with_definitions(bundle.objects.iter().map(|it| &it.object));
    let namespaces = match bundle.objects.is_empty() {
        true => None,
        false => live::namespaces(&session, &discovery).await?,
    };
    let wave_of: BTreeMap<&ObjectId, usize> = waves
        .iter()
        .enumerate()
        .flat_map(|(number, wave)| wave.objects.iter().map(move |id| (id, number)))
        .collect();
    let candidates: Vec<Candidate<'_>> = bundle
        .objects
        .iter()
        .map(|contributed| {
            let object = &contributed.object;
            let kind = &object.id().kind;
            Candidate {
                contributed,
                wave: wave_of.get(object.id()).copied().unwrap_or(0),
                resource: discovery.resource(object.api_version(), kind),
                unverified: unverified(contributed, served, namespaces.as_ref()),
            }
        })
        .collect();

    let versions = candidates
        .iter()
        .map(|it| {
            (
                it.id().group_kind(),
                it.contributed.object.api_version().to_owned(),
            )
        })
        .collect();
    let (mut found, unlisted) =
        live::members_allowed(&session, &discovery, &inventory, &versions).await?;
    let strangers = candidates
        .iter()
        .filter(|it| it.unverified.is_none() && !found.contains_key(it.id()))
        .filter_map(|it| Some((it.id().clone(), it.resource?.clone())))
        .collect();
    let (there, forbidden) = live::at_places(&session, strangers).await?;
    let members: BTreeSet<ObjectId> = found.keys().cloned().collect();
    found.extend(there);

    let mut refusals: Vec<Refusal> = forbidden
        .into_iter()
        .map(|(id, error)| Refusal::Forbidden {
            id,
            verb: "get".into(),
            message: error.message().to_owned(),
        })
        .collect();
    refusals.extend(
        unlisted
            .into_iter()
            .map(|(resource, error)| Refusal::Forbidden {
                id: resource.all(),
                verb: "list".into(),
                message: error.message().to_owned(),
            }),
    );
    refusals.extend(homeless(&candidates, namespaces.as_ref()));
    let ground = Ground {
        session,
        installation,
        inventory: &inventory,
        recorded: recorded(last.as_ref()),
        rules: FieldRules::new(options.fields.clone(), bundle),
        options,
    };
    let hook_objects: BTreeSet<&ObjectId> = bundle
        .hooks
        .iter()
        .map(|hook| hook.contributed.object.id())
        .collect();
    let removals = removals(&ground, &candidates, &members, &found, &hook_objects);
    let judged: Vec<Result<Judged, RequestError>> = stream::iter(&candidates)
        .map(|candidate| judge(&ground, candidate, &found, &discovery))
        .buffered(TRIALS)
        .collect()
        .await;
    let mut objects = Vec::new();
    let mut warnings = BTreeSet::new();
    for judged in judged {
        let judged = judged?;
        objects.extend(judged.planned);
        refusals.extend(judged.refusals);
        warnings.extend(judged.warnings);
    }
    refusals.extend(rights::missing(&session, &discovery, &inventory, &objects, &removals).await?);
    let doing = hooks::Doing {
        bundle,
        last: last.as_ref(),
        objects: &objects,
        removals: &removals,
    };
    let hooks = hooks::hooks(&ground, &doing).await?;
    objects.sort_by(|a: &Planned, b| (a.wave, &a.id).cmp(&(b.wave, &b.id)));
    Ok(Plan {
        installation: installation.name.clone(),
        revision: inventory.revision + 1,
        restores: options.restores,
        objects,
        hooks,
        removals,
        refusals,
        warnings: warnings.into_iter().collect(),
        basis: Basis {
            inventory,
            parent_version,
            last,
            waves,
            recorded: Recorded {
                bundle: bundle.clone(),
                fields: options.fields.clone(),
                once: options.once.clone(),
            },
        },
    })
}

fn recorded(last: Option<&Revision>) -> BTreeMap<&ObjectId, &RecordedObject> {
    last.into_iter()
        .flat_map(|revision| &revision.objects)
        .map(|object| (&object.id, object))
        .collect()
}
