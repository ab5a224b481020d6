//! The gateway piece.
