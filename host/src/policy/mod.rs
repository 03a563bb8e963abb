//! The policy: configuration, rules, functions and plugins as one thing that changes as a whole.
//!
//! Owns what is in force, how it comes about from files, its generations, and changing it while the service runs. Does not own
//! rules (`rules`), plugins (`plugin`), evaluation (`engine`) or the tables (`store`).
//!
//! ```text
//! files ─ walk ─ gather ─▶ build ─▶ Policy ─▶ keeper ─▶ engine (between two checkpoints)
//!          watch              ▲                  │
//!                             └── last good ─────┴─▶ store: generations, report, answers
//! ```
//!
//! One bad file is refused by name and the rest loads; what was last good of the file stays in force. Why a generation is
//! stored before the engine changes to it is said in docs/adr/0015.

mod build;
mod content;
mod diff;
mod file;
mod gather;
pub mod keeper;
pub mod shipped;
mod step;
pub mod stored;
mod walk;
pub mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rules::{Diagnostic, RuleSet};
use serde::Serialize;

use crate::config::Config;
use crate::plugin::{Plugin, Runtime};
use crate::store::StoredForms;

pub use content::{Content, PluginEntry, RuleEntry};
pub use diff::{Change, Diff, Window};
pub use file::{FileKey, FileKind, PolicyFile};
pub use gather::{DEFAULT_CONFIG, Gathered, Places, Sources};
pub use keeper::{Keeper, Setup};
pub use step::Step;

/// Everything that decides what is found, at one generation. Immutable.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its number; 0 until it is stored.
    pub generation: u64,
    /// The configuration.
    pub config: Arc<Config>,
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// The detectors that are enabled.
    pub plugins: Vec<Plugin>,
    /// The files in force, by kind and path; of a refused one what was last good.
    pub files: Vec<PolicyFile>,
    /// What is wrong with rules, also of refused files.
    pub diagnostics: Vec<Diagnostic>,
    /// Files that were refused.
    pub refused: Vec<Refused>,
    /// Digest of everything in force.
    pub digest: String,
    /// Digest of the files as they lay there.
    pub disk_digest: String,
    /// Rules and plugins by name.
    pub content: Content,
    /// Which files versions of plugins were that are or were in force.
    pub known: KnownVersions,
    loaded: BTreeMap<String, Plugin>,
}

/// Digests of the files that ran as a version of a plugin, by its id and version.
pub type KnownVersions = BTreeMap<(String, String), BTreeSet<String>>;

/// A file that was refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refused {
    /// Its name.
    pub file: String,
    /// What it is for.
    pub kind: FileKind,
    /// Place, what is wrong and the remedy, in one line.
    pub reason: String,
    /// What was last good of it stays in force; otherwise nothing of it is.
    pub kept: bool,
    /// For people: all that is wrong with it, with the source lines.
    #[serde(skip)]
    pub excerpt: String,
}

/// What was in force before: what stays of a file that is refused now.
#[derive(Clone, Debug, Default)]
pub struct LastGood {
    /// Files by kind and path.
    pub files: BTreeMap<FileKey, PolicyFile>,
    /// The configuration.
    pub config: Option<Arc<Config>>,
    /// Plugins by digest, so that they need not be compiled again.
    pub plugins: BTreeMap<String, Plugin>,
    /// Rules and plugins by name.
    pub content: Content,
    /// Forms of the plugins' stored state, by id: a version that reads none of them is refused.
    pub state: BTreeMap<String, StoredForms>,
    /// Which files versions of plugins were that ran before.
    pub known: KnownVersions,
}

/// A policy that cannot be made at all.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The configuration is wrong and there is none from before.
    #[error("{0}")]
    Config(String),
    /// Plugins cannot be run on this machine.
    #[error(transparent)]
    Runtime(#[from] crate::plugin::RuntimeError),
}

/// Reads and compiles everything.
///
/// # Errors
/// When the configuration is wrong and there was none before.
pub fn load(sources: &Sources, runtime: &Runtime, last: &LastGood) -> Result<Policy, PolicyError> {
    load_gathered(sources, sources.gather(last.config.as_deref()), runtime, last)
}

/// The same of what was read already.
fn load_gathered(
    sources: &Sources,
    gathered: Gathered,
    runtime: &Runtime,
    last: &LastGood,
) -> Result<Policy, PolicyError> {
    let read = gathered.places.clone();
    let policy = build::build(gathered, runtime, last)?;
    let places = Places::of(&policy.config);
    if places == read {
        return Ok(policy);
    }
    // The configuration was refused after what it names had been read: that of the one in force counts.
    build::build(sources.gather_by(last.config.as_deref(), Some(&places)), runtime, last)
}

/// The policy of a configuration that came from no file: with the shipped rules and the built-in plugins.
///
/// # Errors
/// As [`load`].
pub fn of(config: Config, runtime: &Runtime) -> Result<Policy, PolicyError> {
    let gathered = Gathered::of(config);
    build::build(gathered, runtime, &LastGood::default())
}

/// The rules of the files here under a configuration, with nothing from before; and what was refused.
pub fn rules_of(sources: &Sources, config: &Config) -> (Arc<RuleSet>, Vec<Refused>) {
    build::rules(sources.gather_under(config), config)
}

impl Policy {
    /// What stays if the next look finds something wrong.
    pub fn last_good(&self) -> LastGood {
        LastGood {
            files: self.files.iter().map(|f| (f.key(), f.clone())).collect(),
            config: Some(self.config.clone()),
            plugins: self.loaded.clone(),
            content: self.content.clone(),
            state: BTreeMap::new(),
            known: self.known.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
