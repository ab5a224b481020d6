//! What a mesh says of its sidecars: the texts of two ConfigMaps. They are those that the given settings render to, or are
//! in given files, or else are on the cluster. Must not know what they mean.

use std::path::PathBuf;

use meshhost_cluster::{Cluster, ConfigMap};
use meshhost_core::facts::Facts;
use meshhost_core::{lock, release};

use crate::cli::args::{self, Inject, Settings};
use crate::cli::fault::Fault;
use crate::cli::{approval, render, session, wish};

/// Its keys `config` and `values` are for injecting only.
const INJECTOR: &str = "istio-sidecar-injector";
/// Its key `mesh` is what every component reads.
const MESH: &str = "istio";
/// Where they are as a rule.
const NAMESPACE: &str = "istio-system";

pub(super) struct Configuration {
    /// Where it comes from, for messages.
    pub(super) from: String,
    pub(super) namespace: String,
    pub(super) facts: Facts,
    /// By the names under which a piece wishes for them.
    pub(super) texts: Vec<(&'static str, String)>,
    /// Where approvals are.
    pub(super) lock_file: PathBuf,
}

pub(super) fn find(args: &Inject) -> Result<Configuration, Fault> {
    let files = (
        &args.inject_config_file,
        &args.values_file,
        &args.mesh_config_file,
    );
    let mesh = args.mesh();
    if let (Some(config), Some(values), Some(mesh_config)) = files {
        if mesh.is_some() {
            return Err(Fault::usage(
                "the mesh is given by settings and by files",
                "leave one of the two out",
            ));
        }
        return Ok(Configuration {
            from: "the given files".to_owned(),
            namespace: NAMESPACE.to_owned(),
            facts: facts(args)?,
            texts: vec![
                ("config", wish::read_text(config)?),
                ("values", wish::read_text(values)?),
                ("mesh", wish::read_text(mesh_config)?),
            ],
            lock_file: lock_file(args),
        });
    }
    match mesh {
        Some(settings) => rendered(&settings, facts(args)?),
        None => session::block_on(live(args)),
    }
}

fn facts(args: &Inject) -> Result<Facts, Fault> {
    release::facts(&args.kube_version)
        .map_err(|error| Fault::usage(format!("--kube-version: {error}"), "give one such as 1.37"))
}

/// Where approvals are when there are no settings to be beside.
fn lock_file(args: &Inject) -> PathBuf {
    args.lock_file
        .clone()
        .unwrap_or_else(|| lock::FILE_NAME.into())
}

fn rendered(settings: &Settings, facts: Facts) -> Result<Configuration, Fault> {
    let wish = wish::read(settings)?.choose()?.resolve()?;
    let rendered = wish.render(&facts)?;
    render::tell(&wish, &rendered);
    // What comes out is applied by others, who ask nothing: nobody would be asked later.
    approval::require(&wish, &rendered, settings)?;
    let find = |name: &str| {
        rendered.bundle.objects.iter().find_map(|contributed| {
            let id = contributed.object.id();
            let data = contributed.object.pointer("/data")?.as_object()?;
            (id.kind == "ConfigMap" && id.name == name).then(|| ConfigMap {
                namespace: id.namespace.clone().unwrap_or_default(),
                data: data
                    .iter()
                    .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                    .collect(),
            })
        })
    };
    let from = "what these settings render to";
    let missing = |name: &str| {
        Fault::failed(
            format!("{from} has no ConfigMap {name}"),
            "inject with settings that install the injector and pilot, such as `--profile default`",
        )
    };
    let injector = find(INJECTOR).ok_or_else(|| missing(INJECTOR))?;
    let mesh = find(MESH).ok_or_else(|| missing(MESH))?;
    of(from.to_owned(), facts, injector, mesh, wish.lock_file)
}

async fn live(args: &Inject) -> Result<Configuration, Fault> {
    let cluster = session::connect(&args::Cluster {
        kubeconfig: args.kubeconfig.clone(),
        context: args.context.clone(),
        state_namespace: String::new(),
    })
    .await?;
    let namespace = args.istio_namespace.as_deref();
    let injector = one(
        &cluster,
        INJECTOR,
        namespace,
        namespace.unwrap_or(NAMESPACE),
    )
    .await?;
    // The mesh's own configuration may be in another namespace than the injector.
    let mesh = one(&cluster, MESH, None, &injector.namespace).await?;
    let facts = cluster
        .facts()
        .await
        .map_err(|error| Fault::from_error(&error))?;
    let from = cluster.server().to_owned();
    of(from, facts, injector, mesh, lock_file(args))
}

/// The ConfigMap of a name in a namespace; elsewhere, if no namespace is demanded and there is only one.
async fn one(
    cluster: &Cluster,
    name: &str,
    demanded: Option<&str>,
    likely: &str,
) -> Result<ConfigMap, Fault> {
    let failed = |error| Fault::from_error(&error);
    if let Some(found) = cluster.config_map(likely, name).await.map_err(failed)? {
        return Ok(found);
    }
    let hint = "say where it is with `--istio-namespace`, or describe the mesh with `--profile`, `--set` or `--settings`";
    if let Some(namespace) = demanded {
        return Err(Fault::failed(
            format!(
                "{}: there is no ConfigMap {name} in namespace {namespace}",
                cluster.server()
            ),
            hint,
        ));
    }
    let mut found = cluster.config_maps(name).await.map_err(failed)?;
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Fault::failed(
            format!(
                "{}: there is no ConfigMap {name} in any namespace: no mesh of Istio 1.4 is installed there",
                cluster.server()
            ),
            hint,
        )),
        _ => Err(Fault::failed(
            format!(
                "{}: there are several ConfigMaps {name}, in {}",
                cluster.server(),
                found
                    .iter()
                    .map(|found| found.namespace.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            hint,
        )),
    }
}

fn of(
    from: String,
    facts: Facts,
    mut injector: ConfigMap,
    mut mesh: ConfigMap,
    lock_file: PathBuf,
) -> Result<Configuration, Fault> {
    let namespace = injector.namespace.clone();
    let mut texts = Vec::new();
    for (map, name, keys) in [
        (&mut injector, INJECTOR, &["config", "values"][..]),
        (&mut mesh, MESH, &["mesh"]),
    ] {
        for key in keys {
            let text = map.data.remove(*key).ok_or_else(|| {
                Fault::failed(
                    format!("{from}: ConfigMap {}/{name} has no key {key}", map.namespace),
                    "it is not the one of an Istio 1.4 mesh: say where that is with `--istio-namespace`",
                )
            })?;
            texts.push((*key, text));
        }
    }
    Ok(Configuration {
        from,
        namespace,
        facts,
        texts,
        lock_file,
    })
}
