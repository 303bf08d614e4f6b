//! The clauses of the regulation as checks over the log. Pure: they read what is written and tell
//! what does not fit; they change nothing.

pub mod deadlines;
