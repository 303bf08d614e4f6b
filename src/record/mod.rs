//! Footage: what every camera sent, copied to the disk as it came.
//!
//! Reading order: how pictures are timed and packed, where files are cut, what is missing and why,
//! how long footage is kept, what is given out. Nothing here decodes a picture.

pub mod fmp4;
