//! What can be known of a component before it is compiled: that it is one, what it imports and exports, and that it is not
//! made to blow up the compiler. Owns reading the bytes; must not know the engine. Whether the component is *valid* is for
//! the engine to say, which goes by the same parser.

use meshhost_core::quote;
use wasmtime::wasmparser::{
    BinaryReaderError, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ComponentType, ComponentTypeRef, Encoding, Instance,
    InstanceTypeDeclaration, Parser, Payload, TypeBounds,
};

/// What WebAssembly begins with.
const MAGIC: &[u8] = b"\0asm";
/// Core and component instances that one piece may be made of. A component may instantiate the same nested component
/// twice, which does it again: forty levels would be a million million instances from a few hundred bytes.
const MOST_INSTANCES: u64 = 1_000;
/// Components in components. Composing tools add one for each component they compose.
const MOST_LEVELS: usize = 50;
/// Functions in all. Helm's engine, compiled from Go, has about 40,000.
const MOST_FUNCTIONS: u64 = 400_000;
/// Bytes of one function. The compiler needs more than linear time and memory for one.
const LARGEST_FUNCTION: usize = 4 << 20;

/// What the bytes say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Names of everything imported other than mere types.
    pub(crate) imports: Vec<String>,
    /// Names of everything exported.
    pub(crate) exports: Vec<String>,
}

/// Why nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ScanError {
    /// Not WebAssembly, cut short, or damaged.
    NotWasm(String),
    /// A core module.
    CoreModule,
    /// Made to blow up.
    TooComplex(String),
}

impl From<BinaryReaderError> for ScanError {
    fn from(error: BinaryReaderError) -> Self {
        Self::NotWasm(format!(
            "{} (at byte {})",
            quote::line(error.message(), 300),
            error.offset()
        ))
    }
}

/// Reads a component's outline.
pub(crate) fn scan(bytes: &[u8]) -> Result<Scan, ScanError> {
    if bytes.is_empty() {
        return Err(ScanError::NotWasm("it is empty".to_owned()));
    }
    if !bytes.starts_with(&MAGIC[..MAGIC.len().min(bytes.len())]) {
        // A page that a server sent instead, an archive, a text: its first bytes tell.
        let first = String::from_utf8_lossy(&bytes[..bytes.len().min(16)]);
        return Err(ScanError::NotWasm(format!(
            "it begins with \"{}\"",
            quote::line(&first, 16)
        )));
    }
    let mut scan = Scan::default();
    let mut open: Vec<Level> = Vec::new();
    let mut functions = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { encoding, .. } => {
                if open.is_empty() && encoding == Encoding::Module {
                    return Err(ScanError::CoreModule);
                }
                open.push(Level::new(encoding));
                if open.len() > MOST_LEVELS {
                    return Err(ScanError::TooComplex(format!(
                        "it nests components deeper than {MOST_LEVELS} levels"
                    )));
                }
            }
            Payload::End(_) => {
                let closed = open.pop().expect("the parser closes only what it opened");
                if let (Encoding::Component, Some(outer)) = (closed.encoding, open.last_mut()) {
                    outer.components.push(Some(closed.instances));
                }
            }
            Payload::CodeSectionStart { count, .. } => {
                functions += u64::from(count);
                if functions > MOST_FUNCTIONS {
                    return Err(ScanError::TooComplex(format!(
                        "it has more than {MOST_FUNCTIONS} functions"
                    )));
                }
            }
            Payload::CodeSectionEntry(body) if body.range().len() > LARGEST_FUNCTION => {
                return Err(ScanError::TooComplex(format!(
                    "a function of {} bytes is larger than {LARGEST_FUNCTION}",
                    body.range().len()
                )));
            }
            payload => {
                let outermost = open.len() == 1;
                let Some((level, outer)) = open.split_last_mut() else {
                    continue;
                };
                level.read(payload, outer, outermost.then_some(&mut scan))?;
                if level.instances > MOST_INSTANCES {
                    return Err(ScanError::TooComplex(format!(
                        "it is made of more than {MOST_INSTANCES} instances"
                    )));
                }
            }
        }
    }
    Ok(scan)
}

/// One module or component that is being read.
struct Level {
    encoding: Encoding,
    /// How many instances come of instantiating it once.
    instances: u64,
    /// For each component in its index space, how many instances come of it; `None` when that is not known here.
    components: Vec<Option<u64>>,
    /// For each type in its index space, whether it is an instance that holds nothing but types.
    types: Vec<bool>,
}

impl Level {
    fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            instances: 1,
            components: Vec::new(),
            types: Vec::new(),
        }
    }

    fn read(
        &mut self,
        payload: Payload<'_>,
        outer: &[Self],
        mut scan: Option<&mut Scan>,
    ) -> Result<(), ScanError> {
        match payload {
            Payload::ComponentTypeSection(section) => {
                for ty in section {
                    self.types.push(holds_only_types(&ty?));
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import?;
                    let harmless = match import.ty {
                        ComponentTypeRef::Instance(ty) => {
                            self.types.get(ty as usize).copied().unwrap_or(false)
                        }
                        ComponentTypeRef::Type(TypeBounds::Eq(_)) => true,
                        _ => false,
                    };
                    self.declare(import.ty.kind());
                    if let Some(scan) = &mut scan
                        && !harmless
                    {
                        scan.imports.push(quote::line(import.name.name, 200));
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.declare(export.kind);
                    if let Some(scan) = &mut scan {
                        scan.exports.push(quote::line(export.name.name, 200));
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    self.alias(&alias?, outer);
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    if let Instance::Instantiate { .. } = instance? {
                        self.instances += 1;
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    if let ComponentInstance::Instantiate {
                        component_index, ..
                    } = instance?
                    {
                        self.instantiate(component_index)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn instantiate(&mut self, component: u32) -> Result<(), ScanError> {
        match self.components.get(component as usize) {
            Some(Some(instances)) => {
                self.instances = self.instances.saturating_add(*instances);
                Ok(())
            }
            // The engine's validation names an index that does not exist.
            None => Ok(()),
            Some(None) => Err(ScanError::TooComplex(
                "a component in it instantiates a component that it was handed, so that its size cannot be told"
                    .to_owned(),
            )),
        }
    }

    /// An import or export of something adds to the index space of its kind.
    fn declare(&mut self, kind: ComponentExternalKind) {
        match kind {
            ComponentExternalKind::Component => self.components.push(None),
            ComponentExternalKind::Type => self.types.push(false),
            _ => {}
        }
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>, outer: &[Self]) {
        match alias {
            ComponentAlias::InstanceExport { kind, .. } => self.declare(*kind),
            ComponentAlias::CoreInstanceExport { .. } => {}
            ComponentAlias::Outer { kind, count, index } => {
                // Zero is this component itself, one the component around it.
                let (count, index) = (*count as usize, *index as usize);
                match kind {
                    ComponentOuterAliasKind::Component => {
                        let aliased = match count {
                            0 => self.components.get(index).copied(),
                            count => outer
                                .len()
                                .checked_sub(count)
                                .and_then(|level| outer[level].components.get(index).copied()),
                        };
                        self.components.push(aliased.flatten());
                    }
                    ComponentOuterAliasKind::Type => self.types.push(false),
                    ComponentOuterAliasKind::CoreModule | ComponentOuterAliasKind::CoreType => {}
                }
            }
        }
    }
}

/// An interface of types only is no ability: an interface that is exported `use`s it, and so it stands among the imports.
fn holds_only_types(ty: &ComponentType<'_>) -> bool {
    let ComponentType::Instance(declarations) = ty else {
        return false;
    };
    declarations.iter().all(|declaration| match declaration {
        InstanceTypeDeclaration::Export { ty, .. } => {
            matches!(ty, ComponentTypeRef::Type(TypeBounds::Eq(_)))
        }
        InstanceTypeDeclaration::Type(ComponentType::Resource { .. }) => false,
        InstanceTypeDeclaration::CoreType(_)
        | InstanceTypeDeclaration::Type(_)
        | InstanceTypeDeclaration::Alias(_) => true,
    })
}
