//! What a piece may use up. Owns the limits, their defaults, their spelling in `--limit PIECE.NAME=VALUE`, and the values
//! they may be given; must not know how each is enforced.

use std::fmt;
use std::time::Duration;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Bounds on one piece, all of them on by default.
///
/// Defaults are far above what any built-in piece needs and low enough that the worst a stranger's piece can do is be
/// noticed. Each can be raised per piece by the person who installs, never by the piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Time that one call may take (`time`), instantiating included. Default 20 s.
    pub time: Duration,
    /// Bytes of linear memory and tables that one call may have in all (`memory`). Default 256 MiB.
    pub memory: u64,
    /// Bytes that the host takes over from one call's answer (`output`), each text and list entry counted with what the
    /// host needs to hold it. Default 64 MiB.
    pub output: u64,
    /// Objects, changes, diagnostics, notes and so on in one answer, each list on its own (`objects`). Default 10,000.
    pub objects: u64,
    /// Bytes of stack that wasm code may use (`stack`). Languages for wasm keep most of their data on a stack of their
    /// own in linear memory, so this is return addresses and registers; Go keeps locals on it too. A template of Helm that
    /// includes itself, which Helm stops at a thousand, needs some megabytes. Default 16 MiB.
    pub stack: u64,
    /// Bytes of the component (`module-size`), checked before anything is read. Default 64 MiB.
    pub module_size: u64,
    /// Time that compiling may take (`compile-time`); nothing when the compiled code is in the cache. A child process
    /// ([`crate::Compiler`]) is ended when it is up. In the host's own process the compiler cannot be stopped: the host
    /// only stops waiting, and what is compiling goes on until it is done or the process ends. Default 2 min.
    pub compile_time: Duration,
    /// Bytes that compiling may take (`compile-memory`), on Linux. A child process gets no more. In the host's own process
    /// it is how much that may grow meanwhile, for whatever reason; beyond it the host stops waiting, as with
    /// `compile_time`, and should end. Default 2 GiB; a component of 27 MB needs 500 MB.
    pub compile_memory: u64,
    /// Files that are handed over in all (`files`). Default 10,000.
    pub files: u64,
    /// Bytes of all files that are handed over (`files-size`); a piece needs memory for them too. Default 64 MiB.
    pub files_size: u64,
    /// How deep a granted folder may be: 1 is a folder with files and no folders (`files-depth`). Default 16.
    pub files_depth: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(20),
            memory: 256 * MIB,
            output: 64 * MIB,
            objects: 10_000,
            stack: 16 * MIB,
            module_size: 64 * MIB,
            compile_time: Duration::from_secs(120),
            compile_memory: 2 * GIB,
            files: 10_000,
            files_size: 64 * MIB,
            files_depth: 16,
        }
    }
}

/// One of the [`Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// [`Limits::time`].
    Time,
    /// [`Limits::memory`].
    Memory,
    /// [`Limits::output`].
    Output,
    /// [`Limits::objects`].
    Objects,
    /// [`Limits::stack`].
    Stack,
    /// [`Limits::module_size`].
    ModuleSize,
    /// [`Limits::compile_time`].
    CompileTime,
    /// [`Limits::compile_memory`].
    CompileMemory,
    /// [`Limits::files`].
    Files,
    /// [`Limits::files_size`].
    FilesSize,
    /// [`Limits::files_depth`].
    FilesDepth,
}

/// What is wrong with `NAME=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// No limit of that name.
    #[error("there is no limit {0:?}: it is one of {names}", names = names())]
    Unknown(String),
    /// Not a number with a unit.
    #[error("limit {name} cannot be {value:?}: {expected}")]
    Unreadable {
        /// The limit.
        name: &'static str,
        /// What was given.
        value: String,
        /// What can be given.
        expected: &'static str,
    },
    /// More or less than the host can hold.
    #[error("limit {name} cannot be {value:?}: it goes from {least} to {most}")]
    OutOfRange {
        /// The limit.
        name: &'static str,
        /// What was given.
        value: String,
        /// The least there is.
        least: String,
        /// The most there is.
        most: String,
    },
}

impl Limit {
    /// Every limit.
    pub const ALL: [Self; 11] = [
        Self::Time,
        Self::Memory,
        Self::Output,
        Self::Objects,
        Self::Stack,
        Self::ModuleSize,
        Self::CompileTime,
        Self::CompileMemory,
        Self::Files,
        Self::FilesSize,
        Self::FilesDepth,
    ];

    /// As it is spelled in `--limit PIECE.NAME=VALUE`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Memory => "memory",
            Self::Output => "output",
            Self::Objects => "objects",
            Self::Stack => "stack",
            Self::ModuleSize => "module-size",
            Self::CompileTime => "compile-time",
            Self::CompileMemory => "compile-memory",
            Self::Files => "files",
            Self::FilesSize => "files-size",
            Self::FilesDepth => "files-depth",
        }
    }

    /// The one that is spelled so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.name() == name)
    }

    /// What it bounds, for a listing of the flags.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Time => "time of one call",
            Self::Memory => "memory of one call",
            Self::Output => "bytes of one answer",
            Self::Objects => "entries in each list of one answer",
            Self::Stack => "stack of the piece's code",
            Self::ModuleSize => "size of the component",
            Self::CompileTime => "time to wait for compiling",
            Self::CompileMemory => "memory that compiling may take",
            Self::Files => "number of granted files",
            Self::FilesSize => "size of all granted files",
            Self::FilesDepth => "depth of granted folders",
        }
    }

    /// A number of bytes, milliseconds or entries as [`Limits::set`] reads it.
    #[must_use]
    pub fn write(self, number: u64) -> String {
        self.unit().write(number)
    }

    fn unit(self) -> Unit {
        match self {
            Self::Time | Self::CompileTime => Unit::Time,
            Self::Objects | Self::Files | Self::FilesDepth => Unit::Count,
            Self::Memory
            | Self::Output
            | Self::Stack
            | Self::ModuleSize
            | Self::CompileMemory
            | Self::FilesSize => Unit::Bytes,
        }
    }

    /// Least and most. A stack is real memory of the host's thread; a linear memory is at most 4 GiB; compiling needs up to
    /// forty times the component.
    fn range(self) -> (u64, u64) {
        match self {
            Self::Time | Self::CompileTime => (1, 24 * 3600 * 1000),
            Self::Memory => (64 * KIB, 4 * GIB),
            Self::Output => (KIB, GIB),
            Self::Objects => (1, 10_000_000),
            Self::Stack => (64 * KIB, 256 * MIB),
            Self::ModuleSize => (KIB, GIB),
            Self::CompileMemory => (16 * MIB, 1024 * GIB),
            Self::Files => (1, 1_000_000),
            Self::FilesSize => (1, 2 * GIB),
            Self::FilesDepth => (1, 256),
        }
    }
}

impl Limits {
    /// Sets one limit from its text: `time` `20s`, `memory` `512MiB`, `objects` `20000`.
    ///
    /// # Errors
    /// When there is no such limit, or it cannot have that value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), LimitError> {
        let limit = Limit::named(name).ok_or_else(|| LimitError::Unknown(name.to_owned()))?;
        let unit = limit.unit();
        let number = unit.read(value).ok_or_else(|| LimitError::Unreadable {
            name: limit.name(),
            value: value.to_owned(),
            expected: unit.expected(),
        })?;
        self.put(limit, number, value)
    }

    /// Sets one limit to a number of bytes, milliseconds or entries; `value` is how it was written.
    ///
    /// # Errors
    /// When it cannot have that value.
    pub fn put(&mut self, limit: Limit, number: u64, value: &str) -> Result<(), LimitError> {
        let unit = limit.unit();
        let (least, most) = limit.range();
        if !(least..=most).contains(&number) {
            return Err(LimitError::OutOfRange {
                name: limit.name(),
                value: value.to_owned(),
                least: unit.write(least),
                most: unit.write(most),
            });
        }
        match limit {
            Limit::Time => self.time = Duration::from_millis(number),
            Limit::Memory => self.memory = number,
            Limit::Output => self.output = number,
            Limit::Objects => self.objects = number,
            Limit::Stack => self.stack = number,
            Limit::ModuleSize => self.module_size = number,
            Limit::CompileTime => self.compile_time = Duration::from_millis(number),
            Limit::CompileMemory => self.compile_memory = number,
            Limit::Files => self.files = number,
            Limit::FilesSize => self.files_size = number,
            Limit::FilesDepth => self.files_depth = number,
        }
        Ok(())
    }

    /// A limit's value as [`Limits::set`] reads it.
    #[must_use]
    pub fn get(&self, limit: Limit) -> String {
        limit.unit().write(self.number(limit))
    }

    /// The flag that doubles a limit, for a message that says it was reached; `None` when it is at its highest.
    #[must_use]
    pub fn raised(&self, piece: &str, limit: Limit) -> Option<String> {
        let (now, most) = (self.number(limit), limit.range().1);
        (now < most).then(|| {
            let more = limit.unit().write(now.saturating_mul(2).min(most));
            format!("--limit {piece}.{}={more}", limit.name())
        })
    }

    fn number(&self, limit: Limit) -> u64 {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match limit {
            Limit::Time => millis(self.time),
            Limit::Memory => self.memory,
            Limit::Output => self.output,
            Limit::Objects => self.objects,
            Limit::Stack => self.stack,
            Limit::ModuleSize => self.module_size,
            Limit::CompileTime => millis(self.compile_time),
            Limit::CompileMemory => self.compile_memory,
            Limit::Files => self.files,
            Limit::FilesSize => self.files_size,
            Limit::FilesDepth => self.files_depth,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Copy)]
enum Unit {
    Time,
    Bytes,
    Count,
}

impl Unit {
    /// Suffixes with how many they stand for, the largest first.
    fn suffixes(self) -> &'static [(&'static str, u64)] {
        match self {
            Self::Time => &[("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1)],
            Self::Bytes => &[("GiB", GIB), ("MiB", MIB), ("KiB", KIB), ("B", 1)],
            Self::Count => &[("", 1)],
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Time => "give a whole number of ms, s, min or h, such as 20s",
            Self::Bytes => "give a whole number of B, KiB, MiB or GiB, such as 512MiB",
            Self::Count => "give a whole number",
        }
    }

    fn read(self, text: &str) -> Option<u64> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, suffix) = text.split_at(digits);
        let (_, times) = self.suffixes().iter().find(|(name, _)| *name == suffix)?;
        number.parse::<u64>().ok()?.checked_mul(*times)
    }

    fn write(self, number: u64) -> String {
        let (suffix, times) = self
            .suffixes()
            .iter()
            .find(|(_, times)| number >= *times && number.is_multiple_of(*times))
            .or(self.suffixes().last())
            .expect("every unit has a suffix");
        format!("{}{suffix}", number / times)
    }
}

fn names() -> String {
    Limit::ALL.map(Limit::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_reads_what_it_writes() {
        for limit in Limit::ALL {
            let mut limits = Limits::default();
            let value = limits.get(limit);
            limits.set(limit.name(), &value).unwrap();
            assert_eq!(limits, Limits::default(), "{limit}={value}");
            let flag = limits.raised("cni", limit).unwrap();
            let value = flag.split_once('=').unwrap().1;
            limits.set(limit.name(), value).unwrap();
            assert_ne!(limits, Limits::default(), "{flag}");
        }
    }

    #[test]
    fn says_what_can_be_given() {
        let error = |name, value| Limits::default().set(name, value).unwrap_err().to_string();
        insta::assert_snapshot!(
            [
                error("tiem", "1s"),
                error("time", "1"),
                error("time", "s"),
                error("time", "-1s"),
                error("time", "0s"),
                error("memory", "1MB"),
                error("memory", "99999999999999999999B"),
                error("memory", "8GiB"),
                error("stack", "1GiB"),
                error("objects", "many"),
            ]
            .join("\n"),
            @r#"
        there is no limit "tiem": it is one of time, memory, output, objects, stack, module-size, compile-time, compile-memory, files, files-size, files-depth
        limit time cannot be "1": give a whole number of ms, s, min or h, such as 20s
        limit time cannot be "s": give a whole number of ms, s, min or h, such as 20s
        limit time cannot be "-1s": give a whole number of ms, s, min or h, such as 20s
        limit time cannot be "0s": it goes from 1ms to 24h
        limit memory cannot be "1MB": give a whole number of B, KiB, MiB or GiB, such as 512MiB
        limit memory cannot be "99999999999999999999B": give a whole number of B, KiB, MiB or GiB, such as 512MiB
        limit memory cannot be "8GiB": it goes from 64KiB to 4GiB
        limit stack cannot be "1GiB": it goes from 64KiB to 256MiB
        limit objects cannot be "many": give a whole number
        "#
        );
    }
}
