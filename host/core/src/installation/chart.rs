//! Reading the `chart` of a piece, and what stands beside it. Owns the refusals of what does not fit.

use super::reader::Reader;
use crate::chart::{Chart, ChartSource};
use crate::chart_version::Range;
use crate::path::Path;
use crate::problem::Problem;
use crate::reading::wrong;
use crate::setting::{Setting, Tree};

/// What stands beside `chart` in a piece, and has no meaning without it.
pub(super) const BESIDE: [&str; 3] = ["values", "valuesFiles", "releaseName"];
const MESH: [&str; 2] = ["version", "charts"];
const CHART: [&str; 2] = ["source", "digest"];
const REPOSITORY: [&str; 3] = ["repo", "name", "version"];

/// What is said once for all charts of the mesh.
#[derive(Debug, Clone, Default)]
pub(super) struct Mesh {
    version: Option<String>,
    charts: Option<String>,
}

impl Reader<'_> {
    /// Reads `mesh`.
    pub(super) fn mesh(&mut self, mesh: Option<&Setting>) {
        let Some(mesh) = mesh else { return };
        let path = Path::of("mesh");
        self.known(mesh, &MESH, &path, "the mesh");
        let version = self.text(mesh.get("version"), &path.key("version"));
        if let (Some(version), Some(setting)) = (&version, mesh.get("version"))
            && let Err(error) = Range::read(version)
        {
            self.problems.push(Problem::at(
                &setting.origin,
                path.key("version"),
                error.to_string(),
            ));
        }
        let charts = self.text(mesh.get("charts"), &path.key("charts"));
        self.mesh = Mesh { version, charts };
    }

    /// Nothing when the piece has no chart, or one that cannot be read.
    pub(super) fn chart(&mut self, fields: &Setting, path: &Path) -> Option<Chart> {
        let Some(chart) = fields.get("chart") else {
            for key in BESIDE {
                if let Some(setting) = fields.get(key) {
                    let message =
                        format!("`{key}` is said of pieces with a `chart`, and this one has none");
                    self.problems.push(
                        Problem::at(&setting.origin, path.key(key), message)
                            .hint("name the chart with `chart: {source: …}`; what other pieces can be told stands in `settings`"),
                    );
                }
            }
            return None;
        };
        let path_of = path.key("chart");
        if let Some(text) = chart.text() {
            self.problems
                .push(wrong(chart, "a map", &path_of).hint(format!("write `{{source: {text}}}`")));
            return None;
        }
        self.known(chart, &CHART, &path_of, "a chart");
        chart.map()?;
        let digest = self.digest(chart, &path_of);
        let values_files = self.values_files(fields.get("valuesFiles"), &path.key("valuesFiles"));
        for (key, wanted) in [("values", "a map"), ("releaseName", "a text")] {
            let fits = |setting: &Setting| match key {
                "values" => setting.map().is_some(),
                _ => setting.text().is_some_and(|text| !text.is_empty()),
            };
            if let Some(setting) = fields.get(key).filter(|setting| !fits(setting)) {
                self.problems.push(wrong(setting, wanted, &path.key(key)));
            }
        }
        let path_of = path_of.key("source");
        let Some(source) = chart.get("source") else {
            self.problems.push(
                Problem::at(&chart.origin, &path_of, "says nothing of where the chart comes from")
                    .hint("write `source: ./CHART.tgz`, `source: oci://HOST/PATH:VERSION` or `source: {repo: URL, name: NAME}`"),
            );
            return None;
        };
        Some(Chart {
            source: self.chart_source(source, &path_of)?,
            origin: source.origin.clone(),
            digest,
            values_files,
        })
    }

    fn chart_source(&mut self, setting: &Setting, path: &Path) -> Option<ChartSource> {
        if let Some(text) = setting.text() {
            return match ChartSource::read(text) {
                Ok(source) => Some(source),
                Err(error) => {
                    let message = format!("`{}` {error}", crate::setting::shown(setting));
                    self.problems
                        .push(Problem::at(&setting.origin, path, message).hint(error.hint()));
                    None
                }
            };
        }
        self.known(setting, &REPOSITORY, path, "a repository of charts");
        setting.map()?;
        let mut lacks = |key: &str, hint: &str| {
            let message = format!("lacks `{key}`");
            self.problems
                .push(Problem::at(&setting.origin, path, message).hint(hint));
        };
        if setting.get("name").is_none() {
            lacks("name", "write `{repo: URL, name: NAME, version: VERSION}`");
        }
        if setting.get("repo").is_none() && self.mesh.charts.is_none() {
            lacks(
                "repo",
                "say where the charts of the mesh are: `--set mesh.charts=PLACE`, a folder, `https://…` or `oci://…`",
            );
        }
        let url = match setting.get("repo") {
            None => self.mesh.charts.clone(),
            said => self.text(said, &path.key("repo")),
        };
        let name = self.text(setting.get("name"), &path.key("name"));
        let version = match setting.get("version") {
            None if setting.get("repo").is_none() => self.mesh.version.clone(),
            said => self.text(said, &path.key("version")),
        };
        if let (Some(version), Some(setting)) = (&version, setting.get("version"))
            && let Err(error) = Range::read(version)
        {
            self.problems.push(Problem::at(
                &setting.origin,
                path.key("version"),
                error.to_string(),
            ));
        }
        let url = url?;
        let known = ["https://", "http://", "oci://"];
        if url.contains("://") && !known.iter().any(|scheme| url.starts_with(scheme)) {
            let setting = setting.get("repo").unwrap_or(setting);
            let wanted = "a folder, or the URL of a repository (`https://…` or `oci://…`)";
            self.problems
                .push(wrong(setting, wanted, &path.key("repo")));
            return None;
        }
        Some(ChartSource::among(url, name?, version))
    }

    fn values_files(
        &mut self,
        setting: Option<&Setting>,
        path: &Path,
    ) -> Vec<(String, crate::source::Origin)> {
        let Some(setting) = setting else {
            return Vec::new();
        };
        let Some(list) = setting.list() else {
            self.problems
                .push(wrong(setting, "a list of paths of files", path));
            return Vec::new();
        };
        let read = |(index, entry): (usize, &Setting)| {
            let text = self.text(Some(entry), &path.index(index))?;
            Some((text, entry.origin.clone()))
        };
        list.iter().enumerate().filter_map(read).collect()
    }
}

/// Values as Helm takes them from its own `--set`: what looks like a number and is no plain integer is a text, so that
/// `--set …values.tag=1.10` is not 1.1.
pub(super) fn as_typed(setting: &mut Setting) {
    match (&mut setting.value, &setting.typed) {
        (Tree::Number(number), Some(typed))
            if !number.is_i64() || number.to_string() != **typed =>
        {
            setting.value = Tree::Text(typed.to_string());
        }
        (Tree::Map(map), _) => map
            .values_mut()
            .for_each(|entry| as_typed(&mut entry.setting)),
        (Tree::List(list), _) => list.iter_mut().for_each(as_typed),
        _ => {}
    }
}
