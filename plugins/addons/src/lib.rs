//! The addons piece.
