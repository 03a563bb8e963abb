//! Makes a policy of files: what is wrong is refused by name, what was last good of it stays.
//!
//! Owns which file is to blame. Does not own reading files (`gather`), parsing rules (`rules`) or loading components (`plugin`).

mod detectors;
mod ruleset;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::content::Content;
use super::file::{FileKey, FileKind, PolicyFile, digest_of};
use super::gather::Gathered;
use super::{LastGood, Policy, PolicyError, Refused};
use crate::config::Config;
use crate::plugin::Runtime;
use rules::RuleSet;

/// Compiles what was gathered.
///
/// # Errors
/// When the configuration is wrong and there was none before.
pub(super) fn build(
    mut gathered: Gathered,
    runtime: &Runtime,
    last: &LastGood,
) -> Result<Policy, PolicyError> {
    let mut refused = Vec::new();
    let mut files: BTreeMap<FileKey, PolicyFile> = BTreeMap::new();
    let problems = std::mem::take(&mut gathered.problems);
    for file in gathered.files.iter().filter(|f| !f.kind.is_config()) {
        if is_emptied(file, last) {
            refused.push(keep_last(file.kind, &file.path, EMPTIED.to_owned(), last, &mut files));
        } else {
            files.insert(file.key(), file.clone());
        }
    }
    for (kind, name, reason) in problems {
        refused.push(keep_last(kind, &name, reason, last, &mut files));
    }
    let mut config_files: Vec<PolicyFile> =
        gathered.files.iter().filter(|f| f.kind.is_config()).cloned().collect();
    let mut config = choose_config(&mut gathered, &mut config_files, last, &mut refused)?;

    let mut made = detectors::load(runtime, &files, &config, last, &mut refused)?;
    if let Some(reason) = made.settings.take() {
        // A typing mistake in the settings of a plugin must not stop it, nor go unseen.
        match &last.config {
            Some(old) if config_files != last_config(last) => {
                let name =
                    config_files.first().map_or_else(|| "configuration".to_owned(), |f| f.path.clone());
                refused.push(refused_config(name, reason));
                config_files = last_config(last);
                config = old.clone();
                made = detectors::load(runtime, &files, &config, last, &mut Vec::new())?;
            }
            Some(_) => {
                refused.push(Refused { kept: true, ..refused_config("configuration".to_owned(), reason) })
            }
            None => return Err(PolicyError::Config(reason)),
        }
    }
    files.retain(|key, _| key.0.is_rules());
    files.extend(made.files);
    let (rules, diagnostics) = ruleset::load(&mut files, &config, last, &mut refused);

    let mut files: Vec<PolicyFile> = config_files.into_iter().chain(files.into_values()).collect();
    files.sort_by(|a, b| (a.kind, &a.path).cmp(&(b.kind, &b.path)));
    let builtins: Vec<&str> = made.builtins.iter().map(String::as_str).collect();
    // Of a file that was refused twice the first reason counts, and whether something of it is in force in the end.
    let mut seen = std::collections::BTreeSet::new();
    refused.retain(|r| seen.insert((r.kind, r.file.clone())));
    for refused in refused.iter_mut().filter(|r| r.kind.is_rules() && !r.file.ends_with('/')) {
        refused.kept = files.iter().any(|f| f.kind == refused.kind && f.path == refused.file);
    }
    refused.sort();
    Ok(Policy {
        generation: 0,
        digest: digest_of(&files, &builtins),
        disk_digest: gathered.digest,
        content: Content::of(&rules, &made.plugins),
        known: detectors::known_with(last, &made.plugins),
        config,
        rules,
        plugins: made.plugins,
        files,
        diagnostics,
        refused,
        loaded: made.loaded,
    })
}

/// The rules among what was gathered, with nothing from before.
pub(super) fn rules(gathered: Gathered, config: &Config) -> (Arc<RuleSet>, Vec<Refused>) {
    let mut refused = Vec::new();
    let rules = gathered.files.into_iter().filter(|f| f.kind.is_rules());
    let mut files: BTreeMap<FileKey, PolicyFile> = rules.map(|f| (f.key(), f)).collect();
    for (kind, name, reason) in gathered.problems.into_iter().filter(|p| p.0.is_rules()) {
        refused.push(keep_last(kind, &name, reason, &LastGood::default(), &mut files));
    }
    let (set, _) = ruleset::load(&mut files, config, &LastGood::default(), &mut refused);
    refused.sort();
    (set, refused)
}

/// The configuration that was read, or the last good one with a word about why.
fn choose_config(
    gathered: &mut Gathered,
    files: &mut Vec<PolicyFile>,
    last: &LastGood,
    refused: &mut Vec<Refused>,
) -> Result<Arc<Config>, PolicyError> {
    let had = last.files.keys().find(|(kind, _)| *kind == FileKind::Config);
    let emptied = files.iter().find(|file| is_emptied(file, last)).map(|file| file.path.clone());
    let (file, reason) = match (gathered.config.take(), had) {
        (Some(Ok(_)), Some(_)) if emptied.is_some() => (emptied.unwrap_or_default(), EMPTIED.to_owned()),
        (Some(Ok(config)), _) => return Ok(Arc::new(config)),
        (None, None) => return Ok(last.config.clone().unwrap_or_default()),
        (Some(Err(problem)), _) => problem,
        (None, Some((_, name))) => {
            (name.clone(), "the file is gone: put it back, or restart to run with the defaults".to_owned())
        }
    };
    match &last.config {
        Some(config) => {
            refused.push(refused_config(file, reason));
            *files = last_config(last);
            Ok(config.clone())
        }
        None => Err(PolicyError::Config(reason)),
    }
}

/// What is told of a file that had something in it and is empty now: a full disk and a killed editor leave it so.
const EMPTIED: &str = "it is empty now: write it again; or remove it, and of a configuration leave a comment in it, if that is meant";

fn is_emptied(file: &PolicyFile, last: &LastGood) -> bool {
    let is_empty = |file: &PolicyFile| file.bytes.iter().all(u8::is_ascii_whitespace);
    is_empty(file) && last.files.get(&file.key()).is_some_and(|old| !is_empty(old))
}

fn refused_config(file: String, reason: String) -> Refused {
    Refused { file, kind: FileKind::Config, excerpt: format!("error: {reason}\n"), reason, kept: true }
}

/// Configuration and directory in force before.
fn last_config(last: &LastGood) -> Vec<PolicyFile> {
    last.files.values().filter(|f| f.kind.is_config()).cloned().collect()
}

/// A file or folder that cannot be read: what was good of it stays.
fn keep_last(
    kind: FileKind,
    name: &str,
    reason: String,
    last: &LastGood,
    files: &mut BTreeMap<FileKey, PolicyFile>,
) -> Refused {
    let concerns = |key: &FileKey| {
        let comes_along = [(FileKind::Rules, FileKind::Lib), (FileKind::Plugin, FileKind::Signature)];
        let of_kind = key.0 == kind || comes_along.contains(&(kind, key.0));
        of_kind && if name.ends_with('/') { key.1.starts_with(name) } else { key.1 == name }
    };
    let mut kept = false;
    for (key, file) in last.files.iter().filter(|(key, _)| concerns(key)) {
        kept = true;
        files.entry(key.clone()).or_insert_with(|| file.clone());
    }
    Refused { file: name.to_owned(), kind, excerpt: format!("error: {name}: {reason}\n"), reason, kept }
}
