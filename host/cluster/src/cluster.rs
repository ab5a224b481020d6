//! The door: a cluster that one is connected to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use meshhost_core::bundle::Bundle;
use meshhost_core::card::Once;
use meshhost_core::facts::Facts;
use meshhost_core::plan::Plan;
use meshhost_core::plan_file::ClusterIdentity;
use meshhost_core::recorded::Recorded;
use meshhost_core::revision::{Revision, RevisionRequest};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::applying::{Applied, ApplyError, ApplyOptions};
use crate::assess::Assess;
use crate::config_maps::{self, ConfigMap};
use crate::connect::{Connect, ConnectError, Connection};
use crate::discovery::Discovery;
use crate::event::Listener;
use crate::facts;
use crate::helm::{self, HelmError, HelmRelease};
use crate::locked;
use crate::planning::{self, PlanError, PlanOptions};
use crate::request::{Request, RequestError};
use crate::running::{self, Running};
use crate::session::Session;
use crate::state::{self, Installation, StateError};
use crate::status::{self, Status};

/// How long reading may take, all requests and their retries together.
const READING: Duration = Duration::from_secs(120);
/// How much longer for each object that may have to be tried: a server that is busy takes its time.
const READING_EACH: Duration = Duration::from_millis(50);
/// How long the first answer may take.
const FIRST_ANSWER: Duration = Duration::from_secs(15);

/// A cluster.
///
/// Discovery is read once, and again after an apply.
pub struct Cluster {
    connection: Connection,
    version: Value,
    discovery: Mutex<Option<Arc<Discovery>>>,
    assess: Option<Arc<dyn Assess>>,
}

fn nobody_listens(_: crate::event::Event) {}

impl Cluster {
    /// Reads the kubeconfig and asks the server who it is: one request.
    ///
    /// # Errors
    /// When there is no kubeconfig, nobody answers, or it does not accept who asks. This one does not try again.
    pub async fn connect(wish: &Connect) -> Result<Self, ConnectError> {
        let connection = Connection::new(wish).await?;
        let server = connection.server.clone();
        let session = Session {
            connection: &connection,
            deadline: Instant::now() + FIRST_ANSWER,
            listener: &nobody_listens,
            hold: None,
        };
        let version = match session.send(Request::get("/version").attempts(1)).await {
            Ok(answer) => answer.body,
            Err(RequestError::Unreachable { why, .. }) => {
                return Err(ConnectError::Unreachable { server, why });
            }
            Err(error) if matches!(error.code(), Some(401 | 403)) => {
                return Err(ConnectError::Unauthorized {
                    server,
                    why: error.message().to_owned(),
                });
            }
            Err(source) => return Err(ConnectError::NotKubernetes { server, source }),
        };
        if version.get("gitVersion").and_then(Value::as_str).is_none() {
            return Err(ConnectError::NotKubernetes {
                server,
                source: RequestError::Unreadable {
                    request: "GET /version".into(),
                    why: "it has no gitVersion".into(),
                },
            });
        }
        Ok(Self {
            connection,
            version,
            discovery: Mutex::new(None),
            assess: None,
        })
    }

    /// Lets pieces judge their objects while they are waited for.
    pub fn assess_with(&mut self, assess: Arc<dyn Assess>) {
        self.assess = Some(assess);
    }

    /// The API server's URL.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.connection.server
    }

    /// With another limit on how long one try of a request may take, 40 seconds otherwise. What takes longer is tried again.
    #[must_use]
    pub fn with_try_limit(mut self, limit: Duration) -> Self {
        self.connection.try_limit = limit;
        self
    }

    /// What pieces are told of the cluster: two requests, on servers before 1.26 one more a group version.
    ///
    /// # Errors
    /// When discovery cannot be read.
    pub async fn facts(&self) -> Result<Facts, RequestError> {
        Ok(facts::facts(&self.version, &*self.discovery().await?))
    }

    /// The latest revision of an installation, whatever came of it; `None` when there is none.
    ///
    /// # Errors
    /// When its records cannot be read.
    pub async fn last_revision(
        &self,
        installation: &Installation,
    ) -> Result<Option<Revision>, StateError> {
        let session = self.reading();
        match state::parent(&session, installation).await? {
            Some(parent) => state::latest(&session, installation, parent.inventory.revision).await,
            None => Ok(None),
        }
    }

    /// What tells this cluster from another: one request.
    ///
    /// # Errors
    /// When the server does not answer. Who may not read `kube-system` gets an identity without a uid.
    pub async fn identity(&self) -> Result<ClusterIdentity, RequestError> {
        let request = Request::get("/api/v1/namespaces/kube-system");
        let uid = match self.reading().send(request).await {
            Ok(answer) => answer
                .body
                .pointer("/metadata/uid")
                .and_then(Value::as_str)
                .map(str::to_owned),
            Err(error) if error.is_forbidden() || error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        Ok(ClusterIdentity {
            uid,
            server: self.server().to_owned(),
        })
    }

    /// All revisions that are recorded, oldest first: one list, and one request more for each.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn history(&self, installation: &Installation) -> Result<Vec<Revision>, StateError> {
        let session = self.reading();
        let mut history = Vec::new();
        for number in state::recorded(&session, installation).await?.into_keys() {
            history.extend(state::revision(&session, installation, number).await?);
        }
        Ok(history)
    }

    /// The objects of a revision, as they were rendered then; `None` when they are not recorded.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub async fn recorded_objects(
        &self,
        installation: &Installation,
        number: u64,
    ) -> Result<Option<Recorded>, StateError> {
        state::objects(&self.reading(), installation, number).await
    }

    /// The pieces of the latest revision that ended well: what is applied of them is an upgrade.
    ///
    /// # Errors
    /// When its records cannot be read.
    pub async fn installed_pieces(
        &self,
        installation: &Installation,
    ) -> Result<BTreeSet<String>, PlanError> {
        let session = self.reading();
        let last = match state::parent(&session, installation).await? {
            Some(parent) => {
                state::latest(&session, installation, parent.inventory.revision).await?
            }
            None => None,
        };
        let good = planning::good(&session, installation, last.as_ref()).await?;
        Ok(good.as_ref().map(planning::pieces).unwrap_or_default())
    }

    /// What pieces have made random values and times from, as the latest revision that has its objects recorded it.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn kept_once(
        &self,
        installation: &Installation,
    ) -> Result<BTreeMap<String, Once>, StateError> {
        let session = self.reading();
        let recorded = state::recorded(&session, installation).await?;
        for number in recorded.into_keys().rev() {
            if let Some(recorded) = state::objects(&session, installation, number).await? {
                return Ok(recorded.once);
            }
        }
        Ok(BTreeMap::new())
    }

    /// Compares a bundle with the cluster. The empty bundle plans the removal of everything. Writes nothing.
    ///
    /// # Errors
    /// When the comparison cannot be made. What stands in the way of applying is in the plan instead.
    pub async fn plan(
        &self,
        bundle: &Bundle,
        installation: &Installation,
        options: &PlanOptions,
    ) -> Result<Plan, PlanError> {
        let discovery = self.discovery().await?;
        let mut session = self.reading();
        let objects = u32::try_from(bundle.objects.len()).unwrap_or(u32::MAX);
        session.deadline += READING_EACH.saturating_mul(objects);
        planning::plan(session, &discovery, bundle, installation, options).await
    }

    /// Carries out a plan, and tells what happens.
    ///
    /// # Errors
    /// When the plan has refusals (then nothing is written), or when something fails on the way: the revision is recorded
    /// as failed, and applying again finishes the job.
    pub async fn apply(
        &self,
        plan: Plan,
        request: RevisionRequest,
        options: &ApplyOptions,
        listener: Listener<'_>,
    ) -> Result<Applied, ApplyError> {
        let never = std::future::pending();
        self.apply_until(never, plan, request, options, listener)
            .await
    }

    /// As [`apply`](Self::apply), until `stop` ends: then nothing more is written, and the lock is given back.
    ///
    /// # Errors
    /// As [`apply`](Self::apply), and [`ApplyError::Stopped`].
    pub async fn apply_until(
        &self,
        stop: impl Future<Output = ()>,
        plan: Plan,
        request: RevisionRequest,
        options: &ApplyOptions,
        listener: Listener<'_>,
    ) -> Result<Applied, ApplyError> {
        let discovery = self.discovery().await?;
        let run = locked::Run {
            connection: &self.connection,
            discovery: &discovery,
            plan: &plan,
            request,
            options: *options,
            listener,
            assess: self.assess.as_ref(),
        };
        let applied = locked::run(run, stop).await;
        // Kinds may have come and gone.
        *self.discovery.lock().await = None;
        applied
    }

    /// The releases of a name that Helm has deployed, in one namespace or in all.
    ///
    /// # Errors
    /// When they cannot be listed, or are not what Helm records.
    pub async fn helm_releases(
        &self,
        name: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<HelmRelease>, HelmError> {
        helm::releases(&self.reading(), name, namespace).await
    }

    /// How an installation is; `None` when there is none of that name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn status(&self, installation: &Installation) -> Result<Option<Status>, PlanError> {
        let discovery = self.discovery().await?;
        status::status(&self.reading(), &discovery, installation).await
    }

    /// The pods and Services of an installation; `None` when there is none of that name.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn running(&self, installation: &Installation) -> Result<Option<Running>, PlanError> {
        let discovery = self.discovery().await?;
        running::running(&self.reading(), &discovery, installation).await
    }

    /// The ConfigMap of a name in a namespace, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn config_map(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<ConfigMap>, RequestError> {
        config_maps::one(&self.reading(), namespace, name).await
    }

    /// The ConfigMaps of a name in all namespaces.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub async fn config_maps(&self, name: &str) -> Result<Vec<ConfigMap>, RequestError> {
        config_maps::everywhere(&self.reading(), name).await
    }

    fn reading(&self) -> Session<'_> {
        Session {
            connection: &self.connection,
            deadline: Instant::now() + READING,
            listener: &nobody_listens,
            hold: None,
        }
    }

    async fn discovery(&self) -> Result<Arc<Discovery>, RequestError> {
        let mut known = self.discovery.lock().await;
        if let Some(discovery) = &*known {
            return Ok(Arc::clone(discovery));
        }
        let discovery = Arc::new(Discovery::read(&self.reading()).await?);
        *known = Some(Arc::clone(&discovery));
        Ok(discovery)
    }
}
