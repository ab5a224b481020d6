//! CEL expressions. Owns what they may be and what they know; must not know which rule they belong to.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use cel::common::ast::{EntryExpr, Expr};
use cel::{Context, Env, IdedExpr, Program, Value as Cel, extensions};
use serde_json::Value;

use super::Surroundings;
use crate::bundle::Contributed;
use crate::nearest;

/// Characters of an expression.
const LONGEST: usize = 4_000;
/// Lists are gone through inside of each other at most so often: three times is a cube of the object's size.
const DEEPEST: usize = 2;
/// Characters of a message that an expression has made.
const LONGEST_MESSAGE: usize = 500;
/// What expressions know.
const VARIABLES: [&str; 4] = ["object", "piece", "amendedBy", "installation"];
/// Functions of CEL and of its strings extension, which Kubernetes has too.
const FUNCTIONS: [&str; 29] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "string",
    "int",
    "uint",
    "double",
    "bytes",
    "bool",
    "type",
    "dyn",
    "charAt",
    "indexOf",
    "join",
    "lastIndexOf",
    "lowerAscii",
    "quote",
    "strings.quote",
    "replace",
    "reverse",
    "split",
    "substring",
    "trim",
    "upperAscii",
    "format",
    "has",
    "optional",
];

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    env.add_extension(extensions::strings)
        .expect("the extension fits the standard library, which a test holds");
    Arc::new(env)
});

/// A compiled expression.
#[derive(Debug)]
pub struct Expression {
    source: String,
    program: Box<Program>,
}

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NoExpression {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Expression {
    /// Compiles an expression, and refuses what could only fail later.
    ///
    /// # Errors
    /// When it is no CEL, names something that is not known, or could take very long.
    pub fn compile(source: &str) -> Result<Self, NoExpression> {
        let refused = |message: String, hint: Option<String>| NoExpression { message, hint };
        if source.chars().count() > LONGEST {
            let message = format!("has more than {LONGEST} characters");
            return Err(refused(message, None));
        }
        let program = ENV.compile(source).map_err(|errors| {
            let first = errors.errors.first().map(|error| {
                let (line, column) = error.pos;
                format!("is not CEL: line {line}, column {column}: {}", error.msg)
            });
            let message = first.unwrap_or_else(|| "is not CEL".to_owned());
            refused(message.replace('\n', " "), None)
        })?;
        let mut walk = Walk::default();
        walk.expression(program.expression(), &mut Vec::new(), 0);
        for (names, known, what) in [
            (&walk.variables, &VARIABLES[..], "variable"),
            (&walk.functions, &FUNCTIONS[..], "function"),
        ] {
            let unknown = names.iter().find(|name| !known.contains(&name.as_str()));
            if let Some(name) = unknown {
                let message = format!("there is no {what} `{}`", name.escape_debug());
                return Err(refused(message, nearest::hint(name, known.iter().copied())));
            }
        }
        if walk.deepest > DEEPEST {
            let message = format!("goes through lists inside of lists {} times", walk.deepest);
            let hint = format!("at most {DEEPEST} times: split it into several expressions");
            return Err(refused(message, Some(hint)));
        }
        Ok(Self {
            source: source.to_owned(),
            program: Box::new(program),
        })
    }

    /// As it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn holds(
        &self,
        contributed: &Contributed,
        surroundings: &Surroundings,
    ) -> Result<bool, String> {
        match self.run(contributed, surroundings)? {
            Cel::Bool(holds) => Ok(holds),
            other => Err(format!(
                "it gives {:?} and neither true nor false",
                other.type_of()
            )),
        }
    }

    pub(super) fn text(
        &self,
        contributed: &Contributed,
        surroundings: &Surroundings,
    ) -> Result<String, String> {
        match self.run(contributed, surroundings)? {
            Cel::String(text) => Ok(cut(&text)),
            other => Err(format!("it gives {:?} and no text", other.type_of())),
        }
    }

    fn run(&self, contributed: &Contributed, surroundings: &Surroundings) -> Result<Cel, String> {
        let mut context = Context::with_env(Arc::clone(&ENV));
        let amended = contributed.amended.iter().map(|(piece, _)| piece.as_str());
        let amended: Vec<Cel> = amended.map(Cel::from).collect();
        let object = contributed.object.manifest();
        context.add_variable_from_value("object", map(object.iter()));
        context.add_variable_from_value("piece", contributed.piece.as_str());
        context.add_variable_from_value("amendedBy", amended);
        context.add_variable_from_value("installation", surroundings.installation.as_str());
        self.program
            .execute(&context)
            .map_err(|error| cut(&error.to_string()))
    }
}

/// What of a stranger's object ends in a message, made harmless.
fn cut(text: &str) -> String {
    let mut cut: String = text
        .chars()
        .take(LONGEST_MESSAGE)
        .flat_map(|c| {
            let hidden = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}');
            let escaped = (c.is_control() || hidden).then(|| c.escape_unicode());
            let plain = escaped.is_none().then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect();
    if text.chars().count() > LONGEST_MESSAGE {
        cut.push('…');
    }
    cut
}

/// JSON as CEL has it. Integers are `int`, as in Kubernetes.
fn value(json: &Value) -> Cel {
    match json {
        Value::Null => Cel::Null,
        Value::Bool(value) => Cel::from(*value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Cel::from(int),
            (None, Some(float)) => Cel::from(float),
            (None, None) => Cel::Null,
        },
        Value::String(text) => Cel::from(text.as_str()),
        Value::Array(list) => Cel::from(list.iter().map(value).collect::<Vec<Cel>>()),
        Value::Object(fields) => map(fields.iter()),
    }
}

fn map<'a>(fields: impl Iterator<Item = (&'a String, &'a Value)>) -> Cel {
    let fields: HashMap<String, Cel> = fields
        .map(|(key, field)| (key.clone(), value(field)))
        .collect();
    Cel::from(fields)
}

/// What an expression names, and how deep its loops are.
#[derive(Default)]
struct Walk {
    variables: BTreeSet<String>,
    functions: BTreeSet<String>,
    deepest: usize,
}

impl Walk {
    fn expression<'a>(&mut self, node: &'a IdedExpr, scope: &mut Vec<&'a str>, depth: usize) {
        self.deepest = self.deepest.max(depth);
        match &node.expr {
            Expr::Ident(name) => {
                if !scope.contains(&name.as_str()) && !name.starts_with('@') {
                    self.variables.insert(name.clone());
                }
            }
            Expr::Call(call) => {
                // Operators are spelled with signs.
                if call
                    .func_name
                    .starts_with(|c: char| c.is_ascii_alphabetic())
                {
                    self.functions.insert(call.func_name.clone());
                }
                for below in call.target.as_deref().into_iter().chain(&call.args) {
                    self.expression(below, scope, depth);
                }
            }
            Expr::Comprehension(each) => {
                self.expression(&each.iter_range, scope, depth);
                self.expression(&each.accu_init, scope, depth);
                let outer = scope.len();
                scope.push(&each.iter_var);
                scope.extend(each.iter_var2.as_deref());
                scope.push(&each.accu_var);
                for below in [&each.loop_cond, &each.loop_step, &each.result] {
                    self.expression(below, scope, depth + 1);
                }
                scope.truncate(outer);
            }
            Expr::List(list) => {
                for below in &list.elements {
                    self.expression(below, scope, depth);
                }
            }
            Expr::Map(map) => {
                self.entries(map.entries.iter().map(|entry| &entry.expr), scope, depth)
            }
            Expr::Struct(made) => {
                self.entries(made.entries.iter().map(|entry| &entry.expr), scope, depth);
            }
            Expr::Select(select) => self.expression(&select.operand, scope, depth),
            Expr::Literal(_) | Expr::Unspecified => {}
        }
    }

    fn entries<'a>(
        &mut self,
        entries: impl Iterator<Item = &'a EntryExpr>,
        scope: &mut Vec<&'a str>,
        depth: usize,
    ) {
        for entry in entries {
            match entry {
                EntryExpr::StructField(field) => self.expression(&field.value, scope, depth),
                EntryExpr::MapEntry(entry) => {
                    self.expression(&entry.key, scope, depth);
                    self.expression(&entry.value, scope, depth);
                }
            }
        }
    }
}
