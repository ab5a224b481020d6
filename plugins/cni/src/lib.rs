//! The cni piece.
