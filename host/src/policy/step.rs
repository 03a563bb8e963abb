//! What going over from one policy to another takes of an engine.
//!
//! Owns which differences can be put in place while it works. Does not own doing it (`engine::service`).

use super::diff;
use super::{FileKind, Policy, PolicyFile};
use crate::engine::fit::form_of;
use crate::plugin::Plugin;
use crate::store::StateForm;

/// From one policy to the next.
#[derive(Debug, Default)]
pub struct Step {
    /// More differs than rules and plugins: the engine starts anew.
    pub restart: bool,
    /// The rules are others.
    pub rules: bool,
    /// Plugins that both have, of another digest or with other settings.
    pub changed: Vec<Plugin>,
    /// Plugins that only the new one has.
    pub added: Vec<Plugin>,
}

impl Policy {
    /// What going over to it takes.
    pub fn step_from(&self, before: &Policy) -> Step {
        let keys = diff::config_keys(&before.files, &self.files);
        let mut step = Step {
            restart: keys.len() >= diff::MAX_KEYS || !keys.iter().all(|key| is_in_place(key)),
            rules: self.config.rules != before.config.rules
                || !files(self, FileKind::is_rules).eq(files(before, FileKind::is_rules)),
            ..Step::default()
        };
        for plugin in &self.plugins {
            let id = plugin.id();
            match before.plugins.iter().find(|old| old.id() == id) {
                None => step.added.push(plugin.clone()),
                Some(old)
                    if old.digest() != plugin.digest()
                        || before.config.plugins.get(id) != self.config.plugins.get(id) =>
                {
                    step.changed.push(plugin.clone());
                }
                Some(_) => {}
            }
        }
        step
    }
}

impl Step {
    /// The versions of plugins that take over from others.
    pub fn forms(&self) -> Vec<StateForm> {
        self.changed.iter().chain(&self.added).map(form_of).collect()
    }
}

/// Whether a change of this key of the configuration concerns rules or single plugins only, or where they come from.
fn is_in_place(key: &str) -> bool {
    matches!(key.split('.').next(), Some("rules" | "plugins" | "plugin_folder" | "trust"))
}

fn files(policy: &Policy, kind: impl Fn(FileKind) -> bool) -> impl Iterator<Item = &PolicyFile> {
    policy.files.iter().filter(move |file| kind(file.kind))
}
