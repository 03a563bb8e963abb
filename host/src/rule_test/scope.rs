//! What a rule is tested with: itself, what it stands on and the filters for it, and nothing else.
//!
//! Owns the choice. A rule that is only a part of correlations is tested on its own: what uses it does not run then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::EventKind;
use rules::set::{Listed, State};
use rules::sigma::{Case, Document, Reference};
use rules::{File, LoadOptions, Loaded, Placeholders, Span};

use super::record::kind_of;

/// Loaded files with what is needed to test each of their rules.
pub struct Scope<'a> {
    files: &'a [File],
    libs: &'a [File],
    listed: &'a [Listed],
    by_reference: BTreeMap<&'a str, usize>,
}

/// A rule ready to be tested.
#[derive(Debug)]
pub struct Ready {
    /// The set in which it runs.
    pub loaded: Loaded,
    /// How its findings are known; none if it does not run.
    pub detector: Option<String>,
    /// Why it does not run.
    pub idle: Option<String>,
}

impl<'a> Scope<'a> {
    /// `listed` are the documents of these files.
    pub fn new(files: &'a [File], libs: &'a [File], listed: &'a [Listed]) -> Scope<'a> {
        let mut by_reference = BTreeMap::new();
        for (at, one) in listed.iter().enumerate() {
            by_reference.entry(one.name.as_str()).or_insert(at);
        }
        for (at, one) in listed.iter().enumerate() {
            // What a document calls itself goes before what its file is called.
            let meta = one.document.meta();
            for name in meta.id.iter().chain(&meta.name) {
                by_reference.insert(name, at);
            }
        }
        Scope { files, libs, listed, by_reference }
    }

    /// The documents that a document stands on, itself included.
    fn below(&self, at: usize) -> BTreeSet<usize> {
        let mut below = BTreeSet::new();
        let mut open = vec![at];
        while let Some(at) = open.pop() {
            if !below.insert(at) {
                continue;
            }
            if let Document::Correlation(correlation) = &*self.listed[at].document {
                let found = |r: &Reference| self.by_reference.get(r.name.as_str()).copied();
                open.extend(correlation.rules.iter().filter_map(found));
            }
        }
        below
    }

    /// What kind of events a rule is about, if it is one kind only.
    pub fn kind(&self, at: usize) -> Option<EventKind> {
        let mut kinds = self.below(at).into_iter().filter_map(|at| match &*self.listed[at].document {
            Document::Rule(rule) => Some(rule.logsource.category.as_deref().and_then(kind_of)),
            _ => None,
        });
        let first = kinds.next()??;
        kinds.all(|kind| kind == Some(first)).then_some(first)
    }

    /// Loads what a rule needs, with the placeholders of a case.
    pub fn ready(&self, at: usize, placeholders: Placeholders) -> Ready {
        let below = self.below(at);
        let is_filter = |one: &Listed| matches!(&*one.document, Document::Filter(_));
        let wanted: BTreeSet<(&str, Span)> = below.iter().map(|at| place(&self.listed[*at])).collect();
        let names: BTreeSet<&str> = self
            .listed
            .iter()
            .enumerate()
            .filter(|(at, one)| below.contains(at) || is_filter(one))
            .map(|(_, one)| one.document.meta().file.as_str())
            .collect();
        let files: Vec<File> =
            self.files.iter().filter(|f| names.contains(f.name.as_str())).cloned().collect();
        let mut options = LoadOptions { placeholders, ..LoadOptions::default() };
        let mut loaded = rules::load(&files, self.libs, &options);
        // Known by their names only once they are loaded together.
        options.disabled = loaded
            .set
            .listed()
            .iter()
            .filter(|one| !wanted.contains(&place(one)) && !is_filter(one))
            .map(|one| one.name.clone())
            .collect();
        if !options.disabled.is_empty() {
            loaded = rules::load(&files, self.libs, &options);
        }
        let found = loaded.set.listed().iter().find(|one| place(one) == place(&self.listed[at]));
        let (detector, idle) = match found.map(|one| (&one.state, &one.name)) {
            Some((State::Active | State::Shadow, name)) => (Some(format!("rule:{name}")), None),
            Some((State::Inactive(why), _)) => (None, Some(why.clone())),
            Some((State::Part, _)) => (None, Some("it is only a part of others".to_owned())),
            None => (None, Some("it was refused".to_owned())),
        };
        Ready { loaded, detector, idle }
    }
}

/// What tells documents apart whatever else is loaded.
fn place(one: &Listed) -> (&str, Span) {
    let meta = one.document.meta();
    (meta.file.as_str(), meta.span)
}

/// The cases of a document.
pub fn cases(document: &Arc<Document>) -> &[Case] {
    match &**document {
        Document::Rule(rule) => &rule.ours.tests,
        Document::Correlation(correlation) => &correlation.ours.tests,
        Document::Filter(_) => &[],
    }
}
