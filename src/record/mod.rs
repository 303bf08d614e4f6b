//! Footage: what every camera sent, copied to the disk as it came.
//!
//! Reading order: how pictures are timed and packed, where files are cut, what is missing and why,
//! how long footage is kept, what is given out. Nothing here decodes a picture.

pub mod fmp4;
pub mod stamp;
pub mod segment;
pub mod gap;
pub mod fault;
pub mod cover;
pub mod cut;
pub mod track;
pub mod timeline;
pub mod retention;
pub mod hold;
pub mod read;
pub mod clip;
pub mod pulse;
pub mod task;
#[cfg(test)]
mod track_test;

pub use fault::{Fault, FaultKind};
pub use gap::{Cause, Gap};
pub use segment::{ClockNote, NoteKind, Segment, SegmentEnd};
