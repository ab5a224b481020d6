//! Fuzzing on the stable toolchain: inputs of a corpus, changed at random, given to something that must never panic.
//!
//! Owns the loop and the changes; must not know what is fuzzed. A target is an ordinary test: it first tries every file of
//! `corpus/TARGET`, then a fixed number of changed inputs, always the same ones. With `MESHHOST_FUZZ_SECONDS` it goes on
//! that long with inputs of its own:
//!
//! ```sh
//! MESHHOST_FUZZ_SECONDS=600 cargo test -p meshhost-fuzz --test targets settings -- --nocapture
//! ```
//!
//! What fails is made as small as possible and left in `target/fuzz`. Put it into the corpus: then it is tried first, for
//! ever.

mod edit;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestError, TestRng, TestRunner};

use edit::Edit;

/// Names how long each target goes on, in seconds.
const SECONDS: &str = "MESHHOST_FUZZ_SECONDS";
/// Changes to one input, at most.
const MOST_EDITS: usize = 12;
/// Inputs between two looks at the clock.
const BATCH: u32 = 50;
/// How often a failing input is made smaller.
const MOST_SHRINKS: u32 = 2_000;

/// One thing that is fuzzed.
#[derive(Debug, Clone)]
pub struct Target {
    name: &'static str,
    words: &'static [&'static str],
    seeds: Vec<Vec<u8>>,
}

impl Target {
    /// A target with the files of `corpus/NAME`; `words` are put into inputs.
    ///
    /// # Panics
    /// When the corpus cannot be read.
    #[must_use]
    pub fn new(name: &'static str, words: &'static [&'static str]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(name);
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|file| file.expect("a folder of the project can be read").path())
            .collect();
        files.sort();
        let seeds = files
            .iter()
            .map(|file| std::fs::read(file).expect("a file of the project can be read"))
            .collect();
        Self { name, words, seeds }
    }

    /// More inputs to start from.
    #[must_use]
    pub fn seeds(mut self, more: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.seeds.extend(more);
        self
    }

    /// Reads each input of the corpus as what it stands for.
    #[must_use]
    pub fn map(mut self, read: impl Fn(Vec<u8>) -> Vec<u8>) -> Self {
        self.seeds = self.seeds.into_iter().map(read).collect();
        self
    }

    /// Gives `check` every input of the corpus, then `cases` changed ones, or as many as there is time for.
    ///
    /// # Panics
    /// When `check` does, with the smallest input found for which it does.
    pub fn run(&self, cases: u32, check: impl Fn(&[u8])) {
        assert!(!self.seeds.is_empty(), "{}: there is no corpus", self.name);
        for seed in &self.seeds {
            check(seed);
        }
        let time = std::env::var(SECONDS)
            .ok()
            .map(|text| Duration::from_secs(text.parse().expect("a number of seconds")));
        let Some(time) = time else {
            let config = config(cases);
            let rng = TestRng::deterministic_rng(config.rng_algorithm);
            self.batch(TestRunner::new_with_rng(config, rng), check);
            return;
        };
        let (begun, slowest, last) = (
            Instant::now(),
            std::cell::Cell::new(Duration::ZERO),
            left_at(&format!("{}.last", self.name)),
        );
        let mut tried = 0;
        while begun.elapsed() < time {
            self.batch(TestRunner::new(config(BATCH)), |input| {
                // Kept for what ends the process instead of panicking.
                std::fs::write(&last, input).expect("the folder was made");
                let begun = Instant::now();
                check(input);
                slowest.set(slowest.get().max(begun.elapsed()));
            });
            tried += u64::from(BATCH);
        }
        println!(
            "{}: {tried} inputs in {} s without a failure, the slowest took {} ms",
            self.name,
            begun.elapsed().as_secs(),
            slowest.get().as_millis()
        );
    }

    fn batch(&self, mut runner: TestRunner, check: impl Fn(&[u8])) {
        let strategy = (any::<Index>(), vec(edit::edit(), 0..=MOST_EDITS));
        let result = runner.run(&strategy, |(seed, edits)| {
            check(&self.input(seed, &edits));
            Ok(())
        });
        match result {
            Ok(()) => {}
            Err(TestError::Abort(reason)) => panic!("{}: {reason}", self.name),
            Err(TestError::Fail(reason, (seed, edits))) => {
                let input = self.input(seed, &edits);
                let path = left_at(&format!("{}.failed", self.name));
                std::fs::write(&path, &input).expect("the folder was made");
                panic!(
                    "{}: {reason}\nthe input is in {}: put it into tests/fuzz/corpus/{}\n{}",
                    self.name,
                    path.display(),
                    self.name,
                    input.escape_ascii()
                );
            }
        }
    }

    fn input(&self, seed: Index, edits: &[Edit]) -> Vec<u8> {
        let mut input = seed.get(&self.seeds).clone();
        for edit in edits {
            edit.apply(&mut input, &self.seeds, self.words);
        }
        input
    }
}

fn config(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: MOST_SHRINKS,
        ..Config::default()
    }
}

/// A file beside what cargo builds.
fn left_at(name: &str) -> PathBuf {
    let program = std::env::current_exe().expect("the test knows where it is");
    let folder = program
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .expect("cargo marks its target folder")
        .join("fuzz");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder.join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loop that finds nothing would be green for ever.
    #[test]
    fn finds_what_is_there_and_makes_it_small() {
        let target = Target {
            name: "self-test",
            words: &["needle"],
            seeds: vec![b"hay ".repeat(20)],
        };
        let found = std::panic::catch_unwind(|| {
            target.run(2_000, |input| {
                let text = String::from_utf8_lossy(input);
                assert!(!text.contains("needle"), "found it");
            });
        });
        let said = found.expect_err("there is a needle");
        let said = said.downcast_ref::<String>().expect("a message");
        assert!(
            said.contains("found it") && said.contains("needle"),
            "{said}"
        );
        let left = std::fs::read(left_at("self-test.failed")).expect("is left");
        assert!(String::from_utf8_lossy(&left).contains("needle"));
    }
}
