//! A secret that is named in the configuration and never printed.
//!
//! The configuration says where a secret is, never what it is, so that the file can be shown to
//! anybody. Only the moment of use reads it (`reveal`). Nothing here logs or keeps the value.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where a secret comes from: `{ file = "path" }` or `{ env = "NAME" }`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Secret {
    /// A file whose first line is the secret; relative to the folder of the configuration file.
    pub file: Option<PathBuf>,
    /// An environment variable that holds the secret.
    pub env: Option<String>,
}

impl Secret {
    /// Whether a secret is named at all.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.file.is_some() || self.env.is_some()
    }

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

    /// Makes a relative file relative to `folder`.
    pub(super) fn resolve(&mut self, folder: &Path) {
        if let Some(file) = &mut self.file {
            *file = folder.join(&*file);
        }
    }

    /// Why the secret cannot be used, if so. Reads it, and forgets it again.
    pub(super) fn fault(&self) -> Option<String> {
        if self.file.is_some() && self.env.is_some() {
            return Some("names a file and a variable; keep one of `file` and `env`".into());
        }
        // A secret pasted into `env` by mistake must not be repeated in the message.
        if self.env.as_deref().is_some_and(|name| !is_variable_name(name)) {
            return Some(
                "env is not the name of a variable; write a name such as GATE_PASSWORD \
                 and put the secret itself into that variable"
                    .into(),
            );
        }
        match self.reveal() {
            Err(why) => Some(format!("{why}; create it, or correct the name")),
            Ok(secret) if self.is_named() && secret.is_empty() => {
                Some("the secret is empty; its first line must be the secret".into())
            }
            Ok(_) => None,
        }
    }
}

/// Upper-case letters, digits and underscores, as variables are written by custom.
fn is_variable_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') && name.chars().all(fits)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, &self.env) {
            (Some(file), _) => write!(f, "Secret(file {})", file.display()),
            (_, Some(env)) if is_variable_name(env) => write!(f, "Secret(env {env})"),
            (_, Some(_)) => write!(f, "Secret(env not a name)"),
            (None, None) => write!(f, "Secret(none)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, Secret) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate");
        std::fs::write(&path, text).unwrap();
        (folder, Secret { file: Some(path), env: None })
    }

    fn env(name: &str) -> Secret {
        Secret { file: None, env: Some(name.into()) }
    }

    #[test]
    fn the_first_line_of_a_file_is_the_secret_and_debug_does_not_show_it() {
        let (_folder, secret) = file("hunter2\nsecond line\n");
        assert_eq!(secret.reveal().unwrap(), "hunter2");
        assert_eq!(secret.fault(), None);
        assert!(!format!("{secret:?}").contains("hunter2"));
    }

    #[test]
    fn a_variable_holds_a_secret_and_debug_does_not_show_it() {
        let secret = env("PATH");
        let value = secret.reveal().unwrap();
        assert!(!value.is_empty() && secret.fault().is_none());
        assert_eq!(format!("{secret:?}"), "Secret(env PATH)");
    }

    #[test]
    fn an_unusable_secret_is_named_and_a_pasted_one_is_not_repeated() {
        let (_folder, empty) = file("");
        assert!(empty.fault().unwrap().contains("empty"));
        assert!(env("GENGFU_NOT_SET_ANYWHERE").fault().unwrap().contains("is not set"));
        let pasted = env("hunter2!");
        assert!(!pasted.fault().unwrap().contains("hunter2"));
        assert!(!format!("{pasted:?}").contains("hunter2"));
        let both = Secret { env: Some("PATH".into()), ..empty };
        assert!(both.fault().unwrap().contains("keep one"));
        assert_eq!(Secret::default().fault(), None);
    }
}
