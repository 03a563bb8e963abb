//! What an instance is told before anything else, the same for every version of the interface.
//!
//! Owns the form in which adapters get it. Does not own completing and checking settings (`manifest::settings`).

use crate::config::Limits;

/// What `configure` says, but for the columns, which the manifest has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setup {
    /// One JSON object with every setting.
    pub(super) settings: String,
    /// One such object for each override.
    pub(super) variants: Vec<String>,
    /// Bytes of memory that the instance may have.
    pub(super) memory_bytes: u64,
}

impl Setup {
    pub(super) fn new(settings: String, variants: Vec<String>, limits: &Limits) -> Setup {
        let memory_bytes = (limits.memory_mib as u64).saturating_mul(1 << 20);
        Setup { settings, variants, memory_bytes }
    }
}
