//! What the configuration says about a plugin.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::rules::{Exception, Override};
use crate::plugin::Capability;

/// Settings of one plugin.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PluginConfig {
    /// Whether it runs.
    pub enabled: bool,
    /// Handed to the plugin, which checks it.
    pub config: serde_json::Value,
    /// Settings that differ for some: the first that matches a record's owner applies, on top of `config`.
    pub overrides: Vec<Override>,
    /// Records it never sees.
    pub exceptions: Vec<Exception>,
    /// What it may import of what its manifest asks for. Nothing, unless it is said here; built-in ones need no grant.
    pub grant: BTreeSet<Capability>,
    /// The digest its file must have; not set, any.
    pub digest: Option<String>,
    /// What it may use.
    pub limits: Limits,
}

impl Default for PluginConfig {
    fn default() -> Self {
        PluginConfig {
            enabled: true,
            config: serde_json::Value::Object(serde_json::Map::new()),
            overrides: Vec::new(),
            exceptions: Vec::new(),
            grant: BTreeSet::new(),
            digest: None,
            limits: Limits::default(),
        }
    }
}

impl PluginConfig {
    /// Whether it says no more than that the plugin may run, which is in order also while it is not there: before it is installed and
    /// after it was removed.
    pub(crate) fn is_leave_only(&self) -> bool {
        let (grant, digest) = (self.grant.clone(), self.digest.clone());
        *self == PluginConfig { grant, digest, ..PluginConfig::default() }
    }

    /// Whether a pinned digest is one.
    pub(super) fn check_digest(&self) -> Result<(), String> {
        match &self.digest {
            Some(digest) if !bundle::is_digest(digest) => Err(format!(
                "digest: '{}' is none: write sha256: and 64 hexadecimal digits, as 'plugin inspect' shows it",
                digest.escape_debug()
            )),
            _ => Ok(()),
        }
    }
}

/// What one instance of a plugin may use.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest time of one call in milliseconds. A batch of 512 rows takes a good detector a tenth of a millisecond.
    pub call_ms: u64,
    /// Most memory of one instance in MiB. Python needs 32, JavaScript 128. The plugin is told, and one written with
    /// the SDK forgets the stored state of those not seen for longest when half of it is full: a built-in detector
    /// remembers a user in 150 to 450 bytes, so the default holds 300,000 to 800,000 per worker.
    pub memory_mib: usize,
    /// Most findings of one call, withdrawals included.
    pub findings_per_call: usize,
    /// Most bytes of one call's findings. 512 rows cannot say more that anybody would read.
    pub output_bytes: usize,
    /// Most log lines of one call; further ones are counted only.
    pub log_lines_per_call: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            call_ms: 2_000,
            memory_mib: 256,
            findings_per_call: 2_048,
            output_bytes: 8 << 20,
            log_lines_per_call: 100,
        }
    }
}
