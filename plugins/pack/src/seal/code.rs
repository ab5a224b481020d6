//! Small ways of writing functions in WebAssembly, and where they may keep something. Must not know what any of them does.

use wasm_encoder::{Function, InstructionSink, MemArg, ValType};

/// What a function of WASI answers when all is well.
pub(super) const SUCCESS: i32 = 0;

/// What the globals begin with: nanoseconds of a clock that only goes on; what is added to it for the time of day, which is
/// then 1 January 2020; the number of the next block of chance; the key of chance; and whether last words have begun.
pub(super) const GLOBALS: [i64; 8] = [0, 1_577_836_800_000_000_000, 0, 0, 0, 0, 0, 0];

/// Where these functions may keep something.
pub(super) struct Place {
    /// Address of a page for last words. Go's heap grows over it, as the runtime takes all memory after its data for its own:
    /// it may be written when nothing matters any more, and nothing else may be kept in memory.
    pub(super) page: i32,
    /// Number of the first of the [`GLOBALS`].
    pub(super) first_global: u32,
}

impl Place {
    pub(super) fn clock(&self) -> u32 {
        self.first_global
    }

    pub(super) fn day(&self) -> u32 {
        self.first_global + 1
    }

    pub(super) fn block(&self) -> u32 {
        self.first_global + 2
    }

    /// Eight bytes of the key, 0 to 3.
    pub(super) fn key(&self, part: u32) -> u32 {
        self.first_global + 3 + part
    }

    pub(super) fn last_words(&self) -> u32 {
        self.first_global + 7
    }
}

pub(super) fn function(
    locals: &[(u32, ValType)],
    code: impl FnOnce(&mut InstructionSink<'_>),
) -> Function {
    let mut function = Function::new(locals.iter().copied());
    let mut sink = function.instructions();
    code(&mut sink);
    sink.end();
    function
}

pub(super) fn at(offset: u64) -> MemArg {
    MemArg {
        offset,
        align: 0,
        memory_index: 0,
    }
}

pub(super) fn step(code: &mut InstructionSink<'_>, local: u32, by: i32) {
    code.local_get(local)
        .i32_const(by)
        .i32_add()
        .local_set(local);
}
