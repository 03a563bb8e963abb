//! The three kinds of documents, and what they say about themselves.

use model::Severity;

use super::{Condition, Correlation, Ours, Search};
use crate::Span;

/// One YAML document.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// A detection rule.
    Rule(Box<Rule>),
    /// A correlation rule.
    Correlation(Box<Correlation>),
    /// A filter for rules.
    Filter(Box<Filter>),
}

impl Document {
    /// What it says about itself.
    pub fn meta(&self) -> &Metadata {
        match self {
            Document::Rule(rule) => &rule.meta,
            Document::Correlation(correlation) => &correlation.meta,
            Document::Filter(filter) => &filter.meta,
        }
    }
}

/// What a document says about itself. Everything but the title is optional.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// File it stands in.
    pub file: String,
    /// Where the document begins.
    pub span: Span,
    /// Title, at most 256 characters.
    pub title: String,
    /// Unique identity; a rule without one is known by its file and place in it.
    pub id: Option<String>,
    /// Name for references.
    pub name: Option<String>,
    /// Life of the rule.
    pub status: Option<Status>,
    /// Severity of what it finds.
    pub level: Option<Severity>,
    /// Longer text.
    pub description: String,
    /// Who wrote it.
    pub author: String,
    /// Links.
    pub references: Vec<String>,
    /// Tags such as `attack.t1496`.
    pub tags: Vec<String>,
    /// Known false positives.
    pub falsepositives: Vec<String>,
    /// Fields to show with a finding.
    pub fields: Vec<String>,
    /// `YYYY-MM-DD`.
    pub date: String,
    /// `YYYY-MM-DD`.
    pub modified: String,
}

/// Life of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// For production.
    Stable,
    /// Nearly.
    Test,
    /// Evaluated and recorded, but raises nothing (shadow mode).
    Experimental,
    /// Replaced by another: not evaluated.
    Deprecated,
    /// Cannot be used as it is: not evaluated.
    Unsupported,
}

/// Which log a rule reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSource {
    /// `webex` for ours.
    pub product: Option<String>,
    /// `calling` for ours.
    pub service: Option<String>,
    /// `call`, `forwarding`, `admin` or `sign_in` for ours; all of them if there is none.
    pub category: Option<String>,
}

impl LogSource {
    /// Whether records of Webex Calling are meant. Service and category that are not said are not restricted, but the product
    /// must be: a rule for any product's `authentication` log was not written with call records in mind.
    pub fn is_ours(&self) -> bool {
        let is = |value: &Option<String>, wanted: &[&str]| {
            value.as_ref().is_none_or(|v| wanted.iter().any(|w| v.eq_ignore_ascii_case(w)))
        };
        self.product.as_deref().is_some_and(|p| p.eq_ignore_ascii_case("webex"))
            && is(&self.service, &["calling"])
            && is(&self.category, &["call", "forwarding", "admin", "sign_in"])
    }
}

/// A detection rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// About itself.
    pub meta: Metadata,
    /// Which log.
    pub logsource: LogSource,
    /// Search identifiers in the order of the file.
    pub searches: Vec<(String, Search)>,
    /// Conditions of a list hold by `or`.
    pub condition: Condition,
    /// What stands under `ringfence:`.
    pub ours: Ours,
}

/// A filter: added as `and <condition>` to the rules that it names.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// About itself.
    pub meta: Metadata,
    /// A rule is filtered only if its log source fits this one.
    pub logsource: LogSource,
    /// Which rules.
    pub rules: FilterRules,
    /// Its own search identifiers.
    pub searches: Vec<(String, Search)>,
    /// Over its own search identifiers. What it describes is what is kept: a filter that takes something out says `not selection`.
    pub condition: Condition,
}

/// Which rules a filter is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterRules {
    /// Every rule of the log source (`any`).
    Any,
    /// By id or name.
    Named(Vec<super::Reference>),
}
