//! The files that were granted to the pieces that take part, and the charts that they render. Owns asking for them at the
//! right places; how they are read and fetched is the library's.

use std::collections::BTreeMap;
use std::path::Path;

use meshhost::charts::{self, Charts, normal};
use meshhost::files::Reader;
use meshhost_core::card::GrantedFile;
use meshhost_core::chart::{Chart, ChartSource};
use meshhost_core::granted;
use meshhost_core::problem::{Problem, Problems};
use meshhost_core::resolve::Resolved;
use meshhost_core::source::Origin;
use meshhost_runtime::Piece;

use crate::cli::fault::Fault;

/// By piece; each sorted by wish and path.
/// What a piece that renders charts calls the archive or folder, and the files of values.
pub(crate) const CHART: &str = "chart";
const VALUES: &str = "values";

pub(crate) type GrantedFiles = BTreeMap<String, Vec<GrantedFile>>;

/// Reads them all, or tells all that is wrong with them.
pub(crate) fn read(
    resolved: &Resolved,
    pieces: &BTreeMap<String, Piece>,
    charts: &Charts,
) -> Result<GrantedFiles, Fault> {
    let mut problems = Problems::default();
    let mut files = GrantedFiles::new();
    for settings in resolved.pieces.iter().filter(|piece| piece.enabled) {
        let name = &settings.name;
        let piece = &pieces[name];
        let mut grants = settings.grants.clone();
        if let Some(chart) = &settings.chart {
            // Naming them is granting them.
            let granted = (chart.source.to_string(), chart.origin.clone());
            if let Some((_, origin)) = grants.files.insert(CHART.to_owned(), granted) {
                let message = format!("piece {name} has a chart already ({})", chart.origin);
                problems.push(Problem::at(&origin, "", message).hint("name it once"));
            }
        }
        for problem in granted::check(name, piece.card(), &grants) {
            problems.push(problem);
        }
        let mut reader = Reader::new(name, piece.limits());
        if let Some(chart) = &settings.chart {
            grants.files.remove(CHART);
            let found = chart_files(name, chart, &mut reader, charts);
            problems.extend(found.err().map(Problems::from).unwrap_or_default());
        }
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

/// A chart and the files of its values.
fn chart_files(
    piece: &str,
    chart: &Chart,
    reader: &mut Reader<'_>,
    fetcher: &Charts,
) -> Result<(), Problem> {
    let place = format!("pieces.{piece}.chart.source");
    let at = |origin: &Origin, path: &str, message: String, hint: String| {
        Problem::at(origin, path, message).hint(hint)
    };
    match &chart.source {
        ChartSource::Path(_) | ChartSource::Folder { .. } => {
            let path = charts::local(&chart.source)
                .map_err(|error| at(&chart.origin, &place, error.to_string(), error.hint()))?;
            reader
                .read(CHART, &path)
                .map_err(|error| at(&chart.origin, &place, error.to_string(), error.hint()))?;
            let found = granted::chart(reader.files());
            if let Some(wanted) = chart.digest.as_deref().map(normal)
                && wanted != found
            {
                return Err(at(
                    &chart.origin,
                    &place,
                    format!("{}: the chart's digest is {found} and not {wanted}", path.display()),
                    "it is not the chart that was pinned: find out who changed it before you change the pin".to_owned(),
                ));
            }
        }
        _ => {
            let archive = fetcher
                .fetch(chart, reader.left())
                .map_err(|error| at(&chart.origin, &place, error.to_string(), error.hint()))?;
            reader.hand(CHART, archive.name, archive.bytes);
        }
    }
    for (index, (path, origin)) in chart.values_files.iter().enumerate() {
        // The piece lays them over each other in the order of their paths.
        let folder = format!("{index:04}");
        reader
            .read_below(VALUES, &folder, Path::new(path))
            .map_err(|error| {
                let place = format!("pieces.{piece}.valuesFiles[{index}]");
                at(origin, &place, error.to_string(), error.hint())
            })?;
    }
    Ok(())
}
