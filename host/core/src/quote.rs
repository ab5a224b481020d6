//! A stranger's words in the host's messages: a piece's, an API server's, a file's. Owns making them harmless; must not
//! know what they are about.

/// A stranger's text as it may stand in a message: control characters (terminal escapes among them) and invisible
/// characters are spelled out, and what is longer than `most` characters is cut.
///
/// Line breaks and tabs are spelled out too, so that a guest cannot forge lines of the host's own.
#[must_use]
pub fn line(text: &str, most: usize) -> String {
    quoted(text, most, false)
}

/// The same for a text of several lines, such as a panic's message: line breaks stay.
#[must_use]
pub fn lines(text: &str, most: usize) -> String {
    quoted(text, most, true)
}

/// A whole text for a terminal: as it is, but for what is neither text nor a line break or tab.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => plain.push(c),
            c if is_text(c) => plain.push(c),
            c => plain.extend(c.escape_unicode()),
        }
    }
    plain
}

/// Whether a terminal shows a character as itself, where it stands.
#[must_use]
pub fn is_text(c: char) -> bool {
    !c.is_control() && !is_invisible(c)
}

/// What changes the direction of a line makes it read other than it is (CVE-2021-42574), and what has no width makes two
/// names look like one.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{61c}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

fn quoted(text: &str, most: usize, breaks: bool) -> String {
    let mut quoted = String::with_capacity(text.len().min(most));
    let mut left = text.chars();
    for c in left.by_ref().take(most) {
        match c {
            '"' | '\'' | '\\' => quoted.push(c),
            '\n' if breaks => quoted.push(c),
            c if is_invisible(c) => quoted.extend(c.escape_unicode()),
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
        assert_eq!(
            plain("a\tb\r\n\u{1b}[2J\u{9b}\u{feff}\u{e0041}名"),
            "a\tb\\u{d}\n\\u{1b}[2J\\u{9b}\\u{feff}\\u{e0041}名"
        );
    }
}
