//! From file to `Config`, with every fault and its path.

use std::fmt;
use std::path::Path;

use super::Config;

/// One thing wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path of the key, such as `camera[1].zone[0].polygon`.
    pub path: String,
    /// What is wrong and what to write instead.
    pub what: String,
}

/// Everything wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.0 {
            writeln!(f, "{}: {}", fault.path, fault.what)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Reads and checks a file. Relative paths in it are relative to the working folder.
///
/// # Errors
/// All faults of the file together.
pub fn load(file: &Path) -> Result<Config, Faults> {
    let text = std::fs::read_to_string(file).map_err(|e| {
        Faults(vec![Fault {
            path: file.display().to_string(),
            what: format!("cannot be read: {e}"),
        }])
    })?;
    parse(&text)
}

/// Checks a configuration text.
///
/// # Errors
/// All faults of the text together.
pub fn parse(text: &str) -> Result<Config, Faults> {
    let config: Config = toml::from_str(text).map_err(|e| {
        Faults(vec![Fault { path: String::new(), what: e.to_string() }])
    })?;
    Ok(config)
}
