//! meshhost's way to a cluster: bundle in, events out.
