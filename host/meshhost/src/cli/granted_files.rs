//! The files that were granted to the pieces that take part. Owns asking for them at the right places; how they are read is
//! the library's.

use std::collections::BTreeMap;
use std::path::Path;

use meshhost::files::Reader;
use meshhost_core::card::GrantedFile;
use meshhost_core::granted;
use meshhost_core::problem::{Problem, Problems};
use meshhost_core::resolve::Resolved;
use meshhost_runtime::Piece;

use crate::cli::fault::Fault;

/// By piece; each sorted by wish and path.
pub(crate) type GrantedFiles = BTreeMap<String, Vec<GrantedFile>>;

/// Reads them all, or tells all that is wrong with them.
pub(crate) fn read(
    resolved: &Resolved,
    pieces: &BTreeMap<String, Piece>,
) -> Result<GrantedFiles, Fault> {
    let mut problems = Problems::default();
    let mut files = GrantedFiles::new();
    for settings in resolved.pieces.iter().filter(|piece| piece.enabled) {
        let (name, grants) = (&settings.name, &settings.grants);
        let piece = &pieces[name];
        for problem in granted::check(name, piece.card(), grants) {
            problems.push(problem);
        }
        let mut reader = Reader::new(name, piece.limits());
        for (wish, (path, origin)) in &grants.files {
            if let Err(error) = reader.read(wish, Path::new(path)) {
                let setting = format!("pieces.{name}.grants.files.{wish}");
                problems.push(Problem::at(origin, setting, error.to_string()).hint(error.hint()));
            }
        }
        files.insert(name.clone(), reader.finish());
    }
    Ok(problems.or(files)?)
}
