//! A guest's words in the host's messages. Owns making them harmless; must not know what they are about.

/// A stranger's text as it may stand in a message: control characters (terminal escapes among them) and invisible
/// characters are spelled out, and what is longer than `most` characters is cut.
///
/// Line breaks and tabs are spelled out too, so that a guest cannot forge lines of the host's own.
#[must_use]
pub(crate) fn line(text: &str, most: usize) -> String {
    quoted(text, most, false)
}

/// The same for a text of several lines, such as a panic's message: line breaks stay.
#[must_use]
pub(crate) fn lines(text: &str, most: usize) -> String {
    quoted(text, most, true)
}

fn quoted(text: &str, most: usize, breaks: bool) -> String {
    let mut quoted = String::with_capacity(text.len().min(most));
    let mut left = text.chars();
    for c in left.by_ref().take(most) {
        match c {
            '"' | '\'' | '\\' => quoted.push(c),
            '\n' if breaks => quoted.push(c),
            // What changes the direction of a line makes it read other than it is (CVE-2021-42574).
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' => {
                quoted.extend(c.escape_unicode());
            }
            c => quoted.extend(c.escape_debug()),
        }
    }
    let more = left.count();
    if more > 0 {
        quoted.push_str(&format!("… ({more} characters more)"));
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_sees_text_only() {
        for (text, shown) in [
            ("plain \"text\" it's \\d", "plain \"text\" it's \\d"),
            ("naïve 名前 ✓", "naïve 名前 ✓"),
            ("\u{1b}[2J\u{7}", "\\u{1b}[2J\\u{7}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("a\u{202e}b\u{200b}", "a\\u{202e}b\\u{200b}"),
        ] {
            assert_eq!(line(text, 99), shown);
        }
        assert_eq!(line("01234567890", 10), "0123456789… (1 characters more)");
        assert_eq!(lines("a\nb\r", 9), "a\nb\\r");
    }
}
