//! What pieces that are not built in may do: compared with what was approved, and asked for. Owns when that is asked and
//! when not having been asked means no; must not know how it is worded.

use std::collections::BTreeMap;
use std::path::Path;

use meshhost::pipeline::Rendered;
use meshhost_core::bundle::Bundle;
use meshhost_core::grant::{Bounds, Grant};
use meshhost_core::lock::Approved;
use meshhost_core::needs::Need;
use meshhost_core::plan_file::PlanFile;
use meshhost_core::problem::{Problem, Problems};
use meshhost_core::revision::RecordedPiece;
use meshhost_runtime::Piece;

use crate::cli::approval_text::Pending;
use crate::cli::args::{Inject, Settings};
use crate::cli::fault::{Fault, exit};
use crate::cli::lock_file::LockFile;
use crate::cli::wish::{Wish, source_of};
use crate::cli::{ask, report, typed};

/// Refuses what is beyond the bounds that the installation itself sets to a piece.
pub(crate) fn bounds(wish: &Wish, rendered: &Rendered) -> Result<(), Fault> {
    let mut problems = Problems::default();
    for (settings, _) in wish.taking_part() {
        let grants = &settings.grants;
        let bounds = Bounds {
            emits: grants.emits.as_deref(),
            amends: grants.amends.as_deref(),
            abilities: grants.abilities.as_deref(),
        };
        let needs = rendered.needs.get(&settings.name);
        let needs = needs.map(Vec::as_slice).unwrap_or_default();
        for outside in bounds.outside(&settings.name, &rendered.bundle, needs) {
            let hint = format!(
                "`pieces.{}.grants` of the installation says what it may do",
                settings.name
            );
            problems.push(Problem::nowhere("", outside.to_string()).hint(hint));
        }
    }
    problems.or(()).map_err(|problems| Fault {
        code: exit::FAILED,
        ..Fault::from(problems)
    })
}

/// What is not approved: all of it, in the order of the installation.
///
/// What is held to the approvals is `bundle`; what a chart wants is what it has `rendered`.
pub(crate) fn pending(
    wish: &Wish,
    bundle: &Bundle,
    rendered: &Bundle,
    needs: &BTreeMap<String, Vec<Need>>,
    file: &LockFile,
) -> Vec<Pending> {
    wish.strangers()
        .filter_map(|(settings, piece)| {
            let needs = needs.get(&settings.name).map(Vec::as_slice);
            let chart = wish.chart_digest(settings).map(|digest| (digest, rendered));
            let source = source_of(settings);
            unapproved(
                piece,
                &source,
                chart,
                bundle,
                needs.unwrap_or_default(),
                file,
            )
        })
        .collect()
}

fn unapproved(
    piece: &Piece,
    source: &str,
    chart: Option<(String, &Bundle)>,
    bundle: &Bundle,
    needs: &[Need],
    file: &LockFile,
) -> Option<Pending> {
    let name = &piece.card().name;
    let before = file.lock.pieces.get(name);
    let fits = before.is_some_and(|before| {
        let outside = before.grant.bounds().outside(name, bundle, needs);
        before.digest == piece.digest()
            && before.chart.as_ref() == chart.as_ref().map(|(digest, _)| digest)
            && outside.is_empty()
    });
    (!fits).then(|| Pending {
        name: name.clone(),
        version: piece.card().version.clone(),
        digest: piece.digest().to_owned(),
        source: source.to_owned(),
        before: before.cloned(),
        wanted: match &chart {
            Some((_, rendered)) => Grant::rendered(name, piece.card(), rendered, needs),
            None => Grant::wanted(piece.card(), needs),
        },
        chart: chart.map(|(digest, _)| digest),
        injects: piece.injects(),
        needs: needs.to_vec(),
    })
}

/// For commands that change nothing: says what is not approved, or fails with `--locked`.
pub(crate) fn tell(wish: &Wish, rendered: &Rendered, settings: &Settings) -> Result<(), Fault> {
    bounds(wish, rendered)?;
    if wish.strangers().next().is_none() {
        return Ok(());
    }
    let file = LockFile::open(&wish.lock_file)?;
    let pending = pending(
        wish,
        &rendered.bundle,
        &rendered.bundle,
        &rendered.needs,
        &file,
    );
    if settings.locked {
        return refuse(&pending, &how(settings));
    }
    for pending in &pending {
        report::talk(&format!(
            "warning: {}; `apply` would ask for your approval",
            pending.sentence()
        ));
    }
    Ok(())
}

/// Before anything is written: everything is approved, or is approved now.
pub(crate) fn require(wish: &Wish, rendered: &Rendered, settings: &Settings) -> Result<(), Fault> {
    bounds(wish, rendered)?;
    if wish.strangers().next().is_none() {
        return Ok(());
    }
    let mut file = LockFile::open(&wish.lock_file)?;
    let pending = pending(
        wish,
        &rendered.bundle,
        &rendered.bundle,
        &rendered.needs,
        &file,
    );
    if pending.is_empty() {
        return Ok(());
    }
    if settings.locked || !ask::possible() {
        return refuse(&pending, &how(settings));
    }
    for pending in pending {
        if !agree(&mut file, pending, false)? {
            return Err(Fault::failed(
                "a piece was not approved, so nothing was changed",
                "leave the piece out, or approve it",
            ));
        }
    }
    Ok(())
}

/// Before a cluster is asked, where nobody could be asked later: what has no approval at all, as far as that can be told
/// without the cluster.
pub(crate) fn refuse_early(wish: &Wish, settings: &Settings) -> Result<(), Fault> {
    if (!settings.locked && ask::possible()) || wish.strangers().next().is_none() {
        return Ok(());
    }
    let file = LockFile::open(&wish.lock_file)?;
    // What it would do on a new cluster is the best that can be told.
    let rendered = meshhost_core::release::facts(meshhost_core::release::NEWEST)
        .ok()
        .and_then(|facts| wish.render(&facts).ok())
        .unwrap_or_default();
    let mut pending = pending(
        wish,
        &Bundle::default(),
        &rendered.bundle,
        &rendered.needs,
        &file,
    );
    pending.retain(Pending::is_new);
    refuse(&pending, &how(settings))
}

/// Before what an injector returned is handed out: it is approved, with what it makes workloads able to do, or is approved
/// now. There is no later step that would ask.
pub(crate) fn require_injector(
    piece: &Piece,
    args: &Inject,
    source: &Path,
    needs: &[Need],
    lock_file: &Path,
) -> Result<(), Fault> {
    if meshhost::source::is_builtin(piece.digest()) {
        return Ok(());
    }
    let mut file = LockFile::open(lock_file)?;
    let source = source.display().to_string();
    let Some(pending) = unapproved(piece, &source, None, &Bundle::default(), needs, &file) else {
        return Ok(());
    };
    if args.locked || !(args.agree || ask::possible()) {
        return refuse(
            &[pending],
            "look at it and approve it with `--agree`, once: it is written down in the lock file",
        );
    }
    if agree(&mut file, pending, args.agree)? {
        return Ok(());
    }
    Err(Fault::failed(
        "the injector was not approved, so nothing was injected",
        "leave `--injector` out, or approve it",
    ))
}

/// What the pieces that are not built in make use of, by their names.
pub(crate) fn used(wish: &Wish, rendered: &Rendered) -> BTreeMap<String, Grant> {
    wish.strangers()
        .map(|(settings, _)| {
            let name = &settings.name;
            let needs = rendered.needs.get(name).map(Vec::as_slice);
            let used = Grant::used(name, &rendered.bundle, needs.unwrap_or_default());
            (name.clone(), used)
        })
        .collect()
}

/// Before a plan from a file is worked off, where `lock_file` is said: what its pieces need may have been approved when it
/// was made, but it must be so now.
pub(crate) fn still(path: &Path, plan: &PlanFile, lock_file: Option<&Path>) -> Result<(), Fault> {
    if plan.uses.is_empty() {
        return Ok(());
    }
    let file = LockFile::open(lock_file.unwrap_or(Path::new(&plan.lock_file)))?;
    let mut problems = Problems::default();
    for (name, uses) in &plan.uses {
        let before = file.lock.pieces.get(name);
        let piece = plan.pieces.iter().find(|piece| piece.name == *name);
        let fits = before.is_some_and(|before| {
            piece.is_some_and(|piece| piece.digest == before.digest && piece.chart == before.chart)
                && before.grant.lacks(uses).is_empty()
        });
        if fits {
            continue;
        }
        let text = |of: fn(&RecordedPiece) -> &String| piece.map(of).cloned().unwrap_or_default();
        let pending = Pending {
            name: name.clone(),
            version: text(|piece| &piece.version),
            digest: text(|piece| &piece.digest),
            chart: piece.and_then(|piece| piece.chart.clone()),
            source: text(|piece| &piece.source),
            before: before.cloned(),
            wanted: uses.clone(),
            injects: false,
            needs: Vec::new(),
        };
        let message = format!(
            "{}: {} (looked for in {})",
            path.display(),
            pending.sentence(),
            file.path().display()
        );
        let hint = "look at it and approve it with `meshhost plugin add` and the settings that this plan was made from, or say with `--lock-file` where it is approved";
        problems.push(Problem::nowhere("", message).hint(hint));
    }
    problems.or(()).map_err(|problems| Fault {
        code: exit::FAILED,
        ..Fault::from(problems)
    })
}

/// How the pieces of these settings are approved.
fn how(settings: &Settings) -> String {
    format!(
        "look at it and approve it with `{}`: `--yes` agrees to plans, never to what a piece may do",
        typed::command("plugin add", settings)
    )
}

fn refuse(pending: &[Pending], hint: &str) -> Result<(), Fault> {
    let mut problems = Problems::default();
    for pending in pending {
        problems.push(Problem::nowhere("", pending.sentence()).hint(hint));
    }
    problems.or(()).map_err(|problems| Fault {
        code: exit::FAILED,
        ..Fault::from(problems)
    })
}

/// Shows what a piece wants, asks unless it was agreed to beforehand, and writes a yes down.
pub(crate) fn agree(file: &mut LockFile, pending: Pending, agreed: bool) -> Result<bool, Fault> {
    report::talk(pending.question().trim_end());
    if !agreed && !ask::yes(&format!("Let piece {} do this?", pending.name)) {
        return Ok(false);
    }
    let same = pending
        .before
        .as_ref()
        .filter(|before| before.digest == pending.digest && before.chart == pending.chart);
    // Other settings of the same bytes were approved before, and still are.
    let grant = match same {
        Some(before) => pending.wanted.with(&before.grant),
        None => pending.wanted,
    };
    let approved = Approved {
        version: pending.version,
        digest: pending.digest,
        chart: pending.chart,
        source: pending.source,
        grant,
    };
    file.approve(&pending.name, approved)?;
    report::talk(&format!(
        "piece {} is approved in {}",
        pending.name,
        file.path().display()
    ));
    Ok(true)
}
