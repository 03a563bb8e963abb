//! Finding plugins: the built-in ones and those in a folder.
//!
//! Owns reading files, the rule that ids are unique, and checking the operator's settings early. One bad file is
//! reported by name and the rest load.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use model::fields::edit_distance;

use super::builtins::Builtin;
use super::component::Plugin;
use super::error::{LoadError, Problem};
use super::inspect::MAX_COMPONENT_BYTES;
use super::runtime::Runtime;
use super::trust::{self, Origin, Signed, admit};
use crate::config::{Config, TrustConfig};

/// Most plugins in a folder.
const MAX_FILES: usize = 1_000;

/// A file of a plugin folder, and what became of it.
#[derive(Debug)]
pub struct FoundFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Whose signature it has; none if it is wrong, or not the one that is required.
    pub signed: Option<Signed>,
    /// The plugin.
    pub loaded: Result<Plugin, LoadError>,
}

/// Loads every `*.wasm` file of a folder, in the order of their names, if its signature is as the operator wants it.
///
/// # Errors
/// When the folder itself cannot be read; a file that cannot be loaded is an entry with its error.
pub fn load_dir(runtime: &Runtime, dir: &Path, trust: &TrustConfig) -> Result<Vec<FoundFile>, LoadError> {
    let failed = |e: std::io::Error| unreadable(dir, &format!("the folder cannot be listed ({e})"));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|e| e == "wasm") {
            files.push(path);
        }
        if files.len() > MAX_FILES {
            return Err(unreadable(dir, &format!("the folder has more than {MAX_FILES} plugins")));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|path| found(runtime, path, trust)).collect())
}

fn found(runtime: &Runtime, path: PathBuf, trust: &TrustConfig) -> FoundFile {
    let refused =
        |problem| LoadError { file: path.display().to_string(), plugin: None, problem: Box::new(problem) };
    let read = read_file(&path).and_then(|bytes| {
        let signature = read_signature(&path)?;
        let signed = admit(&bytes, signature.as_deref(), trust).map_err(refused)?;
        Ok((bytes, signed))
    });
    match read {
        Err(error) => FoundFile { path, signed: None, loaded: Err(error) },
        Ok((bytes, signed)) => {
            let loaded = runtime.load(&path.display().to_string(), &bytes);
            FoundFile { path, signed: Some(signed), loaded }
        }
    }
}

/// Where the signature of a component lies: beside it, under its whole name and `.minisig`.
pub fn signature_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(bundle::SIGNATURE_ENDING);
    PathBuf::from(name)
}

/// Reads the signature beside a component, if there is one; of a long one only that it is too long.
///
/// # Errors
/// When it is there and cannot be read.
pub fn read_signature(path: &Path) -> Result<Option<Vec<u8>>, LoadError> {
    let path = signature_path(path);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(unreadable(&path, &e.to_string())),
    };
    let mut bytes = Vec::new();
    let limit = bundle::MAX_SIGNATURE_BYTES as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|e| unreadable(&path, &e.to_string()))?;
    Ok(Some(bytes))
}

/// Loads one file.
///
/// # Errors
/// Names the file, what is wrong and the remedy.
pub fn load_file(runtime: &Runtime, path: &Path) -> Result<Plugin, LoadError> {
    let bytes = read_file(path)?;
    runtime.load(&path.display().to_string(), &bytes)
}

/// Reads a component file, at most the largest size allowed and one byte.
///
/// # Errors
/// When it cannot be read.
pub fn read_file(path: &Path) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::new();
    let limit = MAX_COMPONENT_BYTES as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|e| unreadable(path, &e.to_string()))?;
    Ok(bytes)
}

fn unreadable(path: &Path, message: &str) -> LoadError {
    LoadError {
        file: path.display().to_string(),
        plugin: None,
        problem: Box::new(Problem::Unreadable(message.to_owned())),
    }
}

/// Loads the built-in plugins and those of a folder, leaving out what the configuration disables. What is wrong
/// with one keeps the others from nothing.
pub fn load_all(
    runtime: &Runtime,
    builtins: &[Builtin],
    dir: Option<&Path>,
    config: &Config,
) -> (Vec<Plugin>, Vec<LoadError>) {
    let mut errors = Vec::new();
    let mut candidates: Vec<(Plugin, Origin)> = Vec::new();
    for builtin in builtins {
        match runtime.load(builtin.name, builtin.bytes) {
            Ok(plugin) => candidates.push((plugin, Origin::Builtin)),
            Err(e) => errors.push(e),
        }
    }
    match dir.map(|dir| load_dir(runtime, dir, &config.trust)).transpose() {
        Err(e) => errors.push(e),
        Ok(files) => {
            for file in files.into_iter().flatten() {
                match file.loaded {
                    Ok(plugin) => candidates.push((plugin, Origin::File)),
                    Err(e) => errors.push(e),
                }
            }
        }
    }
    let mut plugins: BTreeMap<String, Plugin> = BTreeMap::new();
    for (plugin, origin) in candidates {
        match check(&plugin, origin, &plugins, config) {
            Ok(()) => drop(plugins.insert(plugin.id().to_owned(), plugin)),
            Err(problem) => {
                let label = (plugin.id().to_owned(), plugin.manifest().version.clone());
                errors.push(LoadError {
                    file: plugin.file().to_owned(),
                    plugin: Some(label),
                    problem: Box::new(problem),
                });
            }
        }
    }
    errors.extend(settings_without_plugin(&plugins, &errors, config));
    let enabled = |p: &Plugin| config.plugins.get(p.id()).is_none_or(|c| c.enabled);
    (plugins.into_values().filter(enabled).collect(), errors)
}

/// Whether a plugin's id is free, the operator lets it run, and his settings fit it.
///
/// # Errors
/// What is in the way.
pub fn check(
    plugin: &Plugin,
    origin: Origin,
    others: &BTreeMap<String, Plugin>,
    config: &Config,
) -> Result<(), Problem> {
    if let Some(other) = others.get(plugin.id()) {
        let message = format!(
            "its id is that of {}, which was loaded before: give it another id in plugin.toml",
            other.file()
        );
        return Err(Problem::Conflict(message));
    }
    let settings = config.plugins.get(plugin.id());
    // What is off needs no leave.
    if settings.is_none_or(|s| s.enabled) {
        trust::judge(plugin, origin, settings)?;
    }
    let Some(settings) = settings else {
        return plugin.settings(&serde_json::Value::Null).map(drop).map_err(Problem::Settings);
    };
    let complete = plugin.settings(&settings.config).and_then(|_| plugin.variants(settings));
    complete.map(drop).map_err(Problem::Settings)
}

/// Settings for a plugin that does not exist are a typing mistake or a missing file: silence would hide either.
fn settings_without_plugin(
    plugins: &BTreeMap<String, Plugin>,
    errors: &[LoadError],
    config: &Config,
) -> Vec<LoadError> {
    let failed = |id: &str| errors.iter().any(|e| e.plugin.as_ref().is_some_and(|(p, _)| p == id));
    let wants_it = |id: &&String| config.plugins.get(*id).is_some_and(|settings| !settings.is_leave_only());
    let missing =
        config.plugins.keys().filter(wants_it).filter(|id| !plugins.contains_key(*id) && !failed(id));
    missing
        .map(|id| LoadError {
            file: "configuration".to_owned(),
            plugin: None,
            problem: Box::new(Problem::Conflict(no_such_plugin(id, plugins.keys()))),
        })
        .collect()
}

/// What is told of settings for a plugin that is not among the known ones.
pub fn no_such_plugin<'a>(id: &str, known: impl Iterator<Item = &'a String>) -> String {
    let near = known.map(|p| (edit_distance(id, p), p)).min();
    let hint = match near {
        Some((distance, near)) if distance <= 1 + near.len() / 3 => format!("did you mean {near}?"),
        _ => "remove them, or name its folder with --plugins".to_owned(),
    };
    format!("settings for '{}', but there is no such plugin: {hint}", super::text::escaped(id, 80))
}
