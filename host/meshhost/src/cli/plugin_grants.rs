//! `meshhost plugin add`, `grants`, `remove`: what pieces that are not built in may do. Owns these commands; when a command
//! that writes to a cluster asks is not known here.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use meshhost_core::release;
use serde_json::json;

use crate::cli::approval;
use crate::cli::approval_text::approved_as;
use crate::cli::args::{Add, Report, Settings};
use crate::cli::fault::{Fault, exit};
use crate::cli::lock_file::LockFile;
use crate::cli::{ask, render, report, wish};

/// Shows what is not approved, asks, and writes it down.
pub(crate) fn add(args: &Add) -> Result<u8, Fault> {
    let facts = release::facts(&args.kube_version).map_err(|error| {
        Fault::usage(format!("--kube-version: {error}"), "give one such as 1.37")
    })?;
    let mut settings = args.settings.clone();
    settings.plugins.extend(args.pieces.iter().cloned());
    let wish = wish::read(&settings)?.choose()?.resolve()?;
    if wish.strangers().next().is_none() {
        report::talk("every piece of this installation is built in: there is nothing to approve");
        return Ok(exit::DONE);
    }
    let rendered = wish.render(&facts)?;
    render::tell(&wish, &rendered);
    approval::bounds(&wish, &rendered)?;
    let mut file = LockFile::open(&wish.lock_file)?;
    let pending = approval::pending(
        &wish,
        &rendered.bundle,
        &rendered.bundle,
        &rendered.needs,
        &file,
    );
    if pending.is_empty() {
        report::talk(&format!(
            "everything is approved already in {}",
            file.path().display()
        ));
        return Ok(exit::DONE);
    }
    if !args.agree && !ask::possible() {
        for pending in &pending {
            report::talk(pending.question().trim_end());
        }
        return Err(Fault::failed(
            "there is no terminal to ask on, so nothing was approved",
            "look at it, and say `--agree` to approve it",
        ));
    }
    for pending in pending {
        if !approval::agree(&mut file, pending, args.agree)? {
            report::talk("it was not approved");
            return Ok(exit::FAILED);
        }
    }
    Ok(exit::DONE)
}

/// Shows what is approved.
pub(crate) fn show(settings: &Settings, output: Report) -> Result<u8, Fault> {
    let file = LockFile::open(&wish::read(settings)?.choose()?.lock_file)?;
    let pieces = &file.lock.pieces;
    report::data(&match output {
        Report::Json => {
            let pieces: BTreeMap<_, _> = pieces
                .iter()
                .map(|(name, approved)| {
                    let told = json!({
                        "version": approved.version,
                        "digest": approved.digest,
                        "chart": approved.chart,
                        "source": approved.source,
                        "grant": approved.grant,
                    });
                    (name, told)
                })
                .collect();
            format!("{:#}\n", json!(pieces))
        }
        Report::Text => {
            let mut text = String::new();
            for (name, approved) in pieces {
                let _ = writeln!(text, "{name} {}", approved_as(approved));
                for ability in &approved.grant.abilities {
                    let _ = writeln!(text, "  may {} ({ability})", ability.words());
                }
                for selector in &approved.grant.emits {
                    let _ = writeln!(text, "  may emit {selector}");
                }
                for selector in &approved.grant.amends {
                    let _ = writeln!(text, "  may amend {selector}");
                }
            }
            text
        }
    });
    if pieces.is_empty() {
        report::talk(&format!("nothing is approved in {}", file.path().display()));
    }
    Ok(exit::DONE)
}

/// Takes approvals back.
pub(crate) fn remove(names: &[String], settings: &Settings) -> Result<u8, Fault> {
    let mut file = LockFile::open(&wish::read(settings)?.choose()?.lock_file)?;
    for name in names {
        if !file.lock.pieces.contains_key(name) {
            return Err(Fault::failed(
                format!("no piece {name} is approved in {}", file.path().display()),
                "`meshhost plugin grants` shows what is",
            ));
        }
    }
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    file.withdraw(&all)?;
    report::talk(&format!(
        "{} no longer approved in {}",
        names.join(", "),
        file.path().display()
    ));
    Ok(exit::DONE)
}
