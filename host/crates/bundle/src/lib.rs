//! A plugin as a thing that is handed over: one file with its manifest in it, a signature beside it, an artifact in a registry.
//!
//! Owns the forms (section, minisign signature, OCI artifact) and their checks. Nothing of a plugin is compiled or run in here,
//! and everything that is read has a bound first. Does not own what a manifest means or whom an operator trusts (the host).
//!
//! ```text
//! component + plugin.toml ─ pack ─▶ NAME.wasm ─ sign ─▶ NAME.wasm.minisig ─ oci ─▶ registry ─ oci ─▶ both files again
//! ```

pub mod oci;
pub mod pack;
pub mod sign;

use sha2::{Digest, Sha256};

pub use pack::{MANIFEST_SECTION, MAX_COMPONENT_BYTES, MAX_MANIFEST_BYTES};
pub use sign::{MAX_SIGNATURE_BYTES, SIGNATURE_ENDING};

/// `sha256:` and the hexadecimal digest: how a component, and a blob of a registry, is named.
pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether a text is a digest as [`digest`] writes it.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
    })
}

/// Text of unknown origin as part of a message: one line, without control characters, at most `limit` bytes and an ellipsis.
pub(crate) fn escaped(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let hidden = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if out.len() >= limit {
            out.push('…');
            break;
        }
        if hidden { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_written_and_known_again() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest(b""), empty);
        assert!(is_digest(empty));
        for no in ["", "sha256:", "sha512:00", &empty[..70], &empty.to_uppercase(), &format!("{empty}0")] {
            assert!(!is_digest(no), "{no}");
        }
    }

    #[test]
    fn hostile_text_is_one_harmless_line() {
        assert_eq!(escaped("a\n\u{202e}\u{1b}ñ", 80), "a\\n\\u{202e}\\u{1b}ñ");
        assert_eq!(escaped(&"x".repeat(100), 10), format!("{}…", "x".repeat(10)));
    }
}
