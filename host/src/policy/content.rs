//! What is in a policy by name, as it is stored with each generation.
//!
//! Owns the form. Does not own comparing two of them (`diff`).

use std::collections::BTreeMap;

use rules::RuleSet;
use rules::set::State;
use serde::{Deserialize, Serialize};

use crate::plugin::Plugin;

/// Rules and plugins in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Content {
    /// Version of the program that made it.
    pub version: String,
    /// Rules by name.
    pub rules: BTreeMap<String, RuleEntry>,
    /// Enabled plugins by id.
    pub plugins: BTreeMap<String, PluginEntry>,
}

/// A rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleEntry {
    /// Its file.
    pub file: String,
    /// `active`, `shadow`, `part` (of a correlation only) or `inactive`.
    pub state: String,
    /// Why it does not run.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Digest of all that shows in its findings; empty if it has none of its own.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// What its windows depend on: the beginning of their keys; empty if it has none of its own.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub window: String,
}

/// A plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PluginEntry {
    /// Its version.
    pub version: String,
    /// Digest of the component.
    pub digest: String,
    /// Where it came from.
    pub file: String,
}

impl Content {
    /// Of a set of rules and plugins.
    pub fn of(set: &RuleSet, plugins: &[Plugin]) -> Content {
        let windows: BTreeMap<&str, &str> =
            set.plans().iter().map(|p| (p.name.as_str(), p.state_digest.as_str())).collect();
        let rule = |listed: &rules::set::Listed| {
            let (state, why) = match &listed.state {
                State::Active => ("active", ""),
                State::Shadow => ("shadow", ""),
                State::Part => ("part", ""),
                State::Inactive(why) => ("inactive", why.as_str()),
            };
            let entry = RuleEntry {
                file: listed.document.meta().file.clone(),
                state: state.to_owned(),
                why: why.to_owned(),
                digest: listed.digest.clone(),
                window: windows.get(listed.name.as_str()).copied().unwrap_or_default().to_owned(),
            };
            (listed.name.clone(), entry)
        };
        let plugin = |plugin: &Plugin| {
            let entry = PluginEntry {
                version: plugin.manifest().version.clone(),
                digest: plugin.digest().to_owned(),
                file: plugin.file().to_owned(),
            };
            (plugin.id().to_owned(), entry)
        };
        Content {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rules: set.listed().iter().map(rule).collect(),
            plugins: plugins.iter().map(plugin).collect(),
        }
    }

    /// How many rules run.
    pub fn running(&self) -> usize {
        self.rules.values().filter(|r| r.state == "active" || r.state == "shadow").count()
    }

    /// Windows that the other one has and this one has not: nobody can go on with them.
    pub fn gone_since(&self, before: &Content) -> Vec<String> {
        let still: std::collections::BTreeSet<&str> =
            self.rules.values().map(|r| r.window.as_str()).collect();
        let gone =
            before.rules.values().map(|r| r.window.as_str()).filter(|w| !w.is_empty() && !still.contains(w));
        let gone: std::collections::BTreeSet<&str> = gone.collect();
        gone.into_iter().map(str::to_owned).collect()
    }
}
