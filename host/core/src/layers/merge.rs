//! Laying one layer over another. Owns what happens when they meet; which layers there are is not known here.

use super::assignment::{api_of, canonical, overlay_of};
use super::{ISTIO_NAMESPACE, Merged};
use crate::control_plane;
use crate::document::{Api, Document};
use crate::installation;
use crate::path::{Path, Step};
use crate::problem::{Problem, Problems};
use crate::set_flag::{self, Assignment};
use crate::setting::{Setting, Tree, kind_of};
use crate::source::Origin;

pub(super) struct Merge {
    pub(super) control_plane: Setting,
    pub(super) installation: Setting,
    pub(super) given: Vec<Document>,
    pub(super) name: Option<String>,
    pub(super) warnings: Vec<Problem>,
    pub(super) problems: Problems,
}

impl Merge {
    fn tree(&mut self, api: Api) -> &mut Setting {
        match api {
            Api::ControlPlane => &mut self.control_plane,
            Api::Installation => &mut self.installation,
        }
    }

    pub(super) fn lay(&mut self, mut document: Document) {
        let mut values = Vec::new();
        if document.api == Api::Installation {
            installation::forget_sources(&mut self.installation, &document.spec);
            values = installation::take_values(&mut document.spec);
        }
        self.tree(document.api).lay_over(document.spec);
        installation::lay_values(&mut self.installation, values);
    }

    pub(super) fn lay_given(&mut self, document: Document) {
        if document.api == Api::Installation
            && let Some(name) = document
                .metadata
                .as_ref()
                .and_then(|metadata| metadata.get("name"))
        {
            self.name = name.text().map(str::to_owned);
        }
        self.give(document.api, document.spec.clone());
        self.lay(document);
    }

    /// Notes what was said over the profile.
    fn give(&mut self, api: Api, spec: Setting) {
        let last = self.given.iter_mut().rev().find(|given| given.api == api);
        let rest = match last {
            None => Some(spec),
            Some(given) => {
                if api == Api::Installation {
                    installation::forget_sources(&mut given.spec, &spec);
                }
                given.spec.stack(spec).err().map(|spec| *spec)
            }
        };
        self.given.extend(rest.map(|spec| Document {
            api,
            metadata: None,
            spec,
        }));
    }

    /// In Istio 1.4 every `--set` comes with a `defaultNamespace` of its own, so that one in a file counts only when
    /// nothing is set on the command line. People's installations were made that way, so it is kept, and said.
    pub(super) fn forget_default_namespace(
        &mut self,
        sets: &[Assignment],
        before_files: Option<Setting>,
    ) {
        let path = Path::of("defaultNamespace");
        let counts = |assignment: &&Assignment| api_of(&assignment.path) == Some(Api::ControlPlane);
        let Some(first) = sets.iter().find(counts) else {
            return;
        };
        if sets.iter().any(|assignment| assignment.path == path) {
            return;
        }
        let Some(in_file) = self.control_plane.get("defaultNamespace").cloned() else {
            return;
        };
        if Some(&in_file) == before_files.as_ref() {
            return;
        }
        let text = before_files
            .as_ref()
            .and_then(|setting| setting.text())
            .unwrap_or(ISTIO_NAMESPACE)
            .to_owned();
        if in_file.text() == Some(text.as_str()) {
            return;
        }
        let message = format!(
            "does not count, and `{text}` does, because something is set with `--set`: so it is in Istio 1.4"
        );
        self.warnings
            .push(Problem::at(&in_file.origin, &path, message).hint(format!(
                "say it with `--set defaultNamespace={}`",
                in_file.text().unwrap_or_default()
            )));
        // As the profile's word, so that a namespace that is said for the whole installation counts more.
        let value = before_files.unwrap_or_else(|| Setting::new(&first.key, Tree::Text(text)));
        self.assign(&Assignment {
            path,
            key: first.key.clone(),
            value,
        });
    }

    pub(super) fn warn_if_overridden(&mut self, assignment: &Assignment, later: &[Assignment]) {
        let same = later.iter().find(|later| later.path == assignment.path);
        if let Some(later) = same
            && later.value.to_json() != assignment.value.to_json()
        {
            let message = format!("has no effect: {} says otherwise later", later.key);
            self.warnings.push(
                Problem::at(&assignment.key, &assignment.path, message).hint("keep one of the two"),
            );
        }
    }

    pub(super) fn assign(&mut self, assignment: &Assignment) {
        let Some(api) = api_of(&assignment.path) else {
            let message = "nothing can be set here";
            self.problems.push(
                Problem::at(&assignment.key, &assignment.path, message).hint(
                    "paths begin below `spec`: `cni.enabled`, `values.global.…`, `pieces.NAME.…`",
                ),
            );
            return;
        };
        let assignment = &canonical(assignment, &mut self.problems);
        if let [Step::Key(pieces), Step::Key(name), Step::Key(field), ..] =
            assignment.path.0.as_slice()
            && pieces == "pieces"
        {
            let layer = overlay_of(assignment, &self.installation);
            match field.as_str() {
                "source" => installation::forget_source(&mut self.installation, name),
                "chart" => installation::forget_sources(&mut self.installation, &layer),
                // Of a chart's values `null` takes away a default of the chart.
                "values" if assignment.value.value == Tree::Null && assignment.path.0.len() > 3 => {
                    self.lay_given(Document {
                        api,
                        metadata: None,
                        spec: layer,
                    });
                    return;
                }
                _ => {}
            }
        }
        if let Err(problem) = set_flag::assign(self.tree(api), assignment) {
            self.problems.push(problem);
            return;
        }
        let given = overlay_of(assignment, self.tree(api));
        self.give(api, given);
    }

    pub(super) fn finish(
        mut self,
        profile: String,
        named_at: Option<Origin>,
        file: Option<String>,
    ) -> Result<Merged, Problems> {
        let origin = named_at.unwrap_or_else(|| self.control_plane.origin.clone());
        let said = Setting::new(&origin, Tree::Text(profile.clone()));
        for tree in [&mut self.control_plane, &mut self.installation] {
            let Some(map) = tree.map_mut() else { continue };
            if let Some(entry) = map.shift_remove("profile")
                && entry.setting.text().is_none()
            {
                let message = format!(
                    "must be the name of a profile, not {}",
                    kind_of(&entry.setting.value)
                );
                self.problems
                    .push(Problem::at(&entry.setting.origin, "profile", message));
            }
        }
        self.control_plane.put("profile", said.clone());
        // Nothing below the profile's name may change it again, so it is said once, in the first document.
        for document in &mut self.given {
            if let Some(map) = document.spec.map_mut() {
                map.shift_remove("profile");
            }
        }
        let mut spec = Setting::empty_map(&origin);
        spec.put("profile", said);
        match self
            .given
            .iter_mut()
            .find(|document| document.api == Api::ControlPlane)
        {
            Some(first) => {
                let rest = std::mem::replace(&mut first.spec, spec);
                if let (Some(map), Tree::Map(rest)) = (first.spec.map_mut(), rest.value) {
                    map.extend(rest);
                }
            }
            None => self.given.insert(
                0,
                Document {
                    api: Api::ControlPlane,
                    metadata: None,
                    spec,
                },
            ),
        }
        let mut unfit = Problems::default();
        control_plane::check(&self.control_plane, &mut unfit, &mut self.warnings);
        self.problems.or(Merged {
            unfit,
            name: self.name,
            profile,
            control_plane: self.control_plane,
            installation: self.installation,
            given: self.given,
            warnings: self.warnings,
            file,
        })
    }
}
