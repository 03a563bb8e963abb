//! Who is meant by a reference.
//!
//! Owns names, duplicates, missing references and cycles. Does not own what a reference is used for (`plan`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::fields::edit_distance;

use crate::Diagnostic;
use crate::sigma::{Correlation, Document, Filter, FilterRules, Metadata, Reference, Rule, Status};

/// Deepest chain of correlations. Each level multiplies what a cell works out; real chains have two or three.
pub const MAX_CHAIN: usize = 8;

/// Documents with their names.
pub(super) struct Linked {
    /// By position.
    pub(super) documents: Vec<Arc<Document>>,
    /// Names of the documents, unique.
    pub(super) names: Vec<String>,
    by_reference: BTreeMap<String, usize>,
}

impl Linked {
    /// The document that a reference means.
    pub(super) fn find(&self, reference: &Reference) -> Option<usize> {
        self.by_reference.get(&reference.name).copied()
    }

    /// Filters for a rule, in the order of their names.
    pub(super) fn filters(&self, rule: usize) -> Vec<&Filter> {
        let Document::Rule(of) = &*self.documents[rule] else { return Vec::new() };
        let names = |filter: &Filter| match &filter.rules {
            FilterRules::Any => true,
            FilterRules::Named(named) => named.iter().any(|r| self.find(r) == Some(rule)),
        };
        let fits = |filter: &Filter| {
            let part = |wanted: &Option<String>, has: &Option<String>| {
                wanted.as_ref().is_none_or(|w| has.as_ref().is_some_and(|h| h.eq_ignore_ascii_case(w)))
            };
            part(&filter.logsource.product, &of.logsource.product)
                && part(&filter.logsource.service, &of.logsource.service)
                && part(&filter.logsource.category, &of.logsource.category)
        };
        let filters = self.documents.iter().filter_map(|d| match &**d {
            Document::Filter(filter) => Some(&**filter),
            _ => None,
        });
        filters.filter(|f| is_run(&f.meta) && names(f) && fits(f)).collect()
    }
}

/// Whether a document's status lets it run.
pub(super) fn is_run(meta: &Metadata) -> bool {
    !matches!(meta.status, Some(Status::Deprecated | Status::Unsupported))
}

/// The name by which a document goes: its own, else its file's.
fn usual_name(meta: &Metadata) -> String {
    if let Some(name) = &meta.name {
        return name.clone();
    }
    let file = meta.file.rsplit('/').next().unwrap_or(&meta.file);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
}

/// Gives every document its name and checks references.
pub(super) fn link(documents: Vec<Arc<Document>>, problems: &mut Vec<Diagnostic>) -> Linked {
    let mut names = Vec::with_capacity(documents.len());
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut by_reference: BTreeMap<String, usize> = BTreeMap::new();
    for (at, document) in documents.iter().enumerate() {
        let meta = document.meta();
        for reference in meta.id.iter().chain(&meta.name) {
            match by_reference.insert(reference.clone(), at) {
                Some(first) if first != at => {
                    by_reference.insert(reference.clone(), first);
                    let other = documents[first].meta();
                    problems.push(Diagnostic::error(
                        &meta.file,
                        meta.span,
                        format!(
                            "'{reference}' is also the id or name of '{}' in {}",
                            other.title, other.file
                        ),
                        "give this document an id (UUID) and name of its own",
                    ));
                }
                _ => {}
            }
        }
        // Files with several documents, or of one name in two folders: numbered, so that names stay unique.
        let usual = usual_name(meta);
        let mut name = usual.clone();
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{usual}-{number}");
            number += 1;
        }
        names.push(name);
    }
    for (at, name) in names.iter().enumerate() {
        by_reference.entry(name.clone()).or_insert(at);
    }
    let linked = Linked { documents, names, by_reference };
    for document in &linked.documents {
        linked.check(document, problems);
    }
    linked.check_cycles(problems);
    linked
}

impl Linked {
    fn check(&self, document: &Document, problems: &mut Vec<Diagnostic>) {
        let file = &document.meta().file;
        match document {
            Document::Rule(_) => {}
            Document::Filter(filter) => {
                let FilterRules::Named(named) = &filter.rules else { return };
                for reference in named {
                    match self.find(reference).map(|at| &*self.documents[at]) {
                        Some(Document::Rule(_)) => {}
                        Some(_) => problems.push(Diagnostic::error(
                            file,
                            reference.span,
                            format!("'{}' is not a detection rule", reference.name),
                            "a filter is for detection rules: name those that the correlation uses",
                        )),
                        // A filter may be shipped for rules that are not installed here.
                        None => problems.push(Diagnostic::warning(
                            file,
                            reference.span,
                            format!(
                                "there is no rule '{}', so the filter does nothing for it",
                                reference.name
                            ),
                            self.near(&reference.name),
                        )),
                    }
                }
            }
            Document::Correlation(correlation) => {
                for reference in &correlation.rules {
                    match self.find(reference).map(|at| &*self.documents[at]) {
                        Some(Document::Rule(_) | Document::Correlation(_)) => {}
                        Some(Document::Filter(_)) => problems.push(Diagnostic::error(
                            file,
                            reference.span,
                            format!("'{}' is a filter", reference.name),
                            "a correlation takes rules and correlations",
                        )),
                        None => problems.push(Diagnostic::error(
                            file,
                            reference.span,
                            format!("there is no rule '{}'", reference.name),
                            self.near(&reference.name),
                        )),
                    }
                }
                self.check_aliases(correlation, problems);
            }
        }
    }

    fn check_aliases(&self, correlation: &Correlation, problems: &mut Vec<Diagnostic>) {
        let named: Vec<Option<usize>> = correlation.rules.iter().map(|r| self.find(r)).collect();
        for (reference, _) in correlation.aliases.iter().flat_map(|alias| &alias.fields) {
            let known = self.find(reference).is_some_and(|at| named.contains(&Some(at)));
            if !known {
                problems.push(Diagnostic::error(
                    &correlation.meta.file,
                    reference.span,
                    format!("'{}' is not among this correlation's rules", reference.name),
                    "an alias is for the rules listed under 'rules'",
                ));
            }
        }
    }

    fn near(&self, name: &str) -> String {
        let best = self.by_reference.keys().map(|known| (edit_distance(name, known), known)).min();
        match best {
            Some((distance, known)) if distance <= 1 + name.len() / 3 => format!("did you mean '{known}'?"),
            _ => "give the id or the name of a rule that is loaded".to_owned(),
        }
    }

    /// Takes away, again and again, what stands only on what was taken away before: what is left goes round in circles.
    fn check_cycles(&self, problems: &mut Vec<Diagnostic>) {
        let children: Vec<Vec<usize>> = (0..self.documents.len()).map(|at| self.children(at)).collect();
        let mut height: Vec<Option<usize>> = vec![None; children.len()];
        // A chain that is not too long needs one round a level at most.
        for _ in 0..=MAX_CHAIN + 1 {
            let mut changed = false;
            for at in 0..children.len() {
                if height[at].is_none()
                    && let Some(heights) =
                        children[at].iter().map(|child| height[*child]).collect::<Option<Vec<usize>>>()
                {
                    height[at] = Some(heights.into_iter().max().map_or(0, |h| h + 1));
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        for at in 0..children.len() {
            let meta = self.documents[at].meta();
            let (message, help) = match height[at] {
                Some(height) if height > MAX_CHAIN => {
                    (format!("a chain of more than {MAX_CHAIN} correlations"), "make the chain shorter")
                }
                Some(_) => continue,
                None => match self.circle(at, &children, &height) {
                    Some(way) => {
                        let help = "a correlation cannot stand on itself: remove one of these references";
                        (format!("correlations go round in a circle: {way}"), help)
                    }
                    None => {
                        (format!("a chain of more than {MAX_CHAIN} correlations"), "make the chain shorter")
                    }
                },
            };
            problems.push(Diagnostic::error(&meta.file, meta.span, message, help));
        }
    }

    fn children(&self, at: usize) -> Vec<usize> {
        match &*self.documents[at] {
            Document::Correlation(correlation) => {
                correlation.rules.iter().filter_map(|r| self.find(r)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The way from a document into its circle and once round, if that is short enough to be read.
    fn circle(&self, at: usize, children: &[Vec<usize>], height: &[Option<usize>]) -> Option<String> {
        let mut way = vec![at];
        while way.len() <= 4 * MAX_CHAIN {
            let last = *way.last()?;
            let next = children[last].iter().find(|child| height[**child].is_none()).copied()?;
            let ends = way.contains(&next);
            way.push(next);
            if ends {
                return Some(way.iter().map(|at| self.names[*at].as_str()).collect::<Vec<_>>().join(" -> "));
            }
        }
        None
    }

    /// The rule at a place, if it is one.
    pub(super) fn rule(&self, at: usize) -> Option<&Rule> {
        match &*self.documents[at] {
            Document::Rule(rule) => Some(rule),
            _ => None,
        }
    }
}
