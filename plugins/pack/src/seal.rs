//! Closing what a language's runtime asks a system for: the imports of WASI preview 1 become functions of the module, which
//! answer with constants, or with what was made of the request. Owns the surgery; what the functions answer is in
//! [`preview1`] and [`once`].
//!
//! An imported function that becomes the module's own keeps its number, because imports are counted first: so nothing
//! else in the module has to change.

mod code;
mod once;
mod preview1;

use wasm_encoder::{ConstExpr, Encode, GlobalType, MemorySection, Module, RawSection, ValType};
use wasmparser::{BinaryReader, Parser, Payload, TypeRef};

use crate::PackError;

const PAGE: u64 = 65536;

/// The same module without imports. `None` when it is none for this: it imports something else, or nothing, or is a
/// program and not a library.
pub(crate) fn seal(module: &[u8]) -> Result<Option<Vec<u8>>, PackError> {
    let Some(outline) = outline(module)? else {
        return Ok(None);
    };
    let place = code::Place {
        page: i32::try_from(outline.pages * PAGE).map_err(|_| too_large())?,
        first_global: outline.globals,
    };
    let mut types = Vec::new();
    let mut bodies = Vec::new();
    for (module, name, ty) in &outline.imports {
        let body = match module.as_str() {
            once::MODULE => once::body(name, &place),
            _ => preview1::body(name, &place),
        };
        let Some(body) = body else {
            return Ok(None);
        };
        ty.encode(&mut types);
        body.encode(&mut bodies);
    }
    let added = u32::try_from(outline.imports.len()).map_err(|_| too_large())?;
    let mut sealed = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(PackError::not_wasm)?;
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        let data = usize::try_from(range.start)
            .ok()
            .zip(usize::try_from(range.end).ok())
            .and_then(|(start, end)| module.get(start..end))
            .expect("a section lies within the module");
        match payload {
            Payload::ImportSection(_) => {}
            Payload::FunctionSection(_) => {
                let data = grown(data, added, &types, &[])?;
                sealed.section(&RawSection { id, data: &data });
            }
            Payload::CodeSectionStart { .. } => {
                let data = grown(data, added, &bodies, &[])?;
                sealed.section(&RawSection { id, data: &data });
            }
            Payload::GlobalSection(_) => {
                let mut globals = Vec::new();
                for start in code::GLOBALS {
                    let ty = GlobalType {
                        val_type: ValType::I64,
                        mutable: true,
                        shared: false,
                    };
                    ty.encode(&mut globals);
                    ConstExpr::i64_const(start).encode(&mut globals);
                }
                let more = code::GLOBALS.len() as u32;
                let data = grown(data, more, &[], &globals)?;
                sealed.section(&RawSection { id, data: &data });
            }
            Payload::MemorySection(_) => {
                let mut memory = MemorySection::new();
                memory.memory(wasm_encoder::MemoryType {
                    minimum: outline.pages + 1,
                    maximum: outline.most_pages.map(|most| most + 1),
                    memory64: false,
                    shared: false,
                    page_size_log2: None,
                });
                sealed.section(&memory);
            }
            _ => {
                sealed.section(&RawSection { id, data });
            }
        }
    }
    Ok(Some(sealed.finish()))
}

fn too_large() -> PackError {
    PackError::Encoding("it is too large".to_owned())
}

/// What has to be known of a module before it is changed.
struct Outline {
    /// Module, name and type of each import.
    imports: Vec<(String, String, u32)>,
    globals: u32,
    pages: u64,
    most_pages: Option<u64>,
}

fn outline(module: &[u8]) -> Result<Option<Outline>, PackError> {
    let mut outline = Outline {
        imports: Vec::new(),
        globals: 0,
        pages: 0,
        most_pages: None,
    };
    let mut library = false;
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(PackError::not_wasm)? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(PackError::not_wasm)?;
                    let TypeRef::Func(ty) = import.ty else {
                        return Ok(None);
                    };
                    if ![preview1::MODULE, once::MODULE].contains(&import.module) {
                        return Ok(None);
                    }
                    outline
                        .imports
                        .push((import.module.to_owned(), import.name.to_owned(), ty));
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory.map_err(PackError::not_wasm)?;
                    outline.pages = memory.initial;
                    outline.most_pages = memory.maximum;
                }
            }
            Payload::GlobalSection(section) => outline.globals = section.count(),
            Payload::ExportSection(section) => {
                for export in section {
                    library |= export.map_err(PackError::not_wasm)?.name == "_initialize";
                }
            }
            _ => {}
        }
    }
    let fits = library && !outline.imports.is_empty() && outline.globals > 0 && outline.pages > 0;
    Ok(fits.then_some(outline))
}

/// A section's content, which is a number of entries and then the entries, with more of them.
fn grown(data: &[u8], more: u32, before: &[u8], after: &[u8]) -> Result<Vec<u8>, PackError> {
    let mut reader = BinaryReader::new(data, 0);
    let count = reader.read_var_u32().map_err(PackError::not_wasm)?;
    let rest = &data[reader.original_position() as usize..];
    let mut grown = Vec::with_capacity(data.len() + before.len() + after.len() + 5);
    (count + more).encode(&mut grown);
    grown.extend_from_slice(before);
    grown.extend_from_slice(rest);
    grown.extend_from_slice(after);
    Ok(grown)
}
