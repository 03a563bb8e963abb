//! What stands under `ringfence:`. A document without it means what the Sigma specification says and nothing else.

use model::{Millis, Severity, SubjectKind};

use crate::Span;

/// See the module. Every part is optional.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ours {
    /// A Rhai predicate, evaluated last: the record counts only if it is true.
    pub when: Option<(String, Span)>,
    /// How long after its last match an episode stays open, in milliseconds.
    pub window: Option<Millis>,
    /// How late a record may be and still count, at most the configuration's.
    pub lateness: Option<Millis>,
    /// What local time means in this rule.
    pub zone: Option<ZoneBy>,
    /// Whom findings are about.
    pub subject: Option<SubjectBy>,
    /// Severity by the episode, instead of `level`.
    pub severity: Option<SeverityBy>,
    /// Compare with what is usual.
    pub baseline: Option<(Baseline, Span)>,
    /// Evaluate and record, but raise nothing.
    pub shadow: bool,
    /// What to do when it is found, one step a line.
    pub response: Vec<String>,
    /// Cases that the rule must pass.
    pub tests: Vec<Case>,
}

/// Which clock `local` means, and the parts of times (`|hour`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZoneBy {
    /// Each record's own location; its stated offset where the location's zone is not known.
    Location,
    /// UTC.
    Utc,
    /// One IANA zone for all.
    Zone(String),
}

/// Whom a finding is about, and with it the group of a rule without `group-by`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectBy {
    /// Kind of subject.
    pub kind: SubjectKind,
    /// Field that holds it; none for the organisation.
    pub field: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// Severity.
#[derive(Clone, Debug, PartialEq)]
pub enum SeverityBy {
    /// Always this one.
    Fixed(Severity),
    /// A Rhai expression over the episode's figures that gives a severity's name.
    Script(String, Span),
}

/// What a record is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Baseline {
    /// The record counts only if the group has not had this value within the history.
    NewValue {
        /// Fields whose values are looked at together.
        fields: Vec<(String, Span)>,
        /// How far back, in whole days.
        days: u32,
        /// Days of history that the group must have before anything is new (cold start).
        after_days: u32,
    },
    /// The record counts only if the group's matches within `per` are more than usual.
    Rate {
        /// Window, in milliseconds: an hour or a day.
        per: Millis,
        /// How many times the usual.
        factor: f64,
        /// And at least so many.
        at_least: u32,
        /// How far back, in whole days.
        days: u32,
        /// Days of history that the group must have (cold start).
        after_days: u32,
    },
}

/// A case under `tests:`.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// When `at: 0s` is, UTC; a Monday morning by default.
    pub start: Option<Millis>,
    /// Locations of the directory by name, as in the configuration (YAML kept as JSON), in the order of the file: events that
    /// name none are those of the first.
    pub locations: Vec<(String, serde_json::Value)>,
    /// Values of placeholders.
    pub placeholders: Vec<(String, Vec<String>)>,
    /// The records.
    pub events: Vec<CaseEvent>,
    /// Findings expected, each exactly once and no others; empty means: must stay silent.
    pub expect: Vec<Expectation>,
}

/// Records of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseEvent {
    /// Start, relative to the case's start.
    pub at: Millis,
    /// Delivered so long after its end; beyond an hour it counts as late.
    pub late: Millis,
    /// How many times: repetitions are `every` apart, with identities of their own.
    pub repeat: u32,
    /// Distance of the repetitions.
    pub every: Millis,
    /// Delivered so many times over (the same record).
    pub deliveries: u32,
    /// Fields by name or Webex key. In a text `{n}` stands for the number of the repetition, from 0.
    pub fields: Vec<(String, serde_json::Value, Span)>,
    /// Where it stands.
    pub span: Span,
}

/// What a case expects of one finding. What is not said is not compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// Severity.
    pub severity: Option<Severity>,
    /// Subject's identity.
    pub subject: Option<String>,
    /// Records counted.
    pub count: Option<u64>,
    /// First event, relative to the case's start.
    pub first: Option<Millis>,
    /// Last event, relative to the case's start.
    pub last: Option<Millis>,
    /// Text that the title or explanation must have.
    pub contains: Vec<String>,
    /// Attributes by name.
    pub attributes: Vec<(String, serde_json::Value)>,
    /// Where it stands.
    pub span: Span,
}
