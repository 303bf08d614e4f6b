//! Faults of a configuration, as a technician reads them.

use std::fmt;

/// One thing wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line of the file, from 1; none when the fault is in no line.
    pub line: Option<usize>,
    /// Path of the key, such as `camera[1].zone[0].polygon` (counted from 0); empty when the text
    /// is not TOML at all.
    pub path: String,
    /// What is wrong and what to write instead.
    pub what: String,
}

impl Fault {
    /// A fault at a key, its line not yet looked up.
    pub(super) fn at(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { line: None, path: path.into(), what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.what)
    }
}

/// Everything wrong with a configuration, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.0 {
            writeln!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
