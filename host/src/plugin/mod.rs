//! Plugins: detectors as WebAssembly components, held so that each can hurt only itself.
//!
//! Owns loading (manifest, interface version and imports are judged before anything is compiled), instances with
//! bounded time, memory and output, and the conversion of findings. Does not own which events reach which plugin,
//! checkpoints in the database or what follows a failure (`engine`).
//!
//! ```text
//! bytes ─ inspect ─ manifest ─ interface ─▶ runtime: compile, link ─▶ Plugin ─▶ Instance ─ process, checkpoint
//!                                             guard: WASI without a way out      store: state, counters
//!                                             v1_0: one adapter per interface version
//! ```

mod ahead;
mod builtins;
mod columns;
mod component;
mod error;
mod guard;
mod inspect;
mod instance;
mod interface;
mod load;
mod manifest;
mod runtime;
mod setup;
mod store;
mod text;
mod trust;
mod v1_0;

use std::sync::Arc;

use model::{Finding, NameTable, SubjectKind};
use sha2::{Digest, Sha256};

use crate::directory::Directory;

pub use builtins::{Builtin, builtins};
pub use columns::{Batch, Column, ColumnSource, ROW_COLUMN, row};
pub use component::Plugin;
pub use error::{Call, Cause, LoadError, PluginError, Problem, RuntimeError};
pub use inspect::{Inspection, MAX_COMPONENT_BYTES};
pub use instance::Instance;
pub use interface::SUPPORTED as SUPPORTED_INTERFACES;
pub use load::{
    FoundFile, check, load_all, load_dir, load_file, no_such_plugin, read_file, read_signature,
    signature_path,
};
pub use manifest::{Also, AlsoKey, Capability, Filter, Manifest, Organisation, Setting, SettingType};
pub use runtime::{Runtime, digest};
pub use store::{MAX_STATE_KEY_BYTES, MAX_STATE_VALUE_BYTES};
pub use trust::{Access, Origin, Signed, admit, changed_under_its_version};

/// What instances use of the host.
#[derive(Clone)]
pub struct Services {
    /// Texts of handles.
    pub names: Arc<NameTable>,
    /// Zones, hours, holidays, own numbers.
    pub directory: Arc<Directory>,
    /// State as of the last committed checkpoint.
    pub state: Arc<dyn StateReader>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Services")
    }
}

/// Reads committed state. Called from within a plugin's call: its time counts.
pub trait StateReader: Send + Sync {
    /// The value last committed; none if there is none.
    ///
    /// # Errors
    /// When it cannot be known whether there is one: the call fails then, since "none" would reset the detector.
    fn get(&self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>, StateError>;

    /// The values of several keys, in their order: one round trip where there is one to save.
    ///
    /// # Errors
    /// As [`StateReader::get`].
    fn get_many(&self, plugin: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        keys.iter().map(|key| self.get(plugin, key)).collect()
    }
}

/// State that cannot be read now.
#[derive(Debug, thiserror::Error)]
#[error("state cannot be read: {0}")]
pub struct StateError(pub String);

/// A key written by a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Which key.
    pub key: String,
    /// Its new value; none if it was deleted.
    pub value: Option<Vec<u8>>,
}

/// What a plugin says of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A finding, new or changed; its revision is 0 until the engine knows it.
    Raise(Box<Finding>),
    /// An earlier finding does not hold.
    Withdraw {
        /// Its id.
        id: String,
    },
}

/// Identity of a finding: the first 128 bits of a SHA-256 over detector, subject and episode key, each with its
/// length before it so that no two combinations give the same bytes.
pub fn finding_id(detector: &str, subject: SubjectKind, subject_id: &str, key: &str) -> String {
    use std::fmt::Write as _;
    let mut hash = Sha256::new();
    for part in [detector, subject.name(), subject_id, key] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut id = String::with_capacity(32);
    for byte in &hash.finalize()[..16] {
        let _ = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_findings_id_depends_on_each_part_and_their_borders() {
        let id = finding_id("mass-dialing", SubjectKind::User, "u1", "burst");
        assert_eq!(id.len(), 32);
        assert_eq!(id, finding_id("mass-dialing", SubjectKind::User, "u1", "burst"));
        assert_ne!(id, finding_id("mass-dialing", SubjectKind::Location, "u1", "burst"));
        assert_ne!(id, finding_id("mass-dialing", SubjectKind::User, "u1b", "urst"));
    }
}
