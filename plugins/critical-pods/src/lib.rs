//! The critical-pods piece.
