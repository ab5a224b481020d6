//! `meshhost compile-piece`, which nobody types: the child process in which a piece is compiled.

use std::io;

use meshhost_runtime::CompileRequest;

use crate::cli::fault::{Fault, exit};
use crate::cli::report;

pub(crate) fn run(request: CompileRequest) -> Result<u8, Fault> {
    request
        .serve(io::stdin().lock(), report::bytes())
        .map_err(|error| Fault::from_error(&error))?;
    Ok(exit::DONE)
}
