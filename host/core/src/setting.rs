//! Settings that know where they were written. Owns the located value tree and how layers of it are merged; which settings
//! exist is not known here.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

use crate::path::{Path, Step};
use crate::source::Origin;

mod merge;

/// A value and the place where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Where the value stands. For a map or list: where it begins, in the last layer that wrote into it.
    pub origin: Origin,
    /// The value.
    pub value: Tree,
    /// What was typed, for a value whose type was guessed from its looks (`--set tag=1.4`): where a text is expected, it
    /// is this text.
    pub typed: Option<Arc<str>>,
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// `null`: in a layer it takes away what the layers below say.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Integer or finite decimal.
    Number(Number),
    /// Text.
    Text(String),
    /// List.
    List(Vec<Setting>),
    /// Map.
    Map(Settings),
}

/// A map, in the order in which it was written.
pub type Settings = IndexMap<String, Entry>;

/// An entry of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where the key stands.
    pub key: Origin,
    /// What it is set to.
    pub setting: Setting,
}

impl Setting {
    /// A value at a place.
    #[must_use]
    pub fn new(origin: &Origin, value: Tree) -> Self {
        Self {
            origin: origin.clone(),
            value,
            typed: None,
        }
    }

    /// An empty map.
    #[must_use]
    pub fn empty_map(origin: &Origin) -> Self {
        Self::new(origin, Tree::Map(Settings::new()))
    }

    /// A value without places, all of it at one place.
    #[must_use]
    pub fn from_json(origin: &Origin, value: &Value) -> Self {
        let tree = match value {
            Value::Null => Tree::Null,
            Value::Bool(value) => Tree::Bool(*value),
            Value::Number(number) => Tree::Number(number.clone()),
            Value::String(text) => Tree::Text(text.clone()),
            Value::Array(list) => Tree::List(
                list.iter()
                    .map(|value| Self::from_json(origin, value))
                    .collect(),
            ),
            Value::Object(map) => Tree::Map(
                map.iter()
                    .map(|(key, value)| {
                        let entry = Entry {
                            key: origin.clone(),
                            setting: Self::from_json(origin, value),
                        };
                        (key.clone(), entry)
                    })
                    .collect(),
            ),
        };
        Self::new(origin, tree)
    }

    /// The value alone.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.value {
            Tree::Null => Value::Null,
            Tree::Bool(value) => Value::Bool(*value),
            Tree::Number(number) => Value::Number(number.clone()),
            Tree::Text(text) => Value::String(text.clone()),
            Tree::List(list) => Value::Array(list.iter().map(Self::to_json).collect()),
            Tree::Map(map) => Value::Object(
                map.iter()
                    .map(|(key, entry)| (key.clone(), entry.setting.to_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// The map, if it is one.
    #[must_use]
    pub fn map(&self) -> Option<&Settings> {
        match &self.value {
            Tree::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn map_mut(&mut self) -> Option<&mut Settings> {
        match &mut self.value {
            Tree::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn list(&self) -> Option<&[Setting]> {
        match &self.value {
            Tree::List(list) => Some(list),
            _ => None,
        }
    }

    /// The text, if it is one, or if it was typed where its type had to be guessed.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match (&self.value, &self.typed) {
            (Tree::Text(text), _) => Some(text),
            (_, Some(typed)) => Some(typed),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        match self.value {
            Tree::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// What stands under a key of this map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.map()?.get(key).map(|entry| &entry.setting)
    }

    /// What stands at a path.
    #[must_use]
    pub fn at(&self, path: &Path) -> Option<&Setting> {
        path.0.iter().try_fold(self, |setting, step| match step {
            Step::Key(key) => setting.get(key),
            Step::Index(index) => setting.list()?.get(*index),
        })
    }

    /// What stands at a path of keys joined by dots.
    #[must_use]
    pub fn at_keys(&self, dotted: &str) -> Option<&Setting> {
        self.at(&Path::of(dotted))
    }

    /// The place to show for a path: the key's, for an entry of a map, else the value's; for a path where nothing stands,
    /// the nearest thing above that does.
    #[must_use]
    pub fn place(&self, path: &Path) -> &Origin {
        let mut setting = self;
        let mut place = &self.origin;
        for step in &path.0 {
            match step {
                Step::Key(key) => match setting.map().and_then(|map| map.get(key)) {
                    Some(entry) => {
                        place = &entry.key;
                        setting = &entry.setting;
                    }
                    None => return place,
                },
                Step::Index(index) => match setting.list().and_then(|list| list.get(*index)) {
                    Some(entry) => {
                        place = &entry.origin;
                        setting = entry;
                    }
                    None => return place,
                },
            }
        }
        place
    }

    /// Puts a value at a path of keys joined by dots, making the maps between.
    ///
    /// What is no map on the way is replaced by one: only for trees that this crate builds itself.
    pub fn put(&mut self, dotted: &str, setting: Setting) {
        let origin = setting.origin.clone();
        let path = Path::of(dotted);
        let Some((Step::Key(last), before)) = path.0.split_last() else {
            *self = setting;
            return;
        };
        let mut at = self;
        for step in before {
            if let Step::Key(key) = step {
                at = &mut at
                    .map_or_new(&origin)
                    .entry(key.clone())
                    .or_insert_with(|| Entry {
                        key: origin.clone(),
                        setting: Setting::empty_map(&origin),
                    })
                    .setting;
            }
        }
        let entry = Entry {
            key: origin.clone(),
            setting,
        };
        at.map_or_new(&origin).insert(last.clone(), entry);
    }

    fn map_or_new(&mut self, origin: &Origin) -> &mut Settings {
        if self.map().is_none() {
            *self = Self::empty_map(origin);
        }
        self.map_mut().expect("has just been made a map")
    }
}

/// What a value is called in messages.
#[must_use]
pub fn kind_of(tree: &Tree) -> &'static str {
    match tree {
        Tree::Null => "null",
        Tree::Bool(_) => "a boolean",
        Tree::Number(_) => "a number",
        Tree::Text(_) => "a text",
        Tree::List(_) => "a list",
        Tree::Map(_) => "a map",
    }
}

/// A value as it is shown in a message: short, on one line.
#[must_use]
pub fn shown(setting: &Setting) -> String {
    let whole = match (&setting.typed, &setting.value) {
        (Some(typed), _) => typed.to_string(),
        (None, Tree::Text(text)) => text.clone(),
        (None, _) => setting.to_json().to_string(),
    };
    let mut short: String = whole.chars().take(60).collect();
    if short.len() < whole.len() {
        short.push('…');
    }
    short
        .chars()
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_unicode());
            let plain = (!c.is_control()).then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

#[cfg(test)]
mod tests;
