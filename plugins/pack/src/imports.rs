//! What a core module imports, and what its author can do about it. Must not know how a module is packed.

use std::collections::BTreeMap;

use wasmparser::{Parser, Payload, TypeRef};

use crate::PackError;

/// How many imported names of one module a message shows.
const SHOWN: usize = 5;

/// All that is imported under one module name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The module name, for example `wasi_snapshot_preview1`.
    pub module: String,
    /// The imported names, sorted.
    pub names: Vec<String>,
    /// What to do about it.
    pub hint: &'static str,
}

/// Every import, grouped by module name.
pub(crate) fn wanted(module: &[u8]) -> Result<Vec<Wanted>, PackError> {
    let mut by_module: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::ImportSection(section) = payload.map_err(PackError::not_wasm)? else {
            continue;
        };
        for import in section.into_imports() {
            let import = import.map_err(PackError::not_wasm)?;
            let what = match import.ty {
                TypeRef::Func(_) | TypeRef::FuncExact(_) => "",
                TypeRef::Memory(_) => " (a memory)",
                TypeRef::Table(_) => " (a table)",
                TypeRef::Global(_) => " (a global)",
                TypeRef::Tag(_) => " (a tag)",
            };
            by_module
                .entry(import.module.to_owned())
                .or_default()
                .push(format!("{}{what}", import.name.escape_debug()));
        }
    }
    Ok(by_module
        .into_iter()
        .map(|(module, mut names)| {
            names.sort();
            names.dedup();
            let hint = hint(&module);
            Wanted {
                module,
                names,
                hint,
            }
        })
        .collect())
}

/// One line for each module name, with what to do.
pub(crate) fn listing(wanted: &[Wanted]) -> String {
    wanted
        .iter()
        .map(|wanted| {
            let shown = wanted.names.iter().take(SHOWN).cloned().collect::<Vec<_>>();
            let more = match wanted.names.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!(
                "  {}: {}{more}\n    {}",
                wanted.module.escape_debug(),
                shown.join(", "),
                wanted.hint,
            )
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn hint(module: &str) -> &'static str {
    match module {
        "wasi_snapshot_preview1" | "wasi_unstable" => {
            "the module was built for wasm32-wasip1: build it with `--target wasm32-unknown-unknown`, or, if it is Go, with \
             `-buildmode=c-shared` and the SDK for Go"
        }
        "__wbindgen_placeholder__" | "__wbindgen_externref_xform__" | "wbg" => {
            "a dependency expects JavaScript: leave out features such as `js`, `wasm_js` (getrandom), `wasmbind` (chrono) \
             or the crate itself; `cargo tree --target wasm32-unknown-unknown -i wasm-bindgen` names it"
        }
        "env" => {
            "a function was declared (`extern \"C\"`) that nothing defines: a dependency needs a C library, or a \
             `#[no_mangle]` function is missing"
        }
        _ if module.starts_with("wasi:") => {
            "the module was built for wasm32-wasip2: build it with `--target wasm32-unknown-unknown`"
        }
        _ => {
            "a piece is handed all it may know in the request: take out the code or the dependency that asks for this"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_says_what_to_do() {
        let wanted = |module: &str| Wanted {
            module: module.to_owned(),
            names: (0..7).map(|number| format!("f{number}")).collect(),
            hint: hint(module),
        };
        insta::assert_snapshot!(listing(&[
            wanted("env"),
            wanted("wasi_snapshot_preview1"),
            wanted("wasi:clocks/wall-clock@0.2.6"),
            wanted("__wbindgen_placeholder__"),
            wanted("a\u{1b}[2J"),
        ]));
    }
}
