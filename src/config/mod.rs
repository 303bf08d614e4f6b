//! The typed configuration: one tree, its sections in journey order.
//!
//! `load` reads, parses and checks a whole file and reports every fault with its line and path,
//! before anything is opened. Unknown keys are faults. Secrets come from files or the environment
//! and are never printed. `config/example.toml` carries every key and is tested against this
//! folder. Of ours it imports only the clock: every other module may import it.

mod section;
mod rule;
mod calendar;
mod dispatch;
mod duty;
mod channel;
mod instruction;
mod record;
pub mod codes;
pub mod policy;
mod secret;
mod load;
mod fault;
mod wording;
mod suggest;
mod validate;
mod rules;
mod kinds;
mod contradiction;
mod polygon;
mod people;

pub use calendar::{Calendar, Overlap};
pub use channel::SecondChannel;
pub use dispatch::{Beat, Dispatch, Member, Need};
pub use duty::Duty;
pub use fault::{Fault, Faults};
pub use instruction::{Instruction, Integration};
pub use load::{load, parse};
pub use record::{KeepDays, Record, Retention};
pub use rule::{Crossing, Line, Rule, RuleKind, Zone};
pub use secret::Secret;
pub use section::*;
