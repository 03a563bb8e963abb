//! The detectors of a policy.
//!
//! Owns which file is refused: one that cannot be loaded, takes another's id, or does not take its settings. Does not own what a
//! component must be like (`plugin`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::Config;
use crate::plugin::{self, Plugin, Problem, Runtime};
use crate::policy::file::{FileKey, FileKind, PolicyFile};
use crate::policy::{LastGood, PolicyError, Refused};

/// What was made.
#[derive(Default)]
pub(super) struct Made {
    /// Enabled ones by id.
    pub(super) plugins: Vec<Plugin>,
    /// Their files in force.
    pub(super) files: BTreeMap<FileKey, PolicyFile>,
    /// Digests of the built-in ones.
    pub(super) builtins: Vec<String>,
    /// All that were loaded, by digest.
    pub(super) loaded: BTreeMap<String, Plugin>,
    /// What is wrong with the configuration's settings.
    pub(super) settings: Option<String>,
}

/// Loads the built-in detectors and those in `files`.
///
/// # Errors
/// When a built-in one cannot be loaded.
pub(super) fn load(
    runtime: &Runtime,
    files: &BTreeMap<FileKey, PolicyFile>,
    config: &Arc<Config>,
    last: &LastGood,
    refused: &mut Vec<Refused>,
) -> Result<Made, PolicyError> {
    let mut made = Made::default();
    let mut accepted: BTreeMap<String, Plugin> = BTreeMap::new();
    for builtin in plugin::builtins() {
        let plugin = compile(runtime, builtin.name, builtin.bytes, last, &mut made)
            .map_err(|problem| PolicyError::Config(format!("{}: {problem}", builtin.name)))?;
        made.builtins.push(plugin.digest().to_owned());
        if let Err(problem) = plugin::check(&plugin, &accepted, config) {
            made.settings.get_or_insert(format!("plugins.{}: {problem}", plugin.id()));
        }
        accepted.insert(plugin.id().to_owned(), plugin);
    }
    for (key, file) in files.iter().filter(|(key, _)| key.0 == FileKind::Plugin) {
        let old = last.files.get(key).filter(|old| old.digest != file.digest);
        let mut reasons = Vec::new();
        let mut accept = |file: &PolicyFile, made: &mut Made| {
            let loaded = compile(runtime, &file.path, &file.bytes, last, made);
            let checked = loaded.and_then(|plugin| match plugin::check(&plugin, &accepted, config) {
                Ok(()) => Ok(plugin),
                // A plugin that was in force under these settings has changed; otherwise the settings have.
                Err(Problem::Settings(message))
                    if last.files.get(key).is_some_and(|l| l.digest == file.digest) =>
                {
                    made.settings.get_or_insert(format!("plugins.{}: {message}", plugin.id()));
                    Ok(plugin)
                }
                Err(problem) => Err(problem.to_string()),
            });
            match checked {
                Ok(plugin) => {
                    accepted.insert(plugin.id().to_owned(), plugin);
                    made.files.insert(key.clone(), file.clone());
                    true
                }
                Err(reason) => {
                    reasons.push(reason);
                    false
                }
            }
        };
        if accept(file, &mut made) {
            continue;
        }
        let kept = old.is_some_and(|old| accept(old, &mut made));
        let reason = reasons.swap_remove(0);
        refused.push(Refused {
            file: file.path.clone(),
            kind: FileKind::Plugin,
            excerpt: format!("error: {}: {reason}\n", file.path),
            reason,
            kept,
        });
    }
    if made.settings.is_none() {
        made.settings = settings_without_plugin(&accepted, refused, config);
    }
    let enabled = |plugin: &Plugin| config.plugins.get(plugin.id()).is_none_or(|c| c.enabled);
    made.plugins = accepted.into_values().filter(enabled).collect();
    Ok(made)
}

/// Compiled before, or now.
fn compile(
    runtime: &Runtime,
    name: &str,
    bytes: &[u8],
    last: &LastGood,
    made: &mut Made,
) -> Result<Plugin, String> {
    let digest = plugin::digest(bytes);
    let known = last.plugins.get(&digest).filter(|known| known.file() == name);
    let plugin = match known {
        Some(known) => known.clone(),
        None => runtime.load(name, bytes).map_err(|e| e.problem.to_string())?,
    };
    made.loaded.insert(digest, plugin.clone());
    Ok(plugin)
}

/// Settings for a plugin that is not there are a typing mistake or a missing file; not if its file was just refused.
fn settings_without_plugin(
    plugins: &BTreeMap<String, Plugin>,
    refused: &[Refused],
    config: &Config,
) -> Option<String> {
    if refused.iter().any(|r| r.kind == FileKind::Plugin) {
        return None;
    }
    let id = config.plugins.keys().find(|id| !plugins.contains_key(*id))?;
    Some(plugin::no_such_plugin(id, plugins.keys()))
}
