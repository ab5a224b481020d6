//! What a component asks its host for, read without the sandbox.

use wasmparser::{Parser, Payload};

/// Nothing: what is inside imports from its neighbours, the whole must not.
pub(crate) fn there_are_none(component: &[u8]) {
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            // The contract's types are declared, which is no import of anything.
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let name = import.unwrap().name.name;
                    assert!(name.starts_with("meshhost:piece/types@"), "{name}");
                }
            }
            _ => {}
        }
    }
    assert_eq!(depth, 0);
}
