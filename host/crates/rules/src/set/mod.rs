//! Many files become one set: references resolved, filters put in place, what runs separated from what is only kept.
//!
//! Owns which files are refused (a file with an error is refused as a whole, the others load) and the plans that evaluators
//! run. Does not own reading files (`policy` in the host) or the parts of a rule (`sigma`, `matching`, `script`, `window`).

mod digest;
mod link;
mod meaning;
mod plan;
mod shape;
mod states;
mod subject;

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{EventKind, FieldSet, Millis};

use crate::Diagnostic;
use crate::matching::{Index, Placeholders, Program};
use crate::script::{Scripts, When};
use crate::sigma::{self, Document};

pub use plan::{Leaf, Plan, SubjectFrom, Use};

/// A file with its name as people know it, say its path below the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its content.
    pub text: Arc<[u8]>,
}

/// What the operator says about rules.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// What `|expand` fills in.
    pub placeholders: Placeholders,
    /// Names and ids of rules that must not run.
    pub disabled: Vec<String>,
    /// How late records may be; a rule's own lateness is at most this.
    pub lateness: Millis,
    /// How strictly documents are read.
    pub parse: sigma::ParseOptions,
}

impl Default for LoadOptions {
    fn default() -> Self {
        LoadOptions {
            placeholders: Placeholders::default(),
            disabled: Vec::new(),
            lateness: 24 * 3_600_000,
            parse: sigma::ParseOptions::default(),
        }
    }
}

/// What came of loading.
#[derive(Debug)]
pub struct Loaded {
    /// Everything that can run.
    pub set: Arc<RuleSet>,
    /// Errors and warnings of all files, by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// Files with an error: nothing of them is in the set.
    pub refused: BTreeSet<String>,
}

/// What a document is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Runs and raises findings.
    Active,
    /// Runs; its findings are kept but raise nothing.
    Shadow,
    /// Runs as a part of correlations only.
    Part,
    /// Does not run.
    Inactive(String),
}

/// A document of the set, for listings.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The name it is known by: its `name`, else its file's, else its id.
    pub name: String,
    /// The document.
    pub document: Arc<Document>,
    /// What it is good for.
    pub state: State,
    /// Digest of its whole meaning; empty for documents that do not run on their own.
    pub digest: String,
}

/// A compiled detection rule; several plans may use it.
#[derive(Debug)]
pub struct Detection {
    /// Name of its rule.
    pub name: String,
    /// The declarative part with its filters.
    pub program: Arc<Program>,
    /// The scripted part, evaluated on records that passed the declarative one. Not here if it asks for window counts.
    pub when: Option<Arc<When>>,
    /// Who uses it.
    pub uses: Vec<Use>,
}

/// An immutable set of rules.
#[derive(Debug)]
pub struct RuleSet {
    pub(crate) detections: Vec<Detection>,
    pub(crate) plans: Vec<Arc<Plan>>,
    /// To be cloned: evaluators fill its caches.
    pub(crate) index: Index,
    listed: Vec<Listed>,
    fields: FieldSet,
    kinds: [bool; EventKind::ALL.len()],
    lateness: Millis,
    _scripts: Scripts,
}

impl RuleSet {
    /// What runs.
    pub fn plans(&self) -> &[Arc<Plan>] {
        &self.plans
    }

    /// Compiled detection rules.
    pub fn detections(&self) -> &[Detection] {
        &self.detections
    }

    /// Every document, by name.
    pub fn listed(&self) -> &[Listed] {
        &self.listed
    }

    /// Fields that evaluators read.
    pub fn fields(&self) -> FieldSet {
        self.fields
    }

    /// Kinds of events that some rule is about.
    pub fn kinds(&self) -> [bool; EventKind::ALL.len()] {
        self.kinds
    }

    /// How late records may be.
    pub fn lateness(&self) -> Millis {
        self.lateness
    }

    /// Whether nothing runs.
    pub fn is_empty(&self) -> bool {
        self.plans.is_empty()
    }
}

/// Most files of a set, and most documents: the public corpus has 4,000. More would make a reload longer than people wait.
pub const MAX_FILES: usize = 20_000;

/// Loads files. Never fails as a whole: what has an error is left out and told.
///
/// ```
/// let rule = br#"
/// title: Calls to Cuba
/// name: cuba
/// logsource: {product: webex, service: calling, category: call}
/// detection:
///     selection:
///         called_country: CU
///     condition: selection
/// "#;
/// let file = rules::File { name: "cuba.yml".to_owned(), text: rule.to_vec().into() };
/// let loaded = rules::load(&[file], &[], &rules::LoadOptions::default());
/// assert!(loaded.diagnostics.is_empty());
/// assert_eq!(loaded.set.plans()[0].detector, "rule:cuba");
/// ```
pub fn load(files: &[File], libs: &[File], options: &LoadOptions) -> Loaded {
    let mut diagnostics = Vec::new();
    let modules: Vec<(String, String)> =
        libs.iter().filter_map(|lib| module(lib, &mut diagnostics)).collect();
    let (scripts, problems) = Scripts::new(&modules);
    diagnostics.extend(problems);
    let mut documents = Vec::new();
    for (at, file) in files.iter().enumerate() {
        if at >= MAX_FILES {
            let message = format!("there are more than {MAX_FILES} files of rules");
            diagnostics.push(Diagnostic::error(&file.name, Default::default(), message, "remove some"));
            break;
        }
        let parsed = sigma::parse(&file.name, &file.text, &options.parse);
        diagnostics.extend(parsed.diagnostics);
        documents.extend(parsed.documents.into_iter().map(Arc::new));
    }
    let mut refused: BTreeSet<String> =
        diagnostics.iter().filter(|d| d.is_error()).map(|d| d.file.clone()).collect();
    // Refusing a file takes away what others refer to, so it goes on until nothing new is refused.
    let (set, problems) = loop {
        let kept: Vec<Arc<Document>> =
            documents.iter().filter(|d| !refused.contains(&d.meta().file)).cloned().collect();
        let mut problems = Vec::new();
        let linked = link::link(kept, &mut problems);
        // With circles and endless chains nothing can be built; their files go first.
        let built = (!problems.iter().any(Diagnostic::is_error))
            .then(|| plan::build(&linked, &scripts, options, &mut problems));
        let before = refused.len();
        refused.extend(problems.iter().filter(|d| d.is_error()).map(|d| d.file.clone()));
        match built {
            Some(set) if refused.len() == before => break (set, problems),
            // What is refused is not looked at in the next round, so its errors are kept now.
            _ => diagnostics.extend(problems.into_iter().filter(Diagnostic::is_error)),
        }
    };
    diagnostics.extend(problems);
    diagnostics.sort();
    diagnostics.dedup();
    Loaded { set: Arc::new(set), diagnostics, refused }
}

fn module(lib: &File, diagnostics: &mut Vec<Diagnostic>) -> Option<(String, String)> {
    let stem = lib.name.rsplit('/').next().unwrap_or(&lib.name).trim_end_matches(".rhai").to_owned();
    match std::str::from_utf8(&lib.text) {
        Ok(text) => Some((stem, text.to_owned())),
        Err(_) => {
            let message = "the library is not UTF-8";
            diagnostics.push(Diagnostic::error(&lib.name, Default::default(), message, "save it as UTF-8"));
            None
        }
    }
}

#[cfg(test)]
mod tests;
