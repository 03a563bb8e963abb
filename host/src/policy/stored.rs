//! Policies from the database.
//!
//! Owns reading a stored generation back. Does not own the tables (`store`) or writing them (`keeper`).

use std::sync::Arc;

use super::content::Content;
use super::file::PolicyFile;
use super::gather::Gathered;
use super::{KnownVersions, LastGood, Policy, PolicyError, build};
use crate::plugin::Runtime;
use crate::store::{Generation, Store, StoreError};

/// The files of a generation.
///
/// # Errors
/// When the database fails.
pub async fn files(store: &Store, generation: u64) -> Result<Vec<PolicyFile>, StoreError> {
    let rows = store.generation_files(generation).await?;
    Ok(rows.into_iter().filter_map(|(row, bytes)| PolicyFile::from_row(row, bytes)).collect())
}

/// What was last in force on this database: what a process that starts goes back to for files that are refused.
///
/// # Errors
/// When the database fails.
pub async fn last_good(store: &Store) -> Result<LastGood, StoreError> {
    let Some(newest) = store.generation(None).await? else {
        return Ok(LastGood { state: store.stored_forms().await?, ..LastGood::default() });
    };
    let files = files(store, newest.generation).await?;
    let content = content(&newest);
    let gathered = Gathered::stored(files);
    let config = gathered.config.and_then(Result::ok).map(Arc::new);
    let files = gathered.files.into_iter().map(|f| (f.key(), f)).collect();
    let mut known = KnownVersions::new();
    for (id, version, digest) in store.known_plugins().await? {
        known.entry((id, version)).or_default().insert(digest);
    }
    Ok(LastGood { files, config, content, state: store.stored_forms().await?, known, ..LastGood::default() })
}

/// What a generation held, by name.
pub fn content(generation: &Generation) -> Content {
    // What a newer version wrote in another form counts as nothing: then every rule is new.
    serde_json::from_value(generation.content.clone()).unwrap_or_default()
}

/// A stored generation as a policy of today: compiled by this program, with its built-in detectors.
///
/// # Errors
/// When its configuration cannot be used any more.
pub fn compile(files: Vec<PolicyFile>, runtime: &Runtime, known: &LastGood) -> Result<Policy, PolicyError> {
    // Only what is compiled already is used again: nothing of today's files may get in.
    let (plugins, state, known) = (known.plugins.clone(), known.state.clone(), known.known.clone());
    let last = LastGood { plugins, state, known, ..LastGood::default() };
    build::build(Gathered::stored(files), runtime, &last)
}
