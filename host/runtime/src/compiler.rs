//! Compiling in a child process. Owns asking a child of the same program, being that child, and what it may use; must not
//! know where compiled code is kept.
//!
//! Cranelift cannot be stopped from inside, and what it needs is not bounded by what it is given. A child can be killed when
//! its time is up, and the system gives it no more memory and processor time than it may have, whatever becomes of its
//! parent. On Linux the memory is that of its data (`RLIMIT_DATA`: what it can write, not what it has reserved); macOS takes
//! that limit and does not enforce it, so that there only time is bounded, as on systems without such limits.
//!
//! The answer comes back through a pipe: nobody else can write into it, and it works where no file can be written.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use meshhost_core::quote;
use wasmtime::component::Component;

use crate::code::OwnCode;
use crate::engine::{self, CompileError};
use crate::limits::{Limit, Limits};

/// What the child has before it compiles anything: the program's own data and the stacks of its threads.
const ALLOWANCE: u64 = 96 << 20;
/// Threads that compile, at most: each has a stack.
const MOST_THREADS: usize = 16;
/// How much of what a dying child says is read.
const LAST_WORDS: u64 = 64 << 10;

/// First byte of an answer; what follows is the code, nothing, or a message.
const CODE: u8 = b'c';
const NO_MEMORY: u8 = b'm';
const INVALID: u8 = b'i';
const FAILED: u8 = b'f';

/// A program that is this one, and compiles when it is asked to.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
    args: Vec<OsString>,
}

/// What the child is asked for, as two arguments after those of [`Compiler::new`]: bytes of memory, and milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileRequest {
    /// Bytes that compiling may take.
    pub memory: u64,
    /// Milliseconds that it may take.
    pub millis: u64,
}

impl Compiler {
    /// A program, and the arguments with which it does nothing but [`CompileRequest::serve`]. It must be of the same build
    /// as this one: what it hands back is run.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, args: impl IntoIterator<Item = OsString>) -> Self {
        Self {
            program: program.into(),
            args: args.into_iter().collect(),
        }
    }

    /// The running program itself, even if its file has been replaced in the meantime.
    ///
    /// # Errors
    /// When the system does not tell which file that is.
    pub fn this_program(args: impl IntoIterator<Item = OsString>) -> io::Result<Self> {
        let program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe()?
        };
        Ok(Self::new(program, args))
    }

    pub(crate) fn compile(
        &self,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<OwnCode<'static>, CompileError> {
        let time = limits.compile_time;
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .arg(limits.compile_memory.to_string())
            .arg(time.as_millis().to_string())
            .env("RAYON_NUM_THREADS", threads.min(MOST_THREADS).to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                CompileError::NoChild(format!("no child process could be started: {error}"))
            })?;
        let most = limits.compile_memory.saturating_add(ALLOWANCE);
        let (answer, said, status) = converse(&mut child, bytes, most, time)
            .map_err(|error| CompileError::Host(format!("the compiler was lost: {error}")))?;
        let Some(answer) = answer else {
            return Err(CompileError::Limit(Limit::CompileTime));
        };
        if !status.success() {
            return Err(died(status, &said));
        }
        read(answer)
    }
}

/// Hands the component over and waits for the answer, which is `None` when the time was up. The child is gone afterwards.
fn converse(
    child: &mut Child,
    bytes: &[u8],
    most: u64,
    time: Duration,
) -> io::Result<(Option<Vec<u8>>, String, ExitStatus)> {
    let (mut stdin, stdout, mut stderr) =
        match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
            (Some(stdin), Some(stdout), Some(stderr)) => (stdin, stdout, stderr),
            _ => unreachable!("all three are pipes"),
        };
    thread::scope(|scope| {
        // A child that ended before it has read everything says why by other means.
        scope.spawn(move || stdin.write_all(bytes));
        let said = scope.spawn(move || {
            let mut said = Vec::new();
            let _ = (&mut stderr).take(LAST_WORDS).read_to_end(&mut said);
            let _ = io::copy(&mut stderr, &mut io::sink());
            String::from_utf8_lossy(&said).into_owned()
        });
        let (finished, result) = mpsc::channel();
        scope.spawn(move || {
            let mut answer = Vec::new();
            let read = stdout.take(most).read_to_end(&mut answer);
            // Nobody listens any more when the time is up.
            let _ = finished.send(read.map(|_| answer));
        });
        let answer = result.recv_timeout(time);
        // It has nothing more to say, or no more time to say it.
        if answer.is_err() {
            child.kill()?;
        }
        let status = child.wait()?;
        let said = said.join().unwrap_or_default();
        Ok((answer.ok().transpose()?, said, status))
    })
}

fn read(mut answer: Vec<u8>) -> Result<OwnCode<'static>, CompileError> {
    let kind = answer.first().copied();
    let rest = answer.split_off(answer.len().min(1));
    let message = || quote::line(&String::from_utf8_lossy(&rest), 500);
    match kind {
        Some(CODE) => Ok(OwnCode::vouched_for(rest)),
        Some(NO_MEMORY) => Err(CompileError::Limit(Limit::CompileMemory)),
        Some(INVALID) => Err(CompileError::Invalid(message())),
        Some(FAILED) => Err(CompileError::Host(message())),
        _ => Err(CompileError::Host(
            "the compiler's answer cannot be read: is it another program?".to_owned(),
        )),
    }
}

/// Why a child ended without an answer.
fn died(status: ExitStatus, said: &str) -> CompileError {
    // Rust's own words when it is given no more memory; then it aborts.
    if said.contains("memory allocation of") {
        return CompileError::Limit(Limit::CompileMemory);
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if status.signal() == Some(rustix::process::Signal::XCPU.as_raw()) {
            return CompileError::Limit(Limit::CompileTime);
        }
    }
    let words = match said.trim() {
        // Not this program's doing: as a rule the system has no more memory for anybody.
        "" => "it was ended from outside".to_owned(),
        said => quote::line(said, 300),
    };
    CompileError::Host(format!("the compiler ended with {status}: {words}"))
}

impl CompileRequest {
    /// What the child does: bounds itself, reads a component, compiles it and writes the answer.
    ///
    /// # Errors
    /// When the limits cannot be set, or nobody reads the answer.
    pub fn serve(self, mut input: impl Read, mut output: impl Write) -> io::Result<()> {
        self.bound()?;
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        let (kind, rest) = self.answer(&bytes);
        output.write_all(&[kind])?;
        output.write_all(&rest)?;
        output.flush()
    }

    fn answer(self, bytes: &[u8]) -> (u8, Vec<u8>) {
        let failed = |message: String| (FAILED, message.into_bytes());
        let engine = match engine::new(Limits::default().stack) {
            Ok(engine) => engine,
            Err(message) => return failed(message),
        };
        match Component::from_binary(&engine, bytes) {
            Ok(component) => match component.serialize() {
                Ok(code) => (CODE, code),
                Err(error) => failed(format!("{error:#}")),
            },
            Err(error) if is_out_of_memory(&error) => (NO_MEMORY, Vec::new()),
            Err(error) => (INVALID, format!("{error:#}").into_bytes()),
        }
    }

    /// Whatever becomes of the parent: no more memory and processor time than this, and no image of a crash.
    #[cfg(unix)]
    fn bound(self) -> io::Result<()> {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
        // All threads together, and a second for starting.
        let seconds = (self.millis / 1000 + 1).saturating_mul(threads) + 1;
        for (resource, most) in [
            (Resource::Core, 0),
            (Resource::Data, self.memory.saturating_add(ALLOWANCE)),
            (Resource::Cpu, seconds),
        ] {
            let maximum = getrlimit(resource).maximum;
            let current = Some(maximum.map_or(most, |maximum| maximum.min(most)));
            setrlimit(resource, Rlimit { current, maximum })?;
        }
        Ok(())
    }

    #[cfg(not(unix))]
    fn bound(self) -> io::Result<()> {
        Ok(())
    }
}

fn is_out_of_memory(error: &wasmtime::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::OutOfMemory)
}
