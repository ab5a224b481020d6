//! Where a text came from. Owns the texts that people write and places in them; must not know what they mean.

use std::fmt;
use std::sync::Arc;

/// What kind of text it is: this decides how a place in it is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A file; the name is its path as the person gave it.
    File,
    /// Standard input.
    Stdin,
    /// A profile; the name is the profile's.
    Profile,
    /// Settings kept from an earlier apply; the name says which, for example `revision 3`.
    Revision,
    /// A command line argument; the name is the flag, for example `--set`, and the text its value.
    Argument,
}

/// One text that a person wrote.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// What kind.
    pub kind: SourceKind,
    /// Path, profile name or flag.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A source that can be pointed into.
    #[must_use]
    pub fn new(kind: SourceKind, name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            kind,
            name: name.into(),
            text: text.into(),
        })
    }
}

/// A place in a source: a span of bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    /// The text.
    pub source: Arc<Source>,
    /// First byte.
    pub start: usize,
    /// Byte after the last one; equal to `start` for a place without extent.
    pub end: usize,
}

impl Origin {
    /// A span, moved to the nearest places where the text can be cut.
    #[must_use]
    pub fn new(source: &Arc<Source>, start: usize, end: usize) -> Self {
        let cut = |mut at: usize| {
            at = at.min(source.text.len());
            while !source.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = cut(start);
        Self {
            source: Arc::clone(source),
            start,
            end: cut(end).max(start),
        }
    }

    /// All of a source.
    #[must_use]
    pub fn whole(source: &Arc<Source>) -> Self {
        Self::new(source, 0, source.text.len())
    }

    /// Line, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        1 + self.source.text[..self.start].matches('\n').count()
    }

    /// Column in characters, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        let before = &self.source.text[..self.start];
        let line = before.rsplit('\n').next().unwrap_or(before);
        1 + line.chars().filter(|c| *c != '\u{feff}').count()
    }

    /// The text at this place.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.source.text[self.start..self.end]
    }

    /// Whether a profile, and not the person, wrote it.
    #[must_use]
    pub fn is_profile(&self) -> bool {
        self.source.kind == SourceKind::Profile
    }
}

/// `mesh.yaml:3:5`, `profile demo:3:5`, `--set cni.enabled=maybe`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Source { kind, name, text } = &*self.source;
        match kind {
            SourceKind::Argument => {
                let shown: String = text.escape_debug().take(120).collect();
                return write!(
                    f,
                    "{name} {}",
                    shown.replace("\\\"", "\"").replace("\\'", "'")
                );
            }
            SourceKind::File => f.write_str(name)?,
            SourceKind::Stdin => f.write_str("standard input")?,
            SourceKind::Profile => write!(f, "profile {name}")?,
            SourceKind::Revision => write!(f, "settings of {name}")?,
        }
        write!(f, ":{}:{}", self.line(), self.column())
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_places_as_compilers_do() {
        let file = Source::new(SourceKind::File, "mesh.yaml", "a: 1\nbé: x\n");
        for (start, spelled) in [
            (0, "mesh.yaml:1:1"),
            (5, "mesh.yaml:2:1"),
            (10, "mesh.yaml:2:5"),
            (7, "mesh.yaml:2:2"),
            (999, "mesh.yaml:3:1"),
        ] {
            assert_eq!(Origin::new(&file, start, start).to_string(), spelled);
        }
        let set = Source::new(SourceKind::Argument, "--set", "a=\"b\u{7}");
        assert_eq!(Origin::whole(&set).to_string(), "--set a=\"b\\u{7}");
    }
}
