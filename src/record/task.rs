//! What records and keeps: the parts of this stage that wait, and that touch files.

pub mod keeper;
