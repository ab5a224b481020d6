//! A chart in an OCI registry. Owns finding its layer and pulling it, bounded; must not know what is in it.

use futures_util::StreamExt as _;
use meshhost_core::chart_version::{NoRange, Range};
use meshhost_core::quote;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::manifest::{OciDescriptor, OciManifest};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};

use super::web::{self, Web};

/// What Helm calls the archive of a chart, now and in its first releases with registries.
const CHART: [&str; 2] = [
    "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
    "application/tar+gzip",
];
/// Answers of a registry that are asked for at most when it lists tags.
const PAGES: usize = 100;

/// Why a registry does not have a chart.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Not a reference.
    #[error("oci://{reference} is not a reference: {reason}")]
    Reference {
        /// What was given.
        reference: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The registry was not reached, or says no.
    #[error("oci://{reference}: {reason}")]
    Failed {
        /// What was asked for.
        reference: String,
        /// Why, in the registry's words where it has some.
        reason: String,
    },
    /// Something else.
    #[error("oci://{reference} is no Helm chart: {what}")]
    NoChart {
        /// What was asked for.
        reference: String,
        /// What it is.
        what: String,
    },
    /// More than is taken.
    #[error("oci://{reference} is larger than {most} bytes")]
    TooLarge {
        /// What was asked for.
        reference: String,
        /// How much is taken.
        most: u64,
    },
    /// No version fits.
    #[error("oci://{place} has no version {wanted}")]
    Version {
        /// The repository.
        place: String,
        /// What was asked for.
        wanted: String,
        /// Some that there are.
        there: Vec<String>,
    },
    /// Not a range.
    #[error(transparent)]
    Range(#[from] NoRange),
}

impl RegistryError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Reference { .. } => "write oci://HOST/PATH:VERSION".to_owned(),
            Self::Failed { .. } => {
                "see that the registry can be reached from here (HTTPS_PROXY is heeded, and SSL_CERT_FILE for authorities of your own) and has it, and log in with `helm registry login` or `docker login` where it asks for that".to_owned()
            }
            Self::NoChart { .. } => "name a chart that `helm push` has put there".to_owned(),
            Self::TooLarge { .. } => {
                "if it is meant to be, raise the limit: `--limit PIECE.files-size=256MiB`".to_owned()
            }
            Self::Version { there, .. } if there.is_empty() => "there are no versions at all".to_owned(),
            Self::Version { there, .. } => format!("there are {}", there.join(", ")),
            Self::Range(_) => "correct `version`".to_owned(),
        }
    }
}

/// A chart's layer that was found.
pub(super) struct Found {
    client: Client,
    reference: Reference,
    text: String,
    layer: OciDescriptor,
}

/// The layer that a reference (without `oci://`) means.
pub(super) async fn find(web: &Web, text: &str, most: u64) -> Result<Found, RegistryError> {
    let reference = reference(text)?;
    let client = client(web, &reference);
    let failed = |error: oci_client::errors::OciDistributionError| RegistryError::Failed {
        reference: text.to_owned(),
        reason: web::innermost(&error),
    };
    let auth = credentials(reference.resolve_registry());
    let (manifest, _) = client
        .pull_manifest(&reference, &auth)
        .await
        .map_err(failed)?;
    let no_chart = |what: String| RegistryError::NoChart {
        reference: text.to_owned(),
        what: quote::line(&what, 300),
    };
    let manifest = match manifest {
        OciManifest::Image(manifest) => manifest,
        OciManifest::ImageIndex(_) => return Err(no_chart("it is an index of images".to_owned())),
    };
    let layer = manifest
        .layers
        .iter()
        .find(|layer| CHART.contains(&layer.media_type.as_str()));
    let Some(layer) = layer else {
        let types: Vec<&str> = manifest
            .layers
            .iter()
            .map(|layer| layer.media_type.as_str())
            .collect();
        return Err(no_chart(format!("its layers are {}", types.join(", "))));
    };
    if u64::try_from(layer.size).map_or(true, |size| size > most) {
        return Err(RegistryError::TooLarge {
            reference: text.to_owned(),
            most,
        });
    }
    Ok(Found {
        layer: layer.clone(),
        text: text.to_owned(),
        client,
        reference,
    })
}

impl Found {
    /// `sha256:…` of the archive, as the manifest says it.
    pub(super) fn digest(&self) -> &str {
        &self.layer.digest
    }

    /// What Helm would call the archive.
    pub(super) fn name(&self) -> String {
        let path = self.reference.repository();
        let last = path.rsplit('/').next().unwrap_or(path);
        match self.reference.tag() {
            Some(tag) => format!("{last}-{}.tgz", tag.replace('_', "+")),
            None => format!("{last}.tgz"),
        }
    }

    pub(super) async fn pull(&self, most: u64) -> Result<Vec<u8>, RegistryError> {
        let failed = |error: &dyn std::error::Error| RegistryError::Failed {
            reference: self.text.clone(),
            reason: web::innermost(error),
        };
        let blob = self
            .client
            .pull_blob_stream(&self.reference, &self.layer)
            .await;
        let mut blob = blob.map_err(|error| failed(&error))?;
        let mut bytes = Vec::new();
        while let Some(chunk) = blob.next().await {
            let chunk = chunk.map_err(|error| failed(&error))?;
            if bytes.len() as u64 + chunk.len() as u64 > most {
                return Err(RegistryError::TooLarge {
                    reference: self.text.clone(),
                    most,
                });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

/// The tag of a version, or of the newest version in a range. A version that is whole is not looked for.
pub(super) async fn tag(
    web: &Web,
    place: &str,
    version: Option<&str>,
) -> Result<String, RegistryError> {
    let wanted = version.unwrap_or("*");
    let range = Range::read(wanted)?;
    if meshhost_core::chart_version::version(wanted).is_some() {
        return Ok(wanted.replace('+', "_"));
    }
    let reference = reference(place)?;
    let client = client(web, &reference);
    let auth = credentials(reference.resolve_registry());
    let mut all: Vec<String> = Vec::new();
    for _ in 0..PAGES {
        let last = all.last().cloned();
        let page = client
            .list_tags(&reference, &auth, Some(1000), last.as_deref())
            .await
            .map_err(|error| RegistryError::Failed {
                reference: place.to_owned(),
                reason: web::innermost(&error),
            })?;
        let tags: Vec<String> = page
            .tags
            .into_iter()
            .filter(|tag| !all.contains(tag))
            .collect();
        if tags.is_empty() {
            break;
        }
        all.extend(tags);
    }
    let versions: Vec<String> = all.iter().map(|tag| tag.replace('_', "+")).collect();
    let newest = range.newest(versions.iter().map(String::as_str));
    newest
        .map(|version| version.replace('+', "_"))
        .ok_or_else(|| RegistryError::Version {
            place: place.to_owned(),
            wanted: version.unwrap_or("that is no pre-release").to_owned(),
            there: all.into_iter().rev().take(10).collect(),
        })
}

/// The library takes a text without a host for one of a public registry: here nothing is asked that was not named.
fn reference(text: &str) -> Result<Reference, RegistryError> {
    let host = text.split('/').next().unwrap_or_default();
    let wrong = |reason: String| RegistryError::Reference {
        reference: quote::line(text, 200),
        reason,
    };
    if !host.contains(['.', ':']) && host != "localhost" {
        return Err(wrong(format!("`{host}` is not the name of a registry")));
    }
    text.parse()
        .map_err(|error: oci_client::ParseError| wrong(error.to_string()))
}

fn client(web: &Web, reference: &Reference) -> Client {
    web::use_ring();
    let host = reference.resolve_registry();
    let mut config = ClientConfig {
        protocol: match web.may_be_plain(host) {
            true => ClientProtocol::Http,
            false => ClientProtocol::Https,
        },
        connect_timeout: Some(web::CONNECT),
        read_timeout: Some(web::READ),
        user_agent: concat!("meshhost/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    };
    if web::is_loopback(host) {
        config.no_proxy = Some("*".to_owned());
    }
    Client::new(config)
}

/// What `helm registry login` or `docker login` has left for a registry.
fn credentials(registry: &str) -> RegistryAuth {
    let helm = std::env::var_os("HELM_REGISTRY_CONFIG")
        .map(std::path::PathBuf::from)
        .or_else(|| {
            let folders = directories::BaseDirs::new()?;
            Some(
                folders
                    .config_dir()
                    .join("helm")
                    .join("registry")
                    .join("config.json"),
            )
        });
    let found = helm
        .and_then(|path| std::fs::File::open(path).ok())
        .and_then(|file| docker_credential::get_credential_from_reader(file, registry).ok())
        .or_else(|| docker_credential::get_credential(registry).ok());
    match found {
        Some(docker_credential::DockerCredential::UsernamePassword(user, password)) => {
            RegistryAuth::Basic(user, password)
        }
        Some(docker_credential::DockerCredential::IdentityToken(token)) => {
            RegistryAuth::Bearer(token)
        }
        None => RegistryAuth::Anonymous,
    }
}
