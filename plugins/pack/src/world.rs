//! The types of a module's exports, when its language leaves none: found from the names of its exports. Must not know how
//! a module is packed.

use wasmparser::{Parser, Payload};
use wit_component::StringEncoding;
use wit_parser::{Resolve, SourceMap};

use crate::PackError;

/// The contract, file by file.
const CONTRACT: &[(&str, &str)] = &[
    ("types.wit", include_str!("../../../wit/types.wit")),
    ("describe.wit", include_str!("../../../wit/describe.wit")),
    (
        "contribute.wit",
        include_str!("../../../wit/contribute.wit"),
    ),
    ("amend.wit", include_str!("../../../wit/amend.wit")),
    ("assess.wit", include_str!("../../../wit/assess.wit")),
    ("inject.wit", include_str!("../../../wit/inject.wit")),
];
const PACKAGE: &str = "meshhost:piece/";

/// Every interface of the contract of which the module exports a function, `meshhost:piece/describe@0.1.0` for
/// `meshhost:piece/describe@0.1.0#describe`.
pub(crate) fn interfaces(module: &[u8]) -> Result<Vec<String>, PackError> {
    let mut interfaces = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::ExportSection(section) = payload.map_err(PackError::not_wasm)? else {
            continue;
        };
        for export in section {
            let name = export.map_err(PackError::not_wasm)?.name;
            if let Some((interface, _)) = name.split_once('#')
                && interface.starts_with(PACKAGE)
                && !interfaces.iter().any(|known| known == interface)
            {
                interfaces.push(interface.to_owned());
            }
        }
    }
    Ok(interfaces)
}

/// Adds the types of these interfaces to a module, as wit-bindgen does for Rust.
pub(crate) fn embed(module: &mut Vec<u8>, interfaces: &[String]) -> Result<(), PackError> {
    let encoding = |error: &dyn std::fmt::Display| PackError::Encoding(format!("{error:#}"));
    let mut contract = SourceMap::new();
    for (name, text) in CONTRACT {
        contract.push_str(name, *text);
    }
    let mut packed = SourceMap::new();
    let exports: String = interfaces
        .iter()
        .map(|interface| format!("export {interface}; "))
        .collect();
    packed.push_str(
        "packed.wit",
        format!("package meshhost:packed; world packed {{ {exports} }}"),
    );
    let mut resolve = Resolve::default();
    let mut last = None;
    for source in [contract, packed] {
        let group = source.parse().map_err(|(_, error)| encoding(&error))?;
        last = Some(
            resolve
                .push_group(group)
                .map_err(|error| encoding(&error))?,
        );
    }
    let packed = last.expect("two packages were pushed");
    let world = resolve
        .select_world(&[packed], Some("packed"))
        .map_err(|error| encoding(&error))?;
    wit_component::embed_component_metadata(module, &resolve, world, StringEncoding::UTF8)
        .map_err(|error| encoding(&error))
}
