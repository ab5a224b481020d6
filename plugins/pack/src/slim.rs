//! Leaving out of a core module what only a debugger needs. Owns which custom sections stay; must not know components.

use wasm_encoder::{CustomSection, Module, NameMap, NameSection, RawSection};
use wasmparser::{KnownCustom, Name, NameSectionReader, Parser, Payload};

use crate::{PackError, TYPES_SECTION};

/// The same module with no custom section other than the component's types and the names of functions.
pub(crate) fn slim(module: &[u8]) -> Result<Vec<u8>, PackError> {
    let mut slim = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(PackError::not_wasm)?;
        if let Payload::CustomSection(section) = &payload {
            if section.name().starts_with(TYPES_SECTION) {
                slim.section(&CustomSection {
                    name: section.name().into(),
                    data: section.data().into(),
                });
            } else if let KnownCustom::Name(names) = section.as_known() {
                slim.section(&function_names(names).map_err(PackError::not_wasm)?);
            }
        } else if let Some((id, range)) = payload.as_section() {
            let data = usize::try_from(range.start)
                .ok()
                .zip(usize::try_from(range.end).ok())
                .and_then(|(start, end)| module.get(start..end))
                .expect("a section lies within the module");
            slim.section(&RawSection { id, data });
        }
    }
    Ok(slim.finish())
}

fn function_names(
    names: NameSectionReader<'_>,
) -> Result<NameSection, wasmparser::BinaryReaderError> {
    let mut kept = NameSection::new();
    for name in names {
        if let Name::Function(functions) = name? {
            let mut map = NameMap::new();
            for function in functions {
                let function = function?;
                map.append(function.index, function.name);
            }
            kept.functions(&map);
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use wasmparser::BinaryReader;

    use super::*;

    /// Names of functions, in the order of their indices.
    fn names(module: &[u8]) -> Vec<String> {
        Parser::new(0)
            .parse_all(module)
            .filter_map(|payload| match payload {
                Ok(Payload::CustomSection(section)) if section.name() == "name" => Some(
                    NameSectionReader::new(BinaryReader::new(section.data(), 0))
                        .filter_map(|name| match name {
                            Ok(Name::Function(functions)) => Some(
                                functions
                                    .into_iter()
                                    .map(|function| function.expect("is a name").name.to_owned())
                                    .collect::<Vec<_>>(),
                            ),
                            _ => None,
                        })
                        .flatten()
                        .collect::<Vec<_>>(),
                ),
                _ => None,
            })
            .flatten()
            .collect()
    }

    #[test]
    fn keeps_code_and_function_names_only() {
        let module = wat::parse_str(
            r#"(module
                (@custom "producers" "\00")
                (@custom ".debug_info" "xxxx")
                (@custom "component-type:a" "types")
                (func $first (export "f") (param $x i32) (result i32) local.get $x))"#,
        )
        .unwrap();
        let slim = slim(&module).unwrap();
        assert_eq!(names(&slim), ["first"]);
        let sections: Vec<String> = Parser::new(0)
            .parse_all(&slim)
            .filter_map(|payload| match payload.unwrap() {
                Payload::CustomSection(section) => Some(section.name().to_owned()),
                payload => payload.as_section().map(|(id, _)| id.to_string()),
            })
            .collect();
        let code = ["1", "3", "7", "10"].map(String::from);
        assert!(code.iter().all(|id| sections.contains(id)), "{sections:?}");
        let custom: Vec<_> = sections
            .iter()
            .filter(|id| id.parse::<u8>().is_err())
            .collect();
        assert_eq!(custom, ["component-type:a", "name"]);
    }
}
