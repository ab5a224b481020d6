//! A stranger's piece for these tests: returns the texts that it is given, and says of itself what it is told to say.

use meshhost::pipeline::{self, Participant, PipelineError, Rendered};
use meshhost_core::release;
use meshhost_runtime::Piece;
use serde_json::json;

use crate::hostile::{ANSWER, FREE, Guest, data, pair};

/// Where the card's selectors lie.
const SELECTORS: usize = 150_000;

/// A piece that returns fixed texts.
pub(crate) struct Stranger {
    name: &'static str,
    memory: Vec<u8>,
    guest: Guest,
    selectors: Vec<u8>,
}

/// Group, kind, namespace, name of what is declared.
pub(crate) type Declared<'a> = [Option<&'a str>; 4];

/// Everything.
pub(crate) const ANYTHING: Declared<'static> = [None; 4];

impl Stranger {
    pub(crate) fn new(name: &'static str) -> Self {
        let mut guest = Guest::default();
        guest.card[0] = name.to_owned();
        Self {
            name,
            memory: Vec::new(),
            guest,
            selectors: Vec::new(),
        }
    }

    /// Contributes these texts, and says that it emits that.
    pub(crate) fn objects(mut self, declared: Declared<'_>, texts: &[String]) -> Self {
        self.guest.lists[1] = self.declare(declared);
        let pairs = self.keep_all(texts);
        let objects = self.keep(&pairs, texts.len());
        let record = [&[0; 4][..], &objects, &[0; 44]].concat();
        self.guest.fields += &data(ANSWER, &record);
        self
    }

    /// Amends objects by their numbers, and says that it amends that.
    pub(crate) fn patches(mut self, declared: Declared<'_>, patches: &[(u32, &str)]) -> Self {
        self.guest.lists[2] = self.declare(declared);
        let mut changes = Vec::new();
        for (id, patch) in patches {
            changes.extend(id.to_le_bytes());
            changes.extend(self.keep(patch.as_bytes(), patch.len()));
        }
        let changes = self.keep(&changes, patches.len());
        // Beside the contribution, which is empty.
        let at = ANSWER + 128;
        self.guest.fields += &data(at, &[&[0; 4][..], &changes, &[0; 8]].concat());
        self.guest.amend = format!("(i32.const {at})");
        self
    }

    /// Another part of the guest.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Guest)) -> Self {
        change(&mut self.guest);
        self
    }

    pub(crate) fn component(&self) -> Vec<u8> {
        let mut guest = Guest {
            fields: format!(
                "{}{}{}",
                self.guest.fields,
                data(FREE, &self.memory),
                data(SELECTORS, &self.selectors)
            ),
            card: self.guest.card.clone(),
            lists: self.guest.lists,
            memory: self.guest.memory.clone(),
            realloc: self.guest.realloc.clone(),
            describe: self.guest.describe.clone(),
            contribute: self.guest.contribute.clone(),
            amend: self.guest.amend.clone(),
            assess: self.guest.assess.clone(),
            inject: self.guest.inject.clone(),
            after: self.guest.after.clone(),
            wit: self.guest.wit,
        };
        self.name.clone_into(&mut guest.card[0]);
        guest.component()
    }

    pub(crate) fn load(&self) -> Piece {
        crate::guests::load(&self.component(), &crate::hostile::limits(&[])).unwrap()
    }

    fn declare(&mut self, declared: Declared<'_>) -> (u32, u32) {
        let at = SELECTORS + self.selectors.len();
        let mut record = Vec::new();
        let mut texts = Vec::new();
        for field in declared {
            record.extend([u8::from(field.is_some()), 0, 0, 0]);
            let text = field.unwrap_or_default();
            record.extend(pair(at + 48 + texts.len(), text.len()));
            texts.extend(text.as_bytes());
        }
        texts.resize(texts.len().next_multiple_of(4), 0);
        self.selectors.extend(record);
        self.selectors.extend(texts);
        (1, u32::try_from(at).unwrap())
    }

    fn keep(&mut self, bytes: &[u8], count: usize) -> Vec<u8> {
        self.memory.resize(self.memory.len().next_multiple_of(4), 0);
        let at = FREE + self.memory.len();
        self.memory.extend(bytes);
        assert!(FREE + self.memory.len() < SELECTORS, "too much for a guest");
        pair(at, count)
    }

    fn keep_all(&mut self, texts: &[String]) -> Vec<u8> {
        texts
            .iter()
            .flat_map(|text| self.keep(text.as_bytes(), text.len()))
            .collect()
    }
}

/// A manifest.
pub(crate) fn object(api_version: &str, kind: &str, namespace: &str, name: &str) -> String {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}).to_string()
}

/// What comes of these pieces, in this order.
pub(crate) fn render(strangers: &[Stranger]) -> Result<Rendered, PipelineError> {
    let pieces: Vec<Piece> = strangers.iter().map(Stranger::load).collect();
    let participants: Vec<Participant<'_>> = pieces
        .iter()
        .map(|piece| Participant {
            piece,
            settings: json!({}),
            namespace: "istio-system".to_owned(),
            creates_namespace: false,
            files: &[],
            examined: false,
            once: meshhost_core::card::Once {
                seed: [7; 32],
                time: 1_577_836_800,
            },
        })
        .collect();
    pipeline::render("mesh", &participants, &release::facts("1.37").unwrap())
}

/// What is said.
pub(crate) fn outcome(strangers: &[Stranger]) -> String {
    match render(strangers) {
        Ok(rendered) => format!("{} objects", rendered.bundle.objects.len()),
        Err(PipelineError::Bundle(problems)) => problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n"),
        Err(error) => error.to_string(),
    }
}
