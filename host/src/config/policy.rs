//! Where rules come from and which of them run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// Folder beside the configuration file that is read when none is named.
pub(crate) const DEFAULT_FOLDER: &str = "rules";

/// Most folders; each is watched with all that is in it.
const MAX_FOLDERS: usize = 64;
/// Most names that can be disabled: more is better said by `shipped: false`.
const MAX_DISABLED: usize = 10_000;
/// Most placeholders, and most values of all of them: every value becomes a pattern to compare with.
const MAX_PLACEHOLDERS: usize = 1_000;
const MAX_VALUES: usize = 100_000;

/// The section `rules`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RulesConfig {
    /// Folders with rules, relative to the configuration file; without this key, `rules` beside it if that exists.
    pub folders: Option<Vec<PathBuf>>,
    /// Whether the rules that ship with the program run.
    pub shipped: bool,
    /// Names or ids of rules that must not run.
    pub disable: Vec<String>,
    /// Values for `|expand` by the placeholder's name. A rule whose placeholder has none does not run.
    pub placeholders: BTreeMap<String, Vec<String>>,
}

impl Default for RulesConfig {
    fn default() -> Self {
        RulesConfig { folders: None, shipped: true, disable: Vec::new(), placeholders: BTreeMap::new() }
    }
}

impl RulesConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        let folders = self.folders.as_deref().unwrap_or_default();
        if folders.len() > MAX_FOLDERS {
            return Err(format!("folders: at most {MAX_FOLDERS}; put some below one folder"));
        }
        if folders.iter().any(|f| f.as_os_str().is_empty()) {
            return Err("folders: a folder has no name; '.' is the one of the configuration".to_owned());
        }
        if self.disable.len() > MAX_DISABLED {
            return Err(format!("disable: at most {MAX_DISABLED} names"));
        }
        if self.placeholders.len() > MAX_PLACEHOLDERS
            || self.placeholders.values().map(Vec::len).sum::<usize>() > MAX_VALUES
        {
            return Err(format!("placeholders: at most {MAX_PLACEHOLDERS} with {MAX_VALUES} values"));
        }
        if let Some(name) = self.placeholders.keys().find(|n| n.is_empty() || n.contains('%')) {
            return Err(format!(
                "placeholders: '{}' cannot be a name: leave the percent signs out",
                name.escape_debug()
            ));
        }
        Ok(())
    }
}
