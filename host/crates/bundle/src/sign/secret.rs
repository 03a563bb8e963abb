//! Secret keys: made, kept in a file that only its owner reads, opened with a password.
//!
//! Owns that neither key nor password prints itself, and that no key is written without a password.

use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use minisign::{KeyPair, SecretKeyBox};

use super::{MAX_KEY_BYTES, PublicKey, SignError};

/// Longest password.
const MAX_PASSWORD_BYTES: usize = 1_024;

/// A password; it does not print itself.
#[derive(Clone)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Password {
    /// Of a text.
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn new(text: String) -> Result<Password, SignError> {
        if text.is_empty() || text.len() > MAX_PASSWORD_BYTES {
            let text = format!("the password of a key must have 1 to {MAX_PASSWORD_BYTES} bytes");
            return Err(SignError::Unreadable(text));
        }
        Ok(Password(text))
    }
}

/// A secret key, opened; it does not print itself.
pub struct SecretKey(minisign::SecretKey);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl SecretKey {
    /// Opens a key file.
    ///
    /// # Errors
    /// When others may read the file, it is no secret key, it has no password, or the password is wrong.
    pub fn open(path: &Path, password: &Password) -> Result<SecretKey, SignError> {
        let failed = |what: &str| SignError::File(format!("the secret key {}: {what}", path.display()));
        let meta = std::fs::metadata(path).map_err(|e| failed(&format!("cannot be read: {e}")))?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(failed("others may read it: chmod 600, and think of making another"));
        }
        if !meta.is_file() || meta.len() > MAX_KEY_BYTES as u64 {
            return Err(failed("is no key file"));
        }
        let text = std::fs::read_to_string(path).map_err(|e| failed(&format!("cannot be read: {e}")))?;
        SecretKey::parse(&text, password).map_err(|e| failed(&e.to_string()))
    }

    /// Opens the text of a key file.
    ///
    /// # Errors
    /// When it is no secret key, it has no password, or the password is wrong.
    pub fn parse(text: &str, password: &Password) -> Result<SecretKey, SignError> {
        if text.len() > MAX_KEY_BYTES {
            return Err(SignError::Unreadable("is no key file".to_owned()));
        }
        let boxed = SecretKeyBox::from(text.to_owned());
        let opened = boxed.into_secret_key(Some(password.0.clone()));
        opened
            .map(SecretKey)
            .map_err(|e| SignError::Unreadable(crate::escaped(&e.to_string().to_lowercase(), 200)))
    }

    /// The public key that belongs to it.
    ///
    /// # Errors
    /// When the key is damaged.
    pub fn public(&self) -> Result<PublicKey, SignError> {
        let key = minisign::PublicKey::from_secret_key(&self.0);
        PublicKey::parse(&key.map_err(|e| SignError::Unreadable(e.to_string()))?.to_base64())
    }

    pub(super) fn inner(&self) -> &minisign::SecretKey {
        &self.0
    }
}

/// The text of a new secret key's file; it does not print itself.
pub struct SecretText(String);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl SecretText {
    /// To be written to a file with [`write_new`], or opened.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A new pair: the secret key's file text, locked with the password, and the public key.
///
/// # Errors
/// When no random numbers or no memory for the password's hash can be had.
pub fn generate(password: &Password) -> Result<(SecretText, PublicKey), SignError> {
    let failed = |e: minisign::PError| SignError::Wrong(format!("cannot make a key: {e}"));
    let pair = KeyPair::generate_encrypted_keypair(Some(password.0.clone())).map_err(failed)?;
    let public = PublicKey::parse(&pair.pk.to_base64())?;
    // What the program `minisign` writes there.
    let secret = pair.sk.to_box(Some("minisign encrypted secret key")).map_err(failed)?;
    Ok((SecretText(secret.into_string()), public))
}

/// Writes a file that was not there; one with a `secret` only its owner may read.
///
/// # Errors
/// When it is there already, or cannot be written.
pub fn write_new(path: &Path, text: &str, secret: bool) -> Result<(), SignError> {
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::AlreadyExists => SignError::File(format!(
            "{} is there already: choose another name, or move it away",
            path.display()
        )),
        _ => SignError::File(format!("cannot write {}: {e}", path.display())),
    };
    let mut options = std::fs::OpenOptions::new();
    let mode = if secret { 0o600 } else { 0o644 };
    let mut file = options.write(true).create_new(true).mode(mode).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}
