//! meshhost's sandbox: component bytes in, contributions out.
