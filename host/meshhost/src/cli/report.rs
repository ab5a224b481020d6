//! Printing: data to stdout, talk to stderr. Owns colours and how a problem looks; must not know any command.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process;

use meshhost_core::problem::Problem;
use meshhost_core::quote;
use meshhost_core::source::SourceKind;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity,
    SourceCode,
};

use crate::cli::fault::Fault;

/// Writes data to stdout: as it is for programs and files, and as text on a terminal. A reader that went away (`| head`) ends
/// the program quietly, as it does `cat`.
pub(crate) fn data(text: &str) {
    let mut stdout = io::stdout().lock();
    let text = match stdout.is_terminal() {
        true => Cow::Owned(quote::plain(text)),
        false => Cow::Borrowed(text),
    };
    if let Err(error) = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        if error.kind() == io::ErrorKind::BrokenPipe {
            process::exit(0);
        }
        talk(&format!("error: cannot write to stdout: {error}"));
        process::exit(1);
    }
}

/// Where a program reads, not a person.
pub(crate) fn bytes() -> impl Write {
    io::stdout().lock()
}

/// Writes what a person reads to stdout. What a stranger wrote (a piece, an API server) cannot harm the terminal.
pub(crate) fn text(text: &str) {
    data(&quote::plain(text));
}

/// Writes a line to stderr; as with [`text`], it cannot harm the terminal. That nobody reads it is no reason to stop.
pub(crate) fn talk(line: &str) {
    coloured(&quote::plain(line));
}

/// A line with colours of our own.
fn coloured(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Whether stderr is a terminal that wants colours (NO_COLOR, no-color.org).
pub(crate) fn colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A failed command.
pub(crate) fn fault(fault: &Fault) {
    for problem in &fault.problems {
        show(problem, Severity::Error);
    }
}

/// Something to know that did not stop the command.
pub(crate) fn warning(problem: &Problem) {
    show(problem, Severity::Warning);
}

fn show(problem: &Problem, severity: Severity) {
    let shown = Shown::new(problem, severity);
    let mut theme = if colours() {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::none()
    };
    // The word before it says what it is.
    theme.characters.error.clear();
    theme.characters.warning.clear();
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(100)
        .with_wrap_lines(false)
        .with_context_lines(1)
        .without_cause_chain();
    let head = match severity {
        Severity::Error => "error",
        _ => "warning",
    };
    if shown.source.is_none() {
        talk(&format!("{head}: {shown}"));
        if let Some(hint) = &problem.hint {
            talk(&format!("  help: {hint}"));
        }
        return;
    }
    if handler.render_report(&mut text, &shown).is_err() {
        talk(&format!("{head}: {shown}"));
        return;
    }
    coloured(&format!("{head}: {}", text.trim_start().trim_end()));
}

/// A file as it is shown around a mistake: what is no text becomes a sign of the same length, so that places stay where they
/// are.
fn shown_source(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            c if quote::is_text(c) => shown.push(c),
            c => shown.extend(std::iter::repeat_n('?', c.len_utf8())),
        }
    }
    shown
}

/// A problem as miette shows one.
struct Shown<'a> {
    problem: &'a Problem,
    severity: Severity,
    source: Option<NamedSource<String>>,
}

impl<'a> Shown<'a> {
    fn new(problem: &'a Problem, severity: Severity) -> Self {
        let source = problem.origin.as_ref().map(|origin| {
            let source = &origin.source;
            let name = match source.kind {
                SourceKind::Profile => format!("profile {}", source.name),
                SourceKind::Revision => format!("settings of {}", source.name),
                SourceKind::Stdin => "standard input".to_owned(),
                SourceKind::File | SourceKind::Argument => source.name.clone(),
            };
            NamedSource::new(quote::plain(&name), shown_source(&source.text))
        });
        Self {
            problem,
            severity,
            source,
        }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem {
            origin,
            path,
            message,
            ..
        } = self.problem;
        if let Some(origin) = origin {
            write!(f, "{}: ", quote::plain(&origin.to_string()))?;
        }
        // An argument spells its own path.
        let spelled = origin
            .as_ref()
            .is_some_and(|origin| origin.source.kind == SourceKind::Argument);
        if !path.is_empty() && !spelled {
            write!(f, "{}: ", quote::plain(path))?;
        }
        f.write_str(&quote::plain(message))
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.problem
            .hint
            .as_ref()
            .map(|hint| Box::new(quote::plain(hint)) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let origin = self.problem.origin.as_ref()?;
        let span = LabeledSpan::new(None, origin.start, origin.end - origin.start);
        Some(Box::new(std::iter::once(span)))
    }
}
