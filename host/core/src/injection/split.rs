//! The documents of a YAML text, as they are written. Owns finding where one ends; what stands in them is not known here.

/// Every document with content, without the line that separates it from the one before.
pub(super) fn documents(text: &str) -> Vec<&str> {
    let mut documents = Vec::new();
    let (mut begin, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let after = at + line.len();
        if let Some(rest) = separator(line) {
            documents.push(&text[begin..at]);
            // What stands behind the dashes belongs to the next one.
            begin = after - rest.len();
        }
        at = after;
    }
    documents.push(&text[begin..]);
    documents.retain(|document| has_content(document));
    documents
}

/// The rest of a line that begins a document.
fn separator(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("---")?;
    let begins = rest.is_empty() || rest.starts_with(char::is_whitespace);
    begins.then(|| rest.trim_start_matches([' ', '\t', '\r', '\n']))
}

fn has_content(document: &str) -> bool {
    document.lines().any(|line| {
        let line = line.trim_start_matches('\u{feff}').trim();
        !line.is_empty() && !line.starts_with('#')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_comments_and_drops_what_is_empty() {
        for (text, found) in [
            ("", &[][..]),
            ("---\n# nothing\n---\n", &[]),
            ("a: 1\n", &["a: 1\n"]),
            ("# top\na: 1\n---\nb: 2", &["# top\na: 1\n", "b: 2"]),
            ("--- {a: 1}\n---\tb: 2\n", &["{a: 1}\n", "b: 2\n"]),
            ("a: |\n  ---\n---not\n", &["a: |\n  ---\n---not\n"]),
            ("a: 1\r\n---\r\nb: 2\r\n", &["a: 1\r\n", "b: 2\r\n"]),
        ] {
            assert_eq!(documents(text), found, "{text:?}");
        }
    }
}
