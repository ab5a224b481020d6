//! The control-plane piece.
