//! Passwords and tokens: argon2id hashes, random secrets.

use argon2::Argon2;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};

/// The hash of a password in PHC form, argon2id with the crate's defaults (19 MiB, 2 passes, the
/// OWASP minimum).
///
/// # Panics
/// Never: any text can be hashed.
#[must_use]
pub fn hash(password: &str) -> String {
    let salt = SaltString::generate(&mut OsRng);
    Argon2::default()
        .hash_password(password.as_bytes(), &salt)
        .expect("argon2 takes any text with a fresh salt")
        .to_string()
}

/// Whether this password belongs to the hash. Takes tens of milliseconds on purpose.
#[must_use]
pub fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// A new secret of 24 characters out of a-z and 2-7: 120 bits.
///
/// # Panics
/// When the machine has no randomness to give.
#[must_use]
pub fn secret() -> String {
    words(24)
}

/// A first password that people can type: four groups of four, 80 bits.
///
/// # Panics
/// When the machine has no randomness to give.
#[must_use]
pub fn first_password() -> String {
    let text = words(16);
    [&text[0..4], &text[4..8], &text[8..12], &text[12..16]].join("-")
}

fn words(length: usize) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bytes = vec![0_u8; length];
    getrandom::fill(&mut bytes).expect("the machine gives randomness");
    bytes.into_iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect()
}

#[cfg(test)]
mod tests {
    use super::{first_password, hash, matches, secret};

    #[test]
    fn only_the_password_itself_matches() {
        let kept = hash("correct horse");
        assert!(matches("correct horse", &kept));
        assert!(!matches("correct horsf", &kept));
        assert!(!matches("correct horse", "not a hash"));
    }

    #[test]
    fn secrets_differ_and_can_be_typed() {
        assert_ne!(secret(), secret());
        assert_eq!(first_password().len(), 19);
    }
}
