//! Makes a component with no imports from a piece's core module.
