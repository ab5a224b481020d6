//! From a kubeconfig to a client. Owns the errors that a person meets first, and logging in anew; must not know what the
//! client is for.

use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};

use crate::request::{RequestError, innermost};

/// How long one try of a request may take. Longer than the API server's own limit for a webhook (30 s).
const TRY: Duration = Duration::from_secs(40);

/// Which cluster.
#[derive(Debug, Clone, Default)]
pub struct Connect {
    /// A kubeconfig; `None`: `$KUBECONFIG`, then `~/.kube/config`, then the service account of the pod that this runs in.
    pub kubeconfig: Option<PathBuf>,
    /// A context of it; `None`: its current one.
    pub context: Option<String>,
}

/// Why there is no cluster to work on.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No kubeconfig anywhere.
    #[error(
        "no kubeconfig: $KUBECONFIG is not set, ~/.kube/config is not there, and this is not a pod; name one with --kubeconfig FILE"
    )]
    NoKubeconfig,
    /// A kubeconfig that cannot be used.
    #[error("kubeconfig {place}: {why}")]
    Kubeconfig {
        /// Which.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// The context is not in it.
    #[error("kubeconfig {place} has no context {context}; it has: {known}")]
    NoContext {
        /// Which.
        place: String,
        /// What was asked for.
        context: String,
        /// The contexts that there are.
        known: String,
    },
    /// Nobody answers there.
    #[error(
        "cannot reach the cluster at {server}: {why}; is it running, and is it the right --context?"
    )]
    Unreachable {
        /// URL.
        server: String,
        /// What went wrong.
        why: String,
    },
    /// It does not know who this is.
    #[error(
        "the cluster at {server} does not accept the credentials of the kubeconfig ({why}); log in again, or use another --context"
    )]
    Unauthorized {
        /// URL.
        server: String,
        /// The server's words.
        why: String,
    },
    /// It answers, but not as a Kubernetes API server does.
    #[error("the server at {server} does not answer like a Kubernetes API server: {0}", .source)]
    NotKubernetes {
        /// URL.
        server: String,
        /// What it answered.
        source: RequestError,
    },
}

/// A client that can be made anew when its credentials are not accepted any more.
pub(crate) struct Connection {
    wish: Connect,
    /// With the number of the login.
    client: RwLock<(kube::Client, u64)>,
    /// The API server's URL.
    pub(crate) server: String,
    /// How long one try of a request may take.
    pub(crate) try_limit: Duration,
}

impl Connection {
    pub(crate) async fn new(wish: &Connect) -> Result<Self, ConnectError> {
        let (client, server) = client(wish).await?;
        Ok(Self {
            wish: wish.clone(),
            client: RwLock::new((client, 0)),
            server,
            try_limit: TRY,
        })
    }

    /// The client, and the number of its login.
    pub(crate) fn client(&self) -> (kube::Client, u64) {
        self.client
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads the kubeconfig anew, with its token files and exec plug-ins, unless that was done since this login.
    pub(crate) async fn log_in_again(&self, login: u64) -> Result<(), ConnectError> {
        if self.client().1 != login {
            return Ok(());
        }
        let (client, _) = client(&self.wish).await?;
        let mut current = self.client.write().unwrap_or_else(PoisonError::into_inner);
        if current.1 == login {
            *current = (client, login + 1);
        }
        Ok(())
    }
}

/// A client and the URL it talks to.
async fn client(wish: &Connect) -> Result<(kube::Client, String), ConnectError> {
    // Whatever else in the program links rustls: one choice, made once; a second call is no error.
    let _already_chosen = rustls::crypto::ring::default_provider().install_default();
    let mut config = config(wish).await?;
    // Retries are the session's business: it knows the time limit and tells.
    config.default_retry = false;
    // So that the server's audit log tells who it was.
    let agent = HeaderValue::from_static(concat!("meshhost/", env!("CARGO_PKG_VERSION")));
    config.headers.push((USER_AGENT, agent));
    let server = config.cluster_url.to_string();
    let client = kube::Client::try_from(config).map_err(|error| ConnectError::Kubeconfig {
        place: place(wish),
        why: innermost(&error),
    })?;
    Ok((client, server))
}

async fn config(wish: &Connect) -> Result<kube::Config, ConnectError> {
    let read = match &wish.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let kubeconfig = match read {
        Ok(kubeconfig) => kubeconfig,
        Err(error) if wish.kubeconfig.is_none() && is_absent(&error) => {
            return kube::Config::incluster().map_err(|error: InClusterError| match error {
                InClusterError::ReadEnvironmentVariable(_) => ConnectError::NoKubeconfig,
                other => ConnectError::Kubeconfig {
                    place: "of the pod's service account".into(),
                    why: innermost(&other),
                },
            });
        }
        Err(error) => {
            return Err(ConnectError::Kubeconfig {
                place: place(wish),
                why: match &error {
                    KubeconfigError::ReadConfig(io, _) => io.to_string(),
                    other => innermost(other),
                },
            });
        }
    };
    if let Some(context) = &wish.context
        && !kubeconfig
            .contexts
            .iter()
            .any(|known| known.name == *context)
    {
        let known: Vec<&str> = kubeconfig
            .contexts
            .iter()
            .map(|known| known.name.as_str())
            .collect();
        return Err(ConnectError::NoContext {
            place: place(wish),
            context: context.clone(),
            known: if known.is_empty() {
                "none".into()
            } else {
                known.join(", ")
            },
        });
    }
    let options = KubeConfigOptions {
        context: wish.context.clone(),
        ..KubeConfigOptions::default()
    };
    kube::Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| ConnectError::Kubeconfig {
            place: place(wish),
            why: match error {
                KubeconfigError::CurrentContextNotSet => {
                    "it names no current-context; choose one with --context".into()
                }
                other => innermost(&other),
            },
        })
}

/// Whether there is no file at all, as opposed to a bad one.
fn is_absent(error: &KubeconfigError) -> bool {
    match error {
        KubeconfigError::FindPath => true,
        KubeconfigError::ReadConfig(io, _) => {
            io.kind() == std::io::ErrorKind::NotFound && std::env::var_os("KUBECONFIG").is_none()
        }
        _ => false,
    }
}

fn place(wish: &Connect) -> String {
    match &wish.kubeconfig {
        Some(path) => path.display().to_string(),
        None => std::env::var("KUBECONFIG").unwrap_or_else(|_| "~/.kube/config".into()),
    }
}
