//! Who made a plugin: minisign signatures, that of the program of that name, so that either can check the other's.
//!
//! Owns keys, signing and checking. Secret keys and passwords never print themselves. Does not own which keys an operator trusts
//! (the host).

mod secret;

use std::fmt;
use std::io::Cursor;

use minisign::SignatureBox;

pub use secret::{Password, SecretKey, SecretText, generate, write_new};

/// What a signature's file is called: the component's name and this.
pub const SIGNATURE_ENDING: &str = ".minisig";
/// Longest signature file: four lines, of which two are comments.
pub const MAX_SIGNATURE_BYTES: usize = 4 << 10;
/// Longest key file: a comment and a line.
pub const MAX_KEY_BYTES: usize = 4 << 10;
/// Characters of a public key's line.
const PUBLIC_KEY_CHARS: usize = 56;
/// Characters of the signature's line: 74 bytes.
const SIGNATURE_CHARS: usize = 100;
/// Characters of the line that signs the trusted comment: 64 bytes.
const GLOBAL_CHARS: usize = 88;
/// What both of a signature file's comments look like to [`Signature::parse`].
const SIGNATURE_LINES: usize = 4;

/// What is wrong with a key or a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// A text is no key or signature.
    #[error("{0}")]
    Unreadable(String),
    /// The signature is not that of these bytes by this key.
    #[error("{0}")]
    Wrong(String),
    /// A key file cannot be read or written.
    #[error("{0}")]
    File(String),
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    line: String,
    id: String,
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id)
    }
}

impl PublicKey {
    /// From the base64 line, or from a key file's text, which has a comment before it.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<PublicKey, SignError> {
        let unreadable = || {
            SignError::Unreadable(
                "is no minisign public key: it is a line of 56 characters that begins with RW".to_owned(),
            )
        };
        if text.len() > MAX_KEY_BYTES {
            return Err(unreadable());
        }
        let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !is_comment(l));
        let [line] = lines.collect::<Vec<_>>()[..] else { return Err(unreadable()) };
        if line.len() != PUBLIC_KEY_CHARS || !line.is_ascii() || !line.starts_with("RW") {
            return Err(unreadable());
        }
        let key = minisign::PublicKey::from_base64(line).map_err(|_| unreadable())?;
        Ok(PublicKey { line: line.to_owned(), id: key_id(key.keynum()) })
    }

    /// What the program `minisign` calls it by: 16 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The base64 line.
    pub fn line(&self) -> &str {
        &self.line
    }

    fn inner(&self) -> Result<minisign::PublicKey, SignError> {
        minisign::PublicKey::from_base64(&self.line).map_err(|e| SignError::Unreadable(e.to_string()))
    }
}

/// A signature as it stands in a file, not yet checked against anything.
#[derive(Clone)]
pub struct Signature {
    inner: SignatureBox,
    id: String,
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature(by {})", self.id)
    }
}

impl Signature {
    /// Reads a signature file.
    ///
    /// # Errors
    /// When it is none, or of the old form that signs the bytes themselves and not their hash.
    pub fn parse(bytes: &[u8]) -> Result<Signature, SignError> {
        let unreadable = |what: &str| SignError::Unreadable(format!("is no minisign signature: {what}"));
        if bytes.len() > MAX_SIGNATURE_BYTES {
            return Err(unreadable(&format!("it is longer than {MAX_SIGNATURE_BYTES} bytes")));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8"))?;
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() != SIGNATURE_LINES {
            return Err(unreadable("it has not four lines"));
        }
        // The library takes lengths for granted.
        if lines[1].len() != SIGNATURE_CHARS || lines[3].len() != GLOBAL_CHARS || !text.is_ascii() {
            return Err(unreadable("its lines have not the lengths they should have"));
        }
        let inner = SignatureBox::from_string(text).map_err(|e| unreadable(&e.to_string()))?;
        if !inner.is_prehashed() {
            return Err(unreadable("it is of the old form; sign again, without -l"));
        }
        // Each signature has one form only: what the library overlooks (bits behind the last, spaces) is no part of it.
        let written = inner.to_string();
        if !written.lines().skip(1).eq(lines.iter().skip(1).copied()) {
            return Err(unreadable("its lines are not written as minisign writes them"));
        }
        let id = key_id(inner.keynum());
        Ok(Signature { inner, id })
    }

    /// The key that it says it was made with.
    pub fn key_id(&self) -> &str {
        &self.id
    }

    /// The comment that is signed, too. Say it only after [`Signature::verify`].
    pub fn comment(&self) -> String {
        crate::escaped(&self.inner.trusted_comment().unwrap_or_default(), MAX_SIGNATURE_BYTES)
    }

    /// Whether it is that of these bytes by this key.
    ///
    /// # Errors
    /// When it is not: the bytes, the signature or its comment were changed, or another key made it.
    pub fn verify(&self, key: &PublicKey, bytes: &[u8]) -> Result<(), SignError> {
        if key.id != self.id {
            let text = format!("it was made with the key {}, not with {}", self.id, key.id);
            return Err(SignError::Wrong(text));
        }
        let (quiet, output, allow_legacy) = (true, false, false);
        minisign::verify(&key.inner()?, &self.inner, Cursor::new(bytes), quiet, output, allow_legacy).map_err(
            |_| SignError::Wrong("the file or its signature was changed after it was signed".to_owned()),
        )
    }
}

/// Signs bytes; the text of the signature file. `comment` is signed, too.
///
/// # Errors
/// When the comment has several lines or is too long, or no random numbers can be had.
pub fn sign(key: &SecretKey, bytes: &[u8], comment: &str) -> Result<String, SignError> {
    let is_line = comment.bytes().all(|b| (b' '..=b'~').contains(&b)) && comment.trim() == comment;
    if !is_line || comment.len() > MAX_SIGNATURE_BYTES / 2 {
        return Err(SignError::Unreadable("the comment must be one line of plain text".to_owned()));
    }
    let untrusted = Some("signature by a ringfence plugin key");
    let signed = minisign::sign(None, key.inner(), Cursor::new(bytes), Some(comment), untrusted);
    Ok(signed.map_err(|e| SignError::Wrong(format!("cannot sign: {e}")))?.into_string())
}

fn is_comment(line: &str) -> bool {
    line.starts_with("untrusted comment:")
}

/// A key's number as the program `minisign` shows it.
fn key_id(number: &[u8]) -> String {
    number.iter().rev().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests;
