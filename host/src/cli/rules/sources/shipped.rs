//! What of the shipped rules a command on files needs: those that the files refer to, and the shipped libraries.
//!
//! Not all of them: a copy of a shipped rule under an author's hands has the same id and name.

use std::collections::BTreeSet;

use rules::File;
use rules::sigma::{self, Document, FilterRules};

use super::Sources;
use crate::policy::shipped::{self, Kind};

/// Most rounds: what is added may refer to others.
const MAX_ROUNDS: usize = 8;

/// Adds what is referred to and not there.
pub(super) fn add(sources: &mut Sources) {
    for lib in shipped::of(Kind::Lib) {
        let stem = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
        // Of two libraries of one name that of the author counts.
        if !sources.libs.iter().any(|known| stem(&known.name) == stem(lib.path)) {
            sources.libs.push(File { name: name_of(lib.path), text: lib.bytes.into() });
        }
    }
    for _ in 0..MAX_ROUNDS {
        let (known, wanted) = names(&sources.files);
        let missing: BTreeSet<&String> = wanted.difference(&known).collect();
        if missing.is_empty() {
            return;
        }
        let found: Vec<File> = shipped::of(Kind::Rule)
            .map(|file| File { name: name_of(file.path), text: file.bytes.into() })
            .filter(|file| names(std::slice::from_ref(file)).0.iter().any(|name| missing.contains(name)))
            .collect();
        if found.is_empty() {
            return;
        }
        sources.files.extend(found);
    }
}

fn name_of(path: &str) -> String {
    format!("shipped/{path}")
}

/// Names and ids of documents, and those that they refer to.
fn names(files: &[File]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut known, mut wanted) = (BTreeSet::new(), BTreeSet::new());
    for file in files {
        for document in sigma::parse(&file.name, &file.text, &sigma::ParseOptions::default()).documents {
            let meta = document.meta();
            known.extend(meta.id.iter().chain(&meta.name).cloned());
            if meta.name.is_none() {
                // Known by its file then.
                let stem =
                    file.name.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(stem, _)| stem);
                known.extend(stem.map(str::to_owned));
            }
            match &document {
                Document::Correlation(correlation) => {
                    wanted.extend(correlation.rules.iter().map(|r| r.name.clone()));
                }
                Document::Filter(filter) => {
                    if let FilterRules::Named(named) = &filter.rules {
                        wanted.extend(named.iter().map(|r| r.name.clone()));
                    }
                }
                Document::Rule(_) => {}
            }
        }
    }
    (known, wanted)
}
