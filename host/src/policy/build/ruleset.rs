//! The rules of a policy.
//!
//! Owns what happens to a file with an error: what was last good of it takes its place. Functions are refused when rules that did
//! not change would break with them. Does not own what a rule means (`rules`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rules::{Diagnostic, RuleSet};

use crate::config::Config;
use crate::policy::file::{FileKey, FileKind, PolicyFile};
use crate::policy::{LastGood, Refused};

/// Most rounds of putting last good files in the place of bad ones; what still has errors then is left out. Each round costs a
/// compilation, and more than three mean files that need each other in a long chain.
const MAX_ROUNDS: usize = 8;
/// Most errors of one file told with their source lines.
const MAX_EXCERPTS: usize = 20;

/// Compiles the rules among `files`, and leaves in there what is in force.
pub(super) fn load(
    files: &mut BTreeMap<FileKey, PolicyFile>,
    config: &Config,
    last: &LastGood,
    refused: &mut Vec<Refused>,
) -> (Arc<RuleSet>, Vec<Diagnostic>) {
    let mut told = Vec::new();
    refuse_second_libs(files, refused);
    let mut round = 0;
    loop {
        round += 1;
        let loaded = compile(files, config);
        if loaded.refused.is_empty() || round >= MAX_ROUNDS {
            for name in &loaded.refused {
                drop_file(name, files, &loaded.diagnostics, refused);
            }
            told.extend(loaded.diagnostics);
            return (loaded.set, told);
        }
        let changed =
            |key: &FileKey, file: &PolicyFile| last.files.get(key).is_none_or(|l| l.digest != file.digest);
        let bad: Vec<FileKey> =
            files.keys().filter(|k| k.0.is_rules() && loaded.refused.contains(&k.1)).cloned().collect();
        let (new, same): (Vec<FileKey>, Vec<FileKey>) =
            bad.into_iter().partition(|key| files.get(key).is_some_and(|file| changed(key, file)));
        if !new.is_empty() {
            // Errors of the others may come from these.
            told.extend(loaded.diagnostics.iter().filter(|d| new.iter().any(|k| k.1 == d.file)).cloned());
            for key in new {
                replace(&key, files, last, &loaded.diagnostics, refused);
            }
        } else if !restore_libs(files, last, &loaded.diagnostics, refused) {
            told.extend(loaded.diagnostics.iter().filter(|d| loaded.refused.contains(&d.file)).cloned());
            for key in same {
                drop_file(&key.1, files, &loaded.diagnostics, refused);
            }
        }
    }
}

fn compile(files: &BTreeMap<FileKey, PolicyFile>, config: &Config) -> rules::Loaded {
    let of = |wanted: fn(FileKind) -> bool| -> Vec<rules::File> {
        let files = files.values().filter(|f| wanted(f.kind));
        files.map(|f| rules::File { name: f.path.clone(), text: f.bytes.clone() }).collect()
    };
    rules::load(&of(|k| k.is_rules() && !k.is_lib()), &of(FileKind::is_lib), &options(config))
}

/// What the configuration says about rules.
pub(super) fn options(config: &Config) -> rules::LoadOptions {
    rules::LoadOptions {
        placeholders: config.rules.placeholders.clone().into_iter().collect(),
        disabled: config.rules.disable.clone(),
        lateness: config.lateness(),
        ..rules::LoadOptions::default()
    }
}

/// Functions are known by the file's stem, so two files of one name cannot both be.
fn refuse_second_libs(files: &mut BTreeMap<FileKey, PolicyFile>, refused: &mut Vec<Refused>) {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    let mut second = Vec::new();
    for key in files.keys().filter(|k| k.0.is_lib()) {
        let stem = key.1.rsplit('/').next().unwrap_or(&key.1).to_owned();
        match first.get(&stem) {
            None => drop(first.insert(stem, key.1.clone())),
            Some(other) => second.push((key.clone(), format!("{other} has the same name: give it another"))),
        }
    }
    for (key, reason) in second {
        files.remove(&key);
        let excerpt = format!("error: {}: {reason}\n", key.1);
        refused.push(Refused { file: key.1, kind: key.0, reason, kept: false, excerpt });
    }
}

/// What was last good takes the place of a file with errors.
fn replace(
    key: &FileKey,
    files: &mut BTreeMap<FileKey, PolicyFile>,
    last: &LastGood,
    diagnostics: &[Diagnostic],
    refused: &mut Vec<Refused>,
) {
    let Some(file) = files.remove(key) else { return };
    let old = last.files.get(key).cloned();
    refused.push(refusal(&file, diagnostics, old.is_some()));
    files.extend(old.map(|old| (key.clone(), old)));
}

/// A file that was not changed and whose errors come from elsewhere.
fn drop_file(
    name: &str,
    files: &mut BTreeMap<FileKey, PolicyFile>,
    diagnostics: &[Diagnostic],
    refused: &mut Vec<Refused>,
) {
    let keys: Vec<FileKey> = files.keys().filter(|k| k.0.is_rules() && k.1 == name).cloned().collect();
    for key in keys {
        if let Some(file) = files.remove(&key) {
            refused.push(refusal(&file, diagnostics, false));
        }
    }
}

/// Puts the last good functions back if rules that did not change break with the new ones; false if they are the same.
fn restore_libs(
    files: &mut BTreeMap<FileKey, PolicyFile>,
    last: &LastGood,
    diagnostics: &[Diagnostic],
    refused: &mut Vec<Refused>,
) -> bool {
    let libs = |files: &BTreeMap<FileKey, PolicyFile>| -> BTreeMap<FileKey, PolicyFile> {
        files.iter().filter(|(k, _)| k.0.is_lib()).map(|(k, f)| (k.clone(), f.clone())).collect()
    };
    let (now, before) = (libs(files), libs(&last.files));
    let keys: BTreeSet<&FileKey> = now.keys().chain(before.keys()).collect();
    // One that is new breaks nothing that was there before.
    let changed: Vec<&FileKey> = keys
        .into_iter()
        .filter(|key| before.contains_key(*key) && now.get(*key) != before.get(*key))
        .collect();
    let broken: BTreeSet<&str> =
        diagnostics.iter().filter(|d| d.is_error()).map(|d| d.file.as_str()).collect();
    let example = diagnostics.iter().find(|d| d.is_error()).map_or_else(String::new, |d| line(d, true));
    for key in &changed {
        let how = if now.contains_key(*key) { "this change of it" } else { "its removal" };
        let reason =
            format!("{how} would break rules that use it and did not change ({}): {example}", broken.len());
        let excerpt = format!("error: {}: {reason}\n", key.1);
        refused.push(Refused { file: key.1.clone(), kind: key.0, reason, kept: true, excerpt });
        if let Some(old) = before.get(*key) {
            files.insert((*key).clone(), old.clone());
        }
    }
    !changed.is_empty()
}

fn refusal(file: &PolicyFile, diagnostics: &[Diagnostic], kept: bool) -> Refused {
    let errors: Vec<&Diagnostic> =
        diagnostics.iter().filter(|d| d.is_error() && d.file == file.path).collect();
    let text = String::from_utf8_lossy(&file.bytes);
    let mut excerpt: String = errors.iter().take(MAX_EXCERPTS).map(|d| d.excerpt(&text)).collect();
    if errors.len() > MAX_EXCERPTS {
        excerpt.push_str(&format!("{} further errors in {}\n", errors.len() - MAX_EXCERPTS, file.path));
    }
    let reason = errors.first().map_or_else(|| "has an error".to_owned(), |d| line(d, false));
    Refused { file: file.path.clone(), kind: file.kind, reason, kept, excerpt }
}

/// A diagnostic in one line.
fn line(diagnostic: &Diagnostic, with_file: bool) -> String {
    let Diagnostic { file, span, message, help, .. } = diagnostic;
    let place = match (with_file, span.line) {
        (false, 0) => String::new(),
        (false, at) => format!("line {at}: "),
        (true, 0) => format!("{file}: "),
        (true, at) => format!("{file}:{at}: "),
    };
    let help = if help.is_empty() { String::new() } else { format!(": {help}") };
    format!("{place}{message}{help}")
}
