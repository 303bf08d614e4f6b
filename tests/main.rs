//! All tests over the whole of the crate, in one binary.

mod detect;
