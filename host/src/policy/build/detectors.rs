//! The detectors of a policy.
//!
//! Owns which file is refused: one that cannot be loaded, takes another's id, does not start or take its settings, or does not read
//! what is stored of it. Does not own what a component must be like (`plugin`) or what becomes of its state (`store`).

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Config, PluginConfig};
use crate::directory::Directory;
use crate::engine::fit::form_of;
use crate::engine::memory::MemoryState;
use crate::plugin::{self, Origin, Plugin, Problem, Runtime, Services};
use crate::policy::file::{FileKey, FileKind, PolicyFile};
use crate::policy::{KnownVersions, LastGood, PolicyError, Refused};

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
    let trial = Trial { config, last, services: OnceCell::new() };
    let mut accepted: BTreeMap<String, Plugin> = BTreeMap::new();
    for builtin in plugin::builtins() {
        let plugin = compile(runtime, builtin.name, builtin.bytes, last, &mut made)
            .map_err(|problem| PolicyError::Config(format!("{}: {problem}", builtin.name)))?;
        made.builtins.push(plugin.digest().to_owned());
        let fits =
            plugin::check(&plugin, Origin::Builtin, &accepted, config).map_err(|problem| problem.to_string());
        // With its defaults it was tried when the program was built.
        let is_set = config.plugins.contains_key(plugin.id());
        let tried = fits.and_then(|()| if is_set { trial.instance(&plugin) } else { Ok(()) });
        if let Err(problem) = tried {
            made.settings.get_or_insert(format!("plugins.{}: {problem}", plugin.id()));
        }
        accepted.insert(plugin.id().to_owned(), plugin);
    }
    for (key, file) in files.iter().filter(|(key, _)| key.0 == FileKind::Plugin) {
        let signature_key = (FileKind::Signature, format!("{}{}", key.1, bundle::SIGNATURE_ENDING));
        let signature = files.get(&signature_key);
        let old_signature = last.files.get(&signature_key);
        let same =
            |a: Option<&PolicyFile>, b: Option<&PolicyFile>| a.map(|f| f.digest) == b.map(|f| f.digest);
        let old =
            last.files.get(key).filter(|old| old.digest != file.digest || !same(signature, old_signature));
        let mut reasons = Vec::new();
        let mut accept = |file: &PolicyFile, signature: Option<&PolicyFile>, made: &mut Made| {
            // A plugin that was in force under these settings has changed; otherwise the settings have.
            let is_known = last.files.get(key).is_some_and(|l| l.digest == file.digest);
            // Before anything of it is compiled.
            let admitted = plugin::admit(&file.bytes, signature.map(|s| &*s.bytes), &config.trust);
            let loaded = admitted
                .map_err(|problem| problem.to_string())
                .and_then(|_| compile(runtime, &file.path, &file.bytes, last, made));
            let checked = loaded.and_then(|plugin| {
                let checked = plugin::check(&plugin, Origin::File, &accepted, config)
                    .and_then(|()| same_version(&plugin, config, last));
                let fits = match checked {
                    Err(Problem::Settings(message)) => Err(message),
                    Err(problem) => return Err(problem.to_string()),
                    Ok(()) => Ok(()),
                };
                trial.state(&plugin)?;
                match fits.and_then(|()| trial.instance(&plugin)) {
                    Err(message) if is_known => {
                        made.settings.get_or_insert(format!("plugins.{}: {message}", plugin.id()));
                    }
                    Err(message) => return Err(message),
                    Ok(()) => {}
                }
                Ok(plugin)
            });
            match checked {
                Ok(plugin) => {
                    accepted.insert(plugin.id().to_owned(), plugin);
                    made.files.insert(key.clone(), file.clone());
                    made.files.extend(signature.map(|s| (s.key(), s.clone())));
                    true
                }
                Err(reason) => {
                    reasons.push(reason);
                    false
                }
            }
        };
        if accept(file, signature, &mut made) {
            continue;
        }
        let kept = old.is_some_and(|old| accept(old, old_signature, &mut made));
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

/// Whether a version that ran before is the file that it was, unless the operator has pinned the new one.
fn same_version(plugin: &Plugin, config: &Config, last: &LastGood) -> Result<(), Problem> {
    let pinned = config.plugins.get(plugin.id()).is_some_and(|s| s.digest.is_some());
    match last.known.get(&version_of(plugin)) {
        Some(known) if !pinned && !known.contains(plugin.digest()) => {
            Err(plugin::changed_under_its_version(plugin, known))
        }
        _ => Ok(()),
    }
}

fn version_of(plugin: &Plugin) -> (String, String) {
    (plugin.id().to_owned(), plugin.manifest().version.clone())
}

/// The versions that ran before and those that will; what is built in changes with the program.
pub(super) fn known_with(last: &LastGood, plugins: &[Plugin]) -> KnownVersions {
    let mut known = last.known.clone();
    let builtin = |plugin: &&Plugin| plugin::builtins().iter().any(|b| b.name == plugin.id());
    for plugin in plugins.iter().filter(|plugin| !builtin(plugin)) {
        known.entry(version_of(plugin)).or_default().insert(plugin.digest().to_owned());
    }
    known
}

/// Whether a plugin would work if it were in force.
struct Trial<'a> {
    config: &'a Config,
    last: &'a LastGood,
    services: OnceCell<Services>,
}

impl Trial<'_> {
    /// Whether it reads what is stored of it, or of an earlier version.
    fn state(&self, plugin: &Plugin) -> Result<(), String> {
        let reads = form_of(plugin).reads;
        let Some(stored) = self.last.state.get(plugin.id()).filter(|stored| !stored.fits(&reads)) else {
            return Ok(());
        };
        Err(format!(
            "it reads state in form {}, and what is stored of {} is in form {}: use a version whose manifest says that it reads it \
             (state_schema, reads_state), or have it begin anew with 'ringfence state reset {} --rewind'",
            list(&reads),
            plugin.id(),
            list(&stored.now),
            plugin.id()
        ))
    }

    /// Starts it once, with nothing to see, unless it was in force with these settings.
    fn instance(&self, plugin: &Plugin) -> Result<(), String> {
        let settings = self.config.plugins.get(plugin.id());
        let before = self.last.config.as_ref().map(|config| config.plugins.get(plugin.id()));
        if before == Some(settings) && self.last.plugins.contains_key(plugin.digest()) {
            return Ok(());
        }
        let services = self.services.get_or_init(|| Services {
            names: Arc::default(),
            directory: Arc::new(Directory::from_config(self.config)),
            state: Arc::new(MemoryState::default()),
        });
        let settings = settings.cloned().unwrap_or_default();
        plugin.instantiate(services, &settings, 0).map(drop).map_err(|error| error.to_string())
    }
}

fn list(forms: &[u32]) -> String {
    let forms: Vec<String> = forms.iter().map(u32::to_string).collect();
    forms.join(", ")
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
    let missing =
        |(id, settings): &(&String, &PluginConfig)| !plugins.contains_key(*id) && !settings.is_leave_only();
    let (id, _) = config.plugins.iter().find(missing)?;
    Some(plugin::no_such_plugin(id, plugins.keys()))
}
