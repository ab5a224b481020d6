//! Which contract a component was built for. Owns the versions this host speaks; must not know how a call is made.
//!
//! Versions go by semver, as the component model has it: `0.1.4` is called as `0.1.0` is, `0.2.0` is another contract. A
//! contract is one adapter below this module, which turns its types into the core's.

pub(crate) mod v0_1;

use semver::Version;

/// The package whose interfaces a piece exports.
const PACKAGE: &str = "meshhost:piece/";
/// The contracts that this host speaks, the newest last.
pub(crate) const SPOKEN: &[&str] = &["0.1"];

/// Interfaces that a component exports in a contract this host speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Exported {
    pub(crate) contribute: bool,
    pub(crate) amend: bool,
    pub(crate) assess: bool,
    pub(crate) inject: bool,
}

/// Why a component is no piece for this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoPiece {
    /// Nothing of the package is exported.
    NotAPiece,
    /// Only in versions that this host does not speak.
    Other(Vec<String>),
    /// Spoken, but `describe` is missing.
    NoDescribe,
}

/// Finds the contract among the names of a component's exports.
pub(crate) fn of<'a>(exports: impl IntoIterator<Item = &'a str>) -> Result<Exported, NoPiece> {
    let mut exported = Exported::default();
    let (mut describe, mut spoken) = (false, false);
    let mut other = Vec::new();
    for name in exports {
        let Some(rest) = name.strip_prefix(PACKAGE) else {
            continue;
        };
        let (interface, version) = rest.split_once('@').unwrap_or((rest, "no version"));
        if !is_spoken(version) {
            other.push(version.to_owned());
            continue;
        }
        spoken = true;
        match interface {
            "describe" => describe = true,
            "contribute" => exported.contribute = true,
            "amend" => exported.amend = true,
            "assess" => exported.assess = true,
            "inject" => exported.inject = true,
            // A newer minor's interface: this host does not make that call.
            _ => {}
        }
    }
    other.sort();
    other.dedup();
    match (describe, spoken, other.is_empty()) {
        (true, ..) => Ok(exported),
        (false, true, _) => Err(NoPiece::NoDescribe),
        (false, false, true) => Err(NoPiece::NotAPiece),
        (false, false, false) => Err(NoPiece::Other(other)),
    }
}

fn is_spoken(version: &str) -> bool {
    // A pre-release of a contract is compatible with nothing but itself.
    Version::parse(version).is_ok_and(|version| {
        version.pre.is_empty()
            && SPOKEN.contains(&format!("{}.{}", version.major, version.minor).as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_by_semver() {
        let one = Exported {
            contribute: true,
            ..Exported::default()
        };
        for (exports, found) in [
            (
                &["meshhost:piece/describe@0.1.0"][..],
                Ok(Exported::default()),
            ),
            (
                &[
                    "meshhost:piece/describe@0.1.7",
                    "meshhost:piece/contribute@0.1.7",
                ],
                Ok(one),
            ),
            (
                &[
                    "meshhost:piece/describe@0.1.0",
                    "meshhost:piece/dream@0.1.9",
                ],
                Ok(Exported::default()),
            ),
            (
                &[
                    "meshhost:piece/describe@0.1.0",
                    "meshhost:piece/contribute@0.1.0",
                    "meshhost:piece/describe@0.2.0",
                    "meshhost:piece/contribute@0.2.0",
                ],
                Ok(one),
            ),
            (
                &[
                    "meshhost:piece/describe@0.2.0",
                    "meshhost:piece/amend@0.2.0",
                ],
                Err(NoPiece::Other(vec!["0.2.0".into()])),
            ),
            (
                &["meshhost:piece/describe@0.1.0-rc.1"],
                Err(NoPiece::Other(vec!["0.1.0-rc.1".into()])),
            ),
            (
                &["meshhost:piece/describe"],
                Err(NoPiece::Other(vec!["no version".into()])),
            ),
            (&["meshhost:piece/amend@0.1.0"], Err(NoPiece::NoDescribe)),
            (&["wasi:cli/run@0.2.0"], Err(NoPiece::NotAPiece)),
            (&[], Err(NoPiece::NotAPiece)),
        ] {
            assert_eq!(of(exports.iter().copied()), found, "{exports:?}");
        }
    }
}
