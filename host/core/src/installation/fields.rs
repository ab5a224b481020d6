//! Reading `fields` of an Installation: whose fields are whose.
//!
//! ```yaml
//! spec:
//!   fields:
//!     - select: {kind: Deployment, name: "istio-*"}   # group, kind, namespace, name; what is left out matches all
//!       path: spec.template.spec.tolerations          # all fields when left out
//!       policy: yield                                 # own, yield or create-only
//! ```

use super::reader::Reader;
use crate::field_path::FieldPath;
use crate::ownership::{FieldRule, Policy};
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::reading::wrong;
use crate::setting::Setting;

/// Reads the rules of a merged spec; what cannot be read is a problem and left out.
pub fn fields(spec: &Setting, problems: &mut Problems) -> Vec<FieldRule> {
    let Some(setting) = spec.get("fields") else {
        return Vec::new();
    };
    let path = Path::of("fields");
    let mut reader = Reader {
        problems,
        mesh: super::chart::Mesh::default(),
    };
    let Some(list) = setting.list() else {
        reader
            .problems
            .push(wrong(setting, "a list of rules", &path));
        return Vec::new();
    };
    list.iter()
        .enumerate()
        .filter_map(|(index, entry)| rule(&mut reader, entry, &path.index(index)))
        .collect()
}

fn rule(reader: &mut Reader<'_>, entry: &Setting, path: &Path) -> Option<FieldRule> {
    reader.known(
        entry,
        &["select", "path", "policy"],
        path,
        "a rule about fields",
    );
    entry.map()?;
    let wanted = ["select", "policy"];
    let missing = wanted.into_iter().find(|key| entry.get(key).is_none());
    if let Some(missing) = missing {
        let message = format!("lacks `{missing}`");
        let hint =
            "a rule is `{select: {kind: KIND, …}, path: FIELD, policy: own|yield|create-only}`";
        reader
            .problems
            .push(Problem::at(&entry.origin, path, message).hint(hint));
        return None;
    }
    let select = reader.selector(entry.get("select")?, &path.key("select"));
    let (policy, at) = (entry.get("policy")?, path.key("policy"));
    let policy = match policy.text() {
        Some("own") => Some(Policy::Own),
        Some("yield") => Some(Policy::Yield),
        Some("create-only") => Some(Policy::CreateOnly),
        _ => {
            let wanted = "`own`, `yield` or `create-only`";
            reader.problems.push(wrong(policy, wanted, &at));
            None
        }
    };
    let chosen = match entry.get("path") {
        None => Some(None),
        Some(setting) => match setting.text().map(FieldPath::parse) {
            Some(Ok(chosen)) => Some(Some(chosen)),
            Some(Err(why)) => {
                let problem = Problem::at(&setting.origin, path.key("path"), why);
                let hint = "write it as conflicts spell it: `spec.ports[port=80].nodePort`";
                reader.problems.push(problem.hint(hint));
                None
            }
            None => {
                let wanted = "the path of a field, such as `spec.replicas`";
                reader
                    .problems
                    .push(wrong(setting, wanted, &path.key("path")));
                None
            }
        },
    };
    Some(FieldRule {
        select: select?,
        path: chosen?,
        policy: policy?,
    })
}
