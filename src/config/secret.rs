//! A secret that is named in the configuration and never printed.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// Where a secret comes from: `{ file = "path" }` or `{ env = "NAME" }`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Secret {
    /// A file whose first line is the secret.
    pub file: Option<PathBuf>,
    /// An environment variable that holds the secret.
    pub env: Option<String>,
}

impl Secret {
    /// The secret itself, or an empty string when none is named.
    ///
    /// # Errors
    /// Names the file or variable that cannot be read.
    pub fn reveal(&self) -> Result<String, String> {
        if let Some(file) = &self.file {
            let text = std::fs::read_to_string(file)
                .map_err(|e| format!("secret file {} cannot be read: {e}", file.display()))?;
            return Ok(text.lines().next().unwrap_or_default().to_owned());
        }
        match &self.env {
            Some(name) => std::env::var(name)
                .map_err(|_| format!("environment variable {name} with a secret is not set")),
            None => Ok(String::new()),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, &self.env) {
            (Some(file), _) => write!(f, "Secret(file {})", file.display()),
            (_, Some(env)) => write!(f, "Secret(env {env})"),
            (None, None) => write!(f, "Secret(none)"),
        }
    }
}
