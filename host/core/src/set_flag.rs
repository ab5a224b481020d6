//! `--set PATH=VALUE[,PATH=VALUE…]`. Owns the grammar of the flag and how an assignment changes a tree; which settings exist
//! is not known here.
//!
//! The grammar is that of Helm's `--set`: dots between keys, `[0]` for an entry of a list, `{a,b}` for a whole list, commas
//! between assignments, `\` before a character that is meant as it is. `true`, `false`, `null` (takes the setting away) and
//! numbers are guessed from their looks, with what was typed kept: where a text is expected it is that text, so that
//! `tag=1.4` works. A number with a leading zero is a text.
//!
//! istioctl 1.4 has no commas, lists or escapes: it splits at `=` once and takes the rest as it is. Here a part behind a
//! comma that has no `=` still belongs to the value before it, which Helm refuses and istioctl accepts
//! (`values.global.proxy.includeIPRanges=10.0.0.0/8,10.1.0.0/16`). Unlike istioctl, no `--set` silently sets
//! `defaultNamespace`, and none turns a map into something else.

use std::sync::Arc;

use serde_json::Number;

use crate::path::{Path, Step};
use crate::problem::{Problem, Problems};
use crate::setting::{Entry, Setting, Settings, Tree, kind_of};
use crate::source::{Origin, Source, SourceKind};

/// Deeper than any setting; low enough that recursion over what was set is safe.
const MAX_STEPS: usize = 64;

/// One `PATH=VALUE`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// What is set.
    pub path: Path,
    /// Where the path stands in the argument.
    pub key: Origin,
    /// To what; [`Tree::Null`] takes the setting away.
    pub value: Setting,
}

/// Reads one argument. With `as_text` (`--set-string`) no value is guessed to be anything but a text.
///
/// # Errors
/// All that is wrong with it, each at its place.
pub fn parse(source: &Arc<Source>, as_text: bool) -> Result<Vec<Assignment>, Problems> {
    let mut assignments: Vec<Assignment> = Vec::new();
    let mut problems = Problems::default();
    for (start, end) in pairs(&source.text) {
        match pair(source, start, end, as_text) {
            Ok(assignment) => {
                if let Some(twice) = assignments
                    .iter()
                    .find(|before| before.path == assignment.path)
                {
                    problems.push(
                        Problem::at(&assignment.key, &twice.path, "is set twice in one --set")
                            .hint("keep one of the two"),
                    );
                }
                assignments.push(assignment);
            }
            Err(problem) => problems.push(problem),
        }
    }
    problems.or(assignments)
}

/// Byte ranges of the assignments: cut at commas that are not escaped, not in `{}`, and have a `=` behind them before the
/// next such comma.
fn pairs(text: &str) -> Vec<(usize, usize)> {
    let mut cuts = vec![];
    let mut start = 0;
    let mut braces = 0_usize;
    let mut escaped = false;
    let mut value_starts = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
            value_starts = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '{' if value_starts => braces += 1,
            '}' if braces > 0 => braces -= 1,
            ',' if braces == 0 => {
                cuts.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
        value_starts = c == '=' && !text[start..at].contains('=');
    }
    cuts.push((start, text.len()));
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for (start, end) in cuts {
        match joined.last_mut() {
            Some(before) if start < end && find(&text[start..end], '=').is_none() => before.1 = end,
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// First place of a character that is not escaped.
fn find(text: &str, wanted: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == wanted {
            return Some(at);
        }
    }
    None
}

fn pair(
    source: &Arc<Source>,
    start: usize,
    end: usize,
    as_text: bool,
) -> Result<Assignment, Problem> {
    let text = &source.text[start..end];
    let here = Origin::new(source, start, end);
    if text.is_empty() {
        let message = if source.text.is_empty() {
            "is empty"
        } else {
            "nothing stands before or behind a comma"
        };
        return Err(Problem::at(&here, "", message)
            .hint("write PATH=VALUE, and `\\,` for a comma inside a value"));
    }
    let Some(equals) = find(text, '=') else {
        return Err(
            Problem::at(&here, "", format!("`{}` has no value", text.escape_debug()))
                .hint("write PATH=VALUE; PATH=null takes a setting away"),
        );
    };
    let path = path(source, start, start + equals)?;
    let (from, value) = (start + equals + 1, &text[equals + 1..]);
    let origin = Origin::new(source, from, end);
    let value = if value.starts_with('{') && !as_text {
        list(source, from, end, &path)?
    } else {
        scalar(&origin, value, as_text)
    };
    Ok(Assignment {
        path,
        key: Origin::new(source, start, start + equals),
        value,
    })
}

fn path(source: &Arc<Source>, start: usize, end: usize) -> Result<Path, Problem> {
    let text = &source.text[start..end];
    let wrong = |from: usize, to: usize, message: String| {
        Problem::at(&Origin::new(source, start + from, start + to), "", message)
    };
    let mut steps = Vec::new();
    let mut at = 0;
    loop {
        let (key, next) = key(text, at);
        if key.is_empty() {
            return Err(wrong(at, at + 1, "a key is missing here".to_owned())
                .hint("write keys with one dot between, and a list's entry without: `a.b[0].c`"));
        }
        if key.trim() != key || key.chars().any(char::is_control) {
            let message = format!("`{}` is no key", key.escape_debug());
            return Err(wrong(at, next, message)
                .hint("write no spaces around keys and `=`, and no control characters"));
        }
        if steps.len() > MAX_STEPS {
            return Err(wrong(
                at,
                next,
                format!("goes deeper than {MAX_STEPS} steps"),
            ));
        }
        steps.push(Step::Key(key));
        at = next;
        while text[at..].starts_with('[') {
            let Some(close) = text[at..].find(']').map(|close| at + close) else {
                return Err(wrong(at, text.len(), "`[` is not closed".to_owned()));
            };
            let Ok(index) = text[at + 1..close].parse::<u16>() else {
                let found = text[at + 1..close].escape_debug();
                return Err(
                    wrong(at, close + 1, format!("`{found}` is no entry of a list"))
                        .hint("entries are counted from 0: `list[0]`"),
                );
            };
            steps.push(Step::Index(usize::from(index)));
            if steps.len() > MAX_STEPS {
                return Err(wrong(
                    at,
                    close + 1,
                    format!("goes deeper than {MAX_STEPS} steps"),
                ));
            }
            at = close + 1;
        }
        match text[at..].chars().next() {
            None => return Ok(Path(steps)),
            Some('.') => at += 1,
            Some(_) => {
                return Err(wrong(at, at + 1, "a dot is missing here".to_owned())
                    .hint("write `list[0].key`"));
            }
        }
    }
}

/// A key that begins at `at`, without its escapes, and where it ends.
fn key(text: &str, at: usize) -> (String, usize) {
    let mut key = String::new();
    let mut escaped = false;
    for (offset, c) in text[at..].char_indices() {
        match c {
            _ if escaped => {
                key.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '.' | '[' => return (key, at + offset),
            _ => key.push(c),
        }
    }
    (key, text.len())
}

/// `{a,b}`, from the brace on.
fn list(source: &Arc<Source>, start: usize, end: usize, path: &Path) -> Result<Setting, Problem> {
    let text = &source.text[start..end];
    let Some(close) = find(text, '}') else {
        return Err(
            Problem::at(&Origin::new(source, start, end), path, "`{` is not closed")
                .hint("write a list as `{a,b}`, and a text that begins with a brace as `\\{`"),
        );
    };
    if close + 1 != text.len() {
        let rest = Origin::new(source, start + close + 1, end);
        return Err(
            Problem::at(&rest, path, "something stands behind the list's `}`")
                .hint("write a comma before the next assignment"),
        );
    }
    let mut entries = Vec::new();
    let mut at = 1;
    while at < close || (at == close && !entries.is_empty() && text[..at].ends_with(',')) {
        let length = find(&text[at..close], ',').unwrap_or(close - at);
        let origin = Origin::new(source, start + at, start + at + length);
        entries.push(scalar(&origin, &text[at..at + length], false));
        at += length + 1;
    }
    let origin = Origin::new(source, start, end);
    Ok(Setting::new(&origin, Tree::List(entries)))
}

/// A value without its escapes; one with escapes is a text.
fn scalar(origin: &Origin, raw: &str, as_text: bool) -> Setting {
    let mut text = String::new();
    let mut escaped = false;
    for c in raw.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            text.push(c);
            escaped = false;
        }
    }
    let guessed = if as_text || raw.contains('\\') {
        None
    } else {
        guess(&text)
    };
    match guessed {
        Some(tree) => Setting {
            typed: Some(text.into()),
            ..Setting::new(origin, tree)
        },
        None => Setting::new(origin, Tree::Text(text)),
    }
}

fn guess(text: &str) -> Option<Tree> {
    match text {
        "true" => return Some(Tree::Bool(true)),
        "false" => return Some(Tree::Bool(false)),
        "null" => return Some(Tree::Null),
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    match fraction {
        None => text
            .parse::<i64>()
            .ok()
            .map(|number| Tree::Number(number.into())),
        Some(fraction) if all_digits(fraction) => text
            .parse::<f64>()
            .ok()
            .and_then(Number::from_f64)
            .map(Tree::Number),
        Some(_) => None,
    }
}

/// Sets one thing in a tree that other layers have made.
///
/// # Errors
/// When the path goes through something that is no map or list, when a map or list would become something else, or when a
/// list has fewer entries than the path says.
pub fn assign(root: &mut Setting, assignment: &Assignment) -> Result<(), Problem> {
    descend(root, assignment, 0)
}

fn descend(at: &mut Setting, assignment: &Assignment, depth: usize) -> Result<(), Problem> {
    let Assignment { path, key, value } = assignment;
    let Some(step) = path.0.get(depth) else {
        replaceable(at, assignment)?;
        *at = value.clone();
        return Ok(());
    };
    let last = depth + 1 == path.0.len();
    let takes_away = last && value.value == Tree::Null;
    match step {
        Step::Key(name) => {
            if at.value == Tree::Null {
                *at = Setting::empty_map(&value.origin);
            }
            let (kind, place) = (kind_of(&at.value), at.origin.clone());
            let Some(map) = at.map_mut() else {
                return Err(no_way(assignment, depth, kind, &place));
            };
            if takes_away {
                map.shift_remove(name);
                return Ok(());
            }
            if !map.contains_key(name)
                && path.0[depth + 1..]
                    .iter()
                    .all(|step| matches!(step, Step::Key(_)))
            {
                let setting = nested(&path.0[depth + 1..], key, value);
                let entry = Entry {
                    key: key.clone(),
                    setting,
                };
                map.insert(name.clone(), entry);
                return Ok(());
            }
            let made = match path.0.get(depth + 1) {
                Some(Step::Index(_)) => Tree::List(Vec::new()),
                _ => Tree::Null,
            };
            let entry = map.entry(name.clone()).or_insert_with(|| Entry {
                key: key.clone(),
                setting: Setting::new(&value.origin, made),
            });
            descend(&mut entry.setting, assignment, depth + 1)?;
            if last {
                entry.key = key.clone();
            }
            Ok(())
        }
        Step::Index(index) => {
            let (kind, place) = (kind_of(&at.value), at.origin.clone());
            let Tree::List(list) = &mut at.value else {
                return Err(no_way(assignment, depth, kind, &place));
            };
            if *index > list.len() {
                let before = Path(path.0[..depth].to_vec());
                let message = format!(
                    "`{before}` has {} entries, so there is no [{index}]",
                    list.len()
                );
                let hint = format!("the next free entry is `{before}[{}]`", list.len());
                return Err(Problem::at(key, path, message).hint(hint));
            }
            if takes_away {
                if *index < list.len() {
                    list.remove(*index);
                }
                return Ok(());
            }
            if *index == list.len() {
                list.push(Setting::new(&value.origin, Tree::Null));
            }
            if matches!(path.0.get(depth + 1), Some(Step::Index(_)))
                && list[*index].value == Tree::Null
            {
                list[*index].value = Tree::List(Vec::new());
            }
            descend(&mut list[*index], assignment, depth + 1)
        }
    }
}

fn nested(keys: &[Step], key: &Origin, value: &Setting) -> Setting {
    keys.iter().rev().fold(value.clone(), |inner, step| {
        let mut map = Settings::new();
        if let Step::Key(name) = step {
            let entry = Entry {
                key: key.clone(),
                setting: inner,
            };
            map.insert(name.clone(), entry);
        }
        Setting::new(&value.origin, Tree::Map(map))
    })
}

fn no_way(assignment: &Assignment, depth: usize, kind: &str, place: &Origin) -> Problem {
    let before = Path(assignment.path.0[..depth].to_vec());
    let wanted = match &assignment.path.0[depth] {
        Step::Key(name) => format!("so there is no `{name}` in it"),
        Step::Index(index) => format!("so there is no [{index}] in it"),
    };
    Problem::at(
        &assignment.key,
        &assignment.path,
        format!("`{before}` is {kind} ({place}), {wanted}"),
    )
    .hint(if kind == "a list" {
        format!("name one of its entries: `{before}[0]`")
    } else if kind == "a map" {
        format!("name one of its keys: `{before}.KEY`")
    } else {
        format!("leave one of the two out, or take the other away with `{before}=null` first")
    })
}

fn replaceable(at: &Setting, assignment: &Assignment) -> Result<(), Problem> {
    let shape = |tree: &Tree| match tree {
        Tree::Map(_) => Some("a map"),
        Tree::List(_) => Some("a list"),
        Tree::Null => None,
        _ => Some("one value"),
    };
    let said_here = at.origin.source.kind == SourceKind::Argument;
    match (shape(&at.value), shape(&assignment.value.value)) {
        (Some(is), Some(becomes)) if is != becomes && (is == "a map" || said_here) => {
            let message = format!("is {is} ({}) and cannot become {becomes}", at.origin);
            Err(
                Problem::at(&assignment.key, &assignment.path, message).hint(format!(
                    "set what is inside it, or take it away with `{}=null` first",
                    assignment.path
                )),
            )
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parsed(text: &str) -> Result<Vec<Assignment>, Problems> {
        parse(&Source::new(SourceKind::Argument, "--set", text), false)
    }

    fn values(text: &str) -> Value {
        parsed(text)
            .unwrap()
            .iter()
            .map(|one| json!([one.path.to_string(), one.value.to_json()]))
            .collect()
    }

    #[test]
    fn reads_what_helm_reads() {
        for (text, meant) in [
            ("a=b", json!([["a", "b"]])),
            ("a.b-c_d=1", json!([["a.b-c_d", 1]])),
            (
                "a=true,b=false,c=null",
                json!([["a", true], ["b", false], ["c", null]]),
            ),
            ("a=,b=1", json!([["a", ""], ["b", 1]])),
            ("a=b=c", json!([["a", "b=c"]])),
            ("a=b\\,c=d", json!([["a", "b,c=d"]])),
            ("a\\.b.c=d", json!([["a\\.b.c", "d"]])),
            ("a\\=b=c", json!([["a\\=b", "c"]])),
            ("a[0]=x,a[1].b=y", json!([["a[0]", "x"], ["a[1].b", "y"]])),
            ("a[0][1]=x", json!([["a[0][1]", "x"]])),
            ("a={x,1,true}", json!([["a", ["x", 1, true]]])),
            ("a={},b={x}", json!([["a", []], ["b", ["x"]]])),
            ("a={x,}", json!([["a", ["x", ""]]])),
            ("a={x\\,y,z}", json!([["a", ["x,y", "z"]]])),
            (
                "a=007,b=0,c=-1,d=1.4,e=-0.5",
                json!([["a", "007"], ["b", 0], ["c", -1], ["d", 1.4], ["e", -0.5]]),
            ),
            (
                "a=1e3,b=0x10,c=1.,d=.5,e=inf",
                json!([
                    ["a", "1e3"],
                    ["b", "0x10"],
                    ["c", "1."],
                    ["d", ".5"],
                    ["e", "inf"]
                ]),
            ),
            (
                "a=99999999999999999999",
                json!([["a", "99999999999999999999"]]),
            ),
            ("a=\\true,b=\\{x}", json!([["a", "true"], ["b", "{x}"]])),
            ("a=x{y,b=1", json!([["a", "x{y"], ["b", 1]])),
            // As istioctl reads it.
            (
                "a=10.0.0.0/8,10.1.0.0/16",
                json!([["a", "10.0.0.0/8,10.1.0.0/16"]]),
            ),
            ("é=ü", json!([["é", "ü"]])),
        ] {
            assert_eq!(values(text), meant, "{text}");
        }
    }

    #[test]
    fn points_at_what_is_wrong() {
        for (text, column, message) in [
            ("", 1, "is empty"),
            ("a", 1, "`a` has no value"),
            ("a=1,,b=2", 5, "nothing stands before or behind a comma"),
            ("a=1,", 5, "nothing stands before or behind a comma"),
            ("=1", 1, "a key is missing here"),
            ("a..b=1", 3, "a key is missing here"),
            (".a=1", 1, "a key is missing here"),
            ("a.=1", 3, "a key is missing here"),
            ("a.[0]=1", 3, "a key is missing here"),
            ("a[=1", 2, "`[` is not closed"),
            ("a[x]=1", 2, "`x` is no entry of a list"),
            ("a[-1]=1", 2, "`-1` is no entry of a list"),
            ("a[99999]=1", 2, "`99999` is no entry of a list"),
            ("a[name:x].b=1", 2, "`name:x` is no entry of a list"),
            ("a[0]b=1", 5, "a dot is missing here"),
            ("a =1", 1, "`a ` is no key"),
            ("a={x", 3, "`{` is not closed"),
            ("a={x}y", 6, "something stands behind the list's `}`"),
            ("a=1,a=2", 5, "is set twice in one --set"),
        ] {
            let problem = parsed(text).unwrap_err().0.remove(0);
            let place = problem.origin.unwrap();
            assert_eq!(
                (place.column(), problem.message.as_str()),
                (column, message),
                "{text}"
            );
        }
    }

    #[test]
    fn changes_a_tree() {
        let file = Source::new(SourceKind::File, "f.yaml", "");
        let below = json!({"a": {"b": 1}, "l": [1, {"x": 1}], "n": 5});
        for (set, result) in [
            (
                "a.b=2",
                Ok(json!({"a": {"b": 2}, "l": [1, {"x": 1}], "n": 5})),
            ),
            (
                "a.c.d=2",
                Ok(json!({"a": {"b": 1, "c": {"d": 2}}, "l": [1, {"x": 1}], "n": 5})),
            ),
            ("a=null,n=null", Ok(json!({"l": [1, {"x": 1}]}))),
            (
                "l[0]=7,l[1].x=8,l[2]=9",
                Ok(json!({"a": {"b": 1}, "l": [7, {"x": 8}, 9], "n": 5})),
            ),
            (
                "l[0]=null",
                Ok(json!({"a": {"b": 1}, "l": [{"x": 1}], "n": 5})),
            ),
            ("l={x}", Ok(json!({"a": {"b": 1}, "l": ["x"], "n": 5}))),
            (
                "m[0].a=1,m[0].b=2",
                Ok(json!({"a": {"b": 1}, "l": [1, {"x": 1}], "n": 5, "m": [{"a": 1, "b": 2}]})),
            ),
            (
                "o.p[0].q=1",
                Ok(json!({"a": {"b": 1}, "l": [1, {"x": 1}], "n": 5, "o": {"p": [{"q": 1}]}})),
            ),
            (
                "m[0][0]=1",
                Ok(json!({"a": {"b": 1}, "l": [1, {"x": 1}], "n": 5, "m": [[1]]})),
            ),
            (
                "n.x=1",
                Err("`n` is a number (f.yaml:1:1), so there is no `x` in it"),
            ),
            (
                "l.x=1",
                Err("`l` is a list (f.yaml:1:1), so there is no `x` in it"),
            ),
            (
                "a[0]=1",
                Err("`a` is a map (f.yaml:1:1), so there is no [0] in it"),
            ),
            ("l[3]=1", Err("`l` has 2 entries, so there is no [3]")),
            ("q[1]=1", Err("`q` has 0 entries, so there is no [1]")),
            ("q.r[1]=1", Err("`q.r` has 0 entries, so there is no [1]")),
            (
                "a=1",
                Err("is a map (f.yaml:1:1) and cannot become one value"),
            ),
            (
                "p=1,p.q=2",
                Err("`p` is a number (--set p=1,p.q=2), so there is no `q` in it"),
            ),
            ("p={x},p\\=1", Ok(json!(null))),
        ] {
            let mut tree = Setting::from_json(&Origin::whole(&file), &below);
            let Ok(assignments) = parsed(set) else {
                continue;
            };
            let outcome = assignments
                .iter()
                .try_for_each(|assignment| assign(&mut tree, assignment));
            match result {
                Ok(result) => {
                    outcome.unwrap();
                    assert_eq!(tree.to_json(), result, "{set}");
                }
                Err(message) => assert_eq!(outcome.unwrap_err().message, message, "{set}"),
            }
        }
    }
}
