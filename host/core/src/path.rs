//! Paths into settings: `a.b[0].c`. Owns their spelling; what stands at a path is not known here.

use std::fmt;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A key of a map.
    Key(String),
    /// An entry of a list, counted from 0.
    Index(usize),
}

/// A path from the root of a document or of a piece's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The root.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Keys joined by dots, without escapes: for paths that this crate writes itself.
    #[must_use]
    pub fn of(dotted: &str) -> Self {
        Self(
            dotted
                .split('.')
                .filter(|key| !key.is_empty())
                .map(|key| Step::Key(key.to_owned()))
                .collect(),
        )
    }

    /// Reads what a person or a piece wrote: keys with dots between, `\` before a dot or bracket that belongs to a key,
    /// `[0]` for an entry of a list. What does not fit that is taken as a key, as this is for looking things up.
    #[must_use]
    pub fn lenient(text: &str) -> Self {
        let mut steps = Vec::new();
        let mut key = String::new();
        let mut chars = text.chars().peekable();
        let mut after_index = false;
        while let Some(c) = chars.next() {
            match c {
                '\\' if matches!(chars.peek(), Some('.' | '[' | ']' | '\\')) => {
                    key.extend(chars.next());
                }
                '.' => {
                    if !after_index || !key.is_empty() {
                        steps.push(Step::Key(std::mem::take(&mut key)));
                    }
                    after_index = false;
                }
                '[' => {
                    let digits: String = chars.clone().take_while(char::is_ascii_digit).collect();
                    let closed = chars.clone().nth(digits.len()) == Some(']');
                    match digits.parse() {
                        Ok(index) if closed => {
                            if !key.is_empty() {
                                steps.push(Step::Key(std::mem::take(&mut key)));
                            }
                            steps.push(Step::Index(index));
                            chars.nth(digits.len());
                            after_index = true;
                        }
                        _ => key.push(c),
                    }
                }
                _ => key.push(c),
            }
        }
        if !key.is_empty() {
            steps.push(Step::Key(key));
        }
        Self(steps)
    }

    /// From an RFC 6901 pointer. A step that is a number is a list's entry where `is_list` says so.
    #[must_use]
    pub fn from_pointer(pointer: &str, mut is_list: impl FnMut(&Path) -> bool) -> Self {
        let mut path = Self::root();
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let index = if is_list(&path) {
                step.parse().ok()
            } else {
                None
            };
            path.0.push(index.map_or(Step::Key(step), Step::Index));
        }
        path
    }

    /// One step further.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    /// One step further.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    /// One step further.
    #[must_use]
    pub fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// One path after the other.
    #[must_use]
    pub fn join(&self, rest: &[Step]) -> Self {
        Self(self.0.iter().chain(rest).cloned().collect())
    }

    /// What is left of this path behind `prefix`; `None` when it does not start with it.
    #[must_use]
    pub fn strip(&self, prefix: &Path) -> Option<&[Step]> {
        self.0.strip_prefix(prefix.0.as_slice())
    }

    /// RFC 6901.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.0
            .iter()
            .map(|step| match step {
                Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
                Step::Index(index) => format!("/{index}"),
            })
            .collect()
    }
}

/// As it can be typed after `--set`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) => {
                    if number > 0 {
                        f.write_str(".")?;
                    }
                    for c in key.chars() {
                        if matches!(c, '.' | '[' | ']' | '\\' | ',' | '=') {
                            f.write_str("\\")?;
                        }
                        if c.is_control() {
                            write!(f, "{}", c.escape_unicode())?;
                        } else {
                            write!(f, "{c}")?;
                        }
                    }
                }
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in [
            "", "a", "a.b", "a[0].b", "a[0][1]", "a\\.b.c", "a\\[0\\]", "[2].x",
        ] {
            assert_eq!(Path::lenient(text).to_string(), text);
        }
        assert_eq!(Path::lenient("a.b[0].c\\.d/e").pointer(), "/a/b/0/c.d~1e");
        assert_eq!(
            Path::from_pointer("/a/0/1", |at| at.to_string() == "a").to_string(),
            "a[0].1"
        );
    }
}
