//! Which version of a chart is meant by a version or a range. Owns the language of ranges, which is Helm's: that of
//! Masterminds/semver, where `1.2` is any `1.2.x` and a bare version is that version alone.

use semver::{Version, VersionReq};

/// Ranges, one of which must match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range(Vec<Vec<Bound>>);

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Bound {
    Is(VersionReq),
    Not(VersionReq),
}

/// A text that is no range of versions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a version or a range of versions, such as `1.30.3`, `~1.30` or `>=1.29 <1.31`"
)]
pub struct NoRange(String);

/// A version as chart indexes have them: a `v` before it is dropped.
#[must_use]
pub fn version(text: &str) -> Option<Version> {
    Version::parse(text.strip_prefix('v').unwrap_or(text)).ok()
}

impl Range {
    /// Reads a range.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &str) -> Result<Self, NoRange> {
        text.split("||")
            .map(|all| bounds(all).ok_or_else(|| NoRange(text.escape_debug().take(80).collect())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a version is in it. A pre-release is only in ranges that name one.
    #[must_use]
    pub fn matches(&self, version: &Version) -> bool {
        self.0.iter().any(|all| {
            all.iter().all(|bound| match bound {
                Bound::Is(req) => holds(req, version),
                Bound::Not(req) => !holds(req, version),
            }) && (version.pre.is_empty() || all.iter().any(Bound::names_pre_release))
        })
    }

    /// The newest of some versions that is in it, as it was written.
    #[must_use]
    pub fn newest<'a>(&self, versions: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        versions
            .into_iter()
            .filter_map(|text| Some((version(text)?, text)))
            .filter(|(version, _)| self.matches(version))
            .max_by(|(one, _), (other, _)| one.cmp(other))
            .map(|(_, text)| text)
    }
}

/// Whether a comparison holds, whether or not it names a pre-release itself: another of its range may do that. (The crate
/// takes a pre-release only where the very comparison names one of the same version.)
fn holds(req: &VersionReq, version: &Version) -> bool {
    let named = req.comparators.iter().any(|of| {
        let same = (of.major, of.minor, of.patch)
            == (version.major, Some(version.minor), Some(version.patch));
        same && !of.pre.is_empty()
    });
    if version.pre.is_empty() || named {
        return req.matches(version);
    }
    req.matches(&Version::new(version.major, version.minor, version.patch))
}

impl Bound {
    fn names_pre_release(&self) -> bool {
        let (Self::Is(req) | Self::Not(req)) = self;
        req.comparators
            .iter()
            .any(|comparator| !comparator.pre.is_empty())
    }
}

/// Comparisons with commas or spaces between, or `1.2 - 1.4`.
fn bounds(all: &str) -> Option<Vec<Bound>> {
    if let Some((from, to)) = all.split_once(" - ") {
        return Some(vec![
            one(&format!(">={}", from.trim()))?,
            one(&format!("<={}", to.trim()))?,
        ]);
    }
    // `>= 1.2` is one comparison.
    let mut joined = String::new();
    for word in all.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
        joined.push_str(word);
        if word.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '*') {
            joined.push(' ');
        }
    }
    let bounds: Vec<Bound> = joined
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(one)
        .collect::<Option<_>>()?;
    (!bounds.is_empty()).then_some(bounds)
}

fn one(text: &str) -> Option<Bound> {
    let sign = text.len()
        - text
            .trim_start_matches(['=', '<', '>', '!', '~', '^'])
            .len();
    let (sign, version) = text.split_at(sign);
    let version = version
        .strip_prefix('v')
        .unwrap_or(version)
        .replace(['x', 'X'], "*");
    // What is built is no part of an order.
    let bare = version.split('+').next().unwrap_or_default();
    if bare == "*" {
        return match sign {
            "!=" => None,
            _ => Some(Bound::Is(VersionReq::STAR)),
        };
    }
    let req = |sign: &str| VersionReq::parse(&format!("{sign}{bare}")).ok();
    match sign {
        "" if bare.contains('*') => req("").map(Bound::Is),
        "" | "=" | "==" => req("=").map(Bound::Is),
        "!=" => req("=").map(Bound::Not),
        "=>" => req(">=").map(Bound::Is),
        "=<" => req("<=").map(Bound::Is),
        "~>" => req("~").map(Bound::Is),
        ">" | ">=" | "<" | "<=" | "~" | "^" => req(sign).map(Bound::Is),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_a_range_is_taken() {
        let all = [
            "1.29.9",
            "v1.30.0",
            "1.30.3+a",
            "1.31.0-rc.1",
            "1.31.0-beta",
            "2.0.0",
            "no",
        ];
        for (range, newest) in [
            ("*", Some("2.0.0")),
            ("1.30.0", Some("v1.30.0")),
            ("v1.30.0", Some("v1.30.0")),
            ("1.30.3", Some("1.30.3+a")),
            ("1.30", Some("1.30.3+a")),
            ("1.30.x", Some("1.30.3+a")),
            ("~1.30", Some("1.30.3+a")),
            ("^1.29", Some("1.30.3+a")),
            (">=1.29 <1.30", Some("1.29.9")),
            (">= 1.29, < 1.30.3", Some("v1.30.0")),
            ("1.29 - 1.30", Some("1.30.3+a")),
            ("1.29.x || 2", Some("2.0.0")),
            (">=1.30 !=2.0.0", Some("1.30.3+a")),
            (">=1.31.0-beta <2", Some("1.31.0-rc.1")),
            ("=1.31.0-rc.1", Some("1.31.0-rc.1")),
            (">1.31.0-beta <=1.31.0-rc.1", Some("1.31.0-rc.1")),
            ("<1.31.0-rc.1 >=1.31.0-beta", Some("1.31.0-beta")),
            ("3", None),
        ] {
            assert_eq!(Range::read(range).unwrap().newest(all), newest, "{range}");
        }
        for no in ["", "latest", "1.2.3.4", ">", "1 ||", "><1"] {
            assert!(Range::read(no).is_err(), "{no}");
        }
    }
}
