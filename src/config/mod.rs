//! The typed configuration: one tree, its sections in journey order.
//!
//! `load` reads, parses and checks a whole file and reports every fault with its path, before
//! anything is opened. Unknown keys are faults. Secrets come from files or the environment and are
//! never printed. `config/example.toml` carries every key and is tested against this file.

pub mod codes;
mod load;
mod secret;
mod section;
mod validate;

pub use load::{Fault, Faults, load, parse};
pub use secret::Secret;
pub use section::*;
