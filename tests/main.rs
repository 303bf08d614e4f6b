//! One binary for all tests against the whole crate: it links once.

mod api;
