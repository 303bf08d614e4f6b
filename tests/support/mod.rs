//! Whole outside parties for tests: what a real machine room would have, started and stopped here.

pub(crate) mod pg;
pub(crate) mod footage;
pub(crate) mod journey;
pub(crate) mod stage;
pub(crate) mod schema;
pub(crate) mod onnx;
