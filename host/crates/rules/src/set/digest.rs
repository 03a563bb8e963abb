//! Digests of meanings.
//!
//! Owns the form in which a finding names its rule, and in which state names the meaning it was made under.

use sha2::{Digest, Sha256};

/// `sha256:` and 64 hexadecimal digits.
pub(super) fn whole(parts: &[&str]) -> String {
    format!("sha256:{}", hex(parts, 32))
}

/// 16 hexadecimal digits: the beginning of a plan's state keys.
pub(super) fn short(parts: &[&str]) -> String {
    hex(parts, 8)
}

fn hex(parts: &[&str], bytes: usize) -> String {
    use std::fmt::Write as _;
    let mut hash = Sha256::new();
    for part in parts {
        // With its length, so that no two lists of parts give the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut out = String::new();
    for byte in &hash.finalize()[..bytes] {
        let _ = write!(out, "{byte:02x}");
    }
    out
}
