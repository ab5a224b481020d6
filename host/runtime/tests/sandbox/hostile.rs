//! Guests as text: a core module with functions that a test replaces, and the contract around it.

use meshhost_runtime::{Limits, Piece};
use serde_json::json;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

use crate::guests::{load, request};

/// What the guests export: all that a piece can, and injecting where a test says what it does.
const WORLD: &str = "
    package hostile:guest;
    world guest {
        export meshhost:piece/describe@0.1.0;
        export meshhost:piece/contribute@0.1.0;
        export meshhost:piece/amend@0.1.0;
        export meshhost:piece/assess@0.1.0;
        INJECT
    }
";

/// Where the guest's data begins.
const DATA: usize = 1024;
/// Where `answer` puts a contribution; the texts lie behind it.
pub(crate) const ANSWER: usize = 8192;
/// Free to a test; 4 pages of 64 KiB in all.
pub(crate) const FREE: usize = 16384;

/// A piece that is nothing but ordinary, until a test replaces one part.
pub(crate) struct Guest {
    /// The card's texts: name, version, summary, settings schema.
    pub(crate) card: [String; 4],
    /// Numbers of entries and addresses of the card's lists: files, emits, amends, assesses, images.
    pub(crate) lists: [(u32, u32); 5],
    /// More fields of the module.
    pub(crate) fields: String,
    /// `memory` field.
    pub(crate) memory: String,
    /// Body of `cabi_realloc`: from old pointer, old size, alignment, new size to a pointer.
    pub(crate) realloc: String,
    /// Body of each function; each gives an address.
    pub(crate) describe: String,
    pub(crate) contribute: String,
    pub(crate) amend: String,
    pub(crate) assess: String,
    /// Exported only if it is there.
    pub(crate) inject: Option<String>,
    /// Body of what is called after `contribute`.
    pub(crate) after: String,
    /// The contract, if it is not the present one.
    pub(crate) wit: Option<&'static str>,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            card: ["hostile", "1.0.0", "does harm", r#"{"type":"object"}"#].map(str::to_owned),
            lists: [(0, 0); 5],
            fields: String::new(),
            memory: r#"(memory (export "memory") 4)"#.to_owned(),
            // Everything at the same place: the guest does not look at it.
            realloc: "(i32.const 196608)".to_owned(),
            describe: format!("(i32.const {DATA})"),
            contribute: format!("(i32.const {ANSWER})"),
            amend: format!("(i32.const {ANSWER})"),
            assess: format!("(i32.const {ANSWER})"),
            inject: None,
            after: String::new(),
            wit: None,
        }
    }
}

impl Guest {
    /// As a component.
    pub(crate) fn component(&self) -> Vec<u8> {
        let mut module = wat::parse_str(self.module()).expect("the test's own text is right");
        let mut resolve = Resolve::default();
        if self.wit.is_none() {
            resolve
                .push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit"))
                .expect("the contract can be read");
        }
        let injects = self
            .inject
            .as_ref()
            .map_or("", |_| "export meshhost:piece/inject@0.1.0;");
        let world = WORLD.replace("INJECT", injects);
        let package = resolve
            .push_str("guest.wit", self.wit.unwrap_or(&world))
            .expect("the guest's world can be read");
        let world = resolve
            .select_world(&[package], None)
            .expect("the guest has one world");
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
            .expect("the module can be given types");
        ComponentEncoder::default()
            .module(&module)
            .and_then(|encoder| encoder.encode())
            .expect("the module fits the contract")
    }

    /// Loaded with these limits, in the spelling of `--limit`.
    pub(crate) fn load(&self, limits: &[(&str, &str)]) -> Result<Piece, String> {
        load(&self.component(), &self::limits(limits)).map_err(|error| error.to_string())
    }

    /// What is said when it is loaded and asked to contribute.
    pub(crate) fn said(&self, limits: &[(&str, &str)]) -> String {
        match self.load(limits) {
            Err(error) => error,
            Ok(piece) => match piece.contribute(&request(json!({}))) {
                Err(error) => error.to_string(),
                Ok(contribution) => format!("{} objects", contribution.objects.len()),
            },
        }
    }

    fn module(&self) -> String {
        let (texts, record) = self.data();
        let package = "meshhost:piece";
        let inject = self.inject.as_ref().map_or_else(String::new, |body| {
            format!(
                r#"(func (export "{package}/inject@0.1.0#inject") (param i32) (result i32) {body})"#
            )
        });
        format!(
            r#"(module
                {memory}
                (data (i32.const {DATA}) "{record}")
                (data (i32.const {texts_at}) "{texts}")
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
                (func (export "{package}/describe@0.1.0#describe") (result i32) {describe})
                (func (export "{package}/contribute@0.1.0#contribute") (param i32) (result i32) {contribute})
                (func (export "cabi_post_{package}/contribute@0.1.0#contribute") (param i32) {after})
                (func (export "{package}/amend@0.1.0#amend") (param i32) (result i32) {amend})
                (func (export "{package}/assess@0.1.0#assess") (param i32 i32 i32 i32) (result i32) {assess})
                {inject}
                {fields})"#,
            memory = self.memory,
            texts_at = DATA + 72,
            realloc = self.realloc,
            describe = self.describe,
            contribute = self.contribute,
            after = self.after,
            amend = self.amend,
            assess = self.assess,
            fields = self.fields,
        )
    }

    /// The card's texts, and its record: nine pairs of address and length.
    fn data(&self) -> (String, String) {
        let mut texts = Vec::new();
        let mut record = Vec::new();
        for text in &self.card {
            record.extend(pair(DATA + 72 + texts.len(), text.len()));
            texts.extend(text.as_bytes());
        }
        for (length, address) in self.lists {
            record.extend(pair(address as usize, length as usize));
        }
        (escaped(&texts), escaped(&record))
    }
}

/// Limits in the spelling of `--limit`.
pub(crate) fn limits(set: &[(&str, &str)]) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in set {
        limits.set(name, value).expect("the limit exists");
    }
    limits
}

/// A data segment at an address.
pub(crate) fn data(address: usize, bytes: &[u8]) -> String {
    format!("(data (i32.const {address}) \"{}\")\n", escaped(bytes))
}

/// A successful contribution whose lists (objects, order, restarts, diagnostics, notes) have these addresses and lengths.
pub(crate) fn answer(lists: [(usize, usize); 5]) -> String {
    let mut bytes = vec![0; 4];
    for (address, length) in lists {
        bytes.extend(pair(address, length));
    }
    data(ANSWER, &bytes)
}

/// Address and length, as lists and texts are handed over.
pub(crate) fn pair(address: usize, length: usize) -> Vec<u8> {
    [address, length]
        .iter()
        .flat_map(|number| u32::try_from(*number).expect("is small").to_le_bytes())
        .collect()
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}
