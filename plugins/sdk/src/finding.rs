//! What a detector says: the report on an episode, and the finding made from it.
//!
//! Owns the outgoing form and its bounds. Does not own identity, revision or provenance: the host adds them.

use crate::types::{Millis, Name, Number, RecordId, Severity, Subject};

/// Longest title in characters.
pub const MAX_TITLE: usize = 200;

/// Most evidence on one finding: 1,000 identities are more than anybody reads; the figure `records` has the count.
pub const MAX_EVIDENCE: usize = 1000;

/// A figure on a finding.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// Whole number.
    Int(i64),
    /// Real number.
    Real(f64),
    /// Text.
    Text(String),
    /// Shown as the name's text.
    Name(Name),
    /// Shown as `+…` or as dialled.
    Number(Number),
    /// Shown as a time in UTC.
    Time(Millis),
    /// Several texts.
    Texts(Vec<String>),
}

macro_rules! value_from {
    ($($from:ty => $value:expr;)*) => {
        $(impl From<$from> for Value {
            fn from(v: $from) -> Value {
                let make: fn($from) -> Value = $value;
                make(v)
            }
        })*
    };
}

value_from! {
    bool => Value::Bool;
    i64 => Value::Int;
    i32 => |v| Value::Int(i64::from(v));
    u32 => |v| Value::Int(i64::from(v));
    u64 => |v| Value::Int(i64::try_from(v).unwrap_or(i64::MAX));
    usize => |v| Value::Int(i64::try_from(v).unwrap_or(i64::MAX));
    f64 => |v| Value::Real(if v.is_finite() { v } else { 0.0 });
    String => Value::Text;
    &str => |v| Value::Text(v.to_owned());
    Name => Value::Name;
    Number => Value::Number;
    Vec<String> => Value::Texts;
}

/// What to say about an episode; made only when something about it changed.
///
/// ```
/// use ringfence_sdk::{Report, Value};
///
/// let report = Report::new("40 calls to Cuba")
///     .because("40 calls within 10 minutes; never before more than 2")
///     .figure("calls", 40)
///     .figure("first", Value::Time(1_772_359_200_000))
///     .score(0.9);
/// # drop(report);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub(crate) title: String,
    pub(crate) score: Option<f64>,
    pub(crate) explanation: Vec<String>,
    pub(crate) figures: Vec<(String, Value)>,
}

impl Report {
    /// A report with its one-line title.
    pub fn new(title: impl Into<String>) -> Report {
        Report { title: title.into(), score: None, explanation: Vec::new(), figures: Vec::new() }
    }

    /// Adds a reason in words with numbers; most important first.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Report {
        self.explanation.push(reason.into());
        self
    }

    /// Adds a reason if there is one.
    #[must_use]
    pub fn because_some(mut self, reason: Option<String>) -> Report {
        self.explanation.extend(reason);
        self
    }

    /// Adds a figure for rules, sinks and reports.
    #[must_use]
    pub fn figure(mut self, name: &str, value: impl Into<Value>) -> Report {
        self.figures.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the score, 0 (usual) to 1 (certain); without it, the severity decides.
    #[must_use]
    pub fn score(mut self, score: f64) -> Report {
        self.score = score.is_finite().then(|| score.clamp(0.0, 1.0));
        self
    }
}

/// One episode as handed to the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Names the episode among this detector's findings about the subject.
    pub key: String,
    /// Kind of episode.
    pub kind: String,
    /// How bad.
    pub severity: Severity,
    /// 0 (usual) to 1 (certain).
    pub score: f64,
    /// About whom.
    pub subject: Subject,
    /// One line.
    pub title: String,
    /// Reasons, most important first.
    pub explanation: Vec<String>,
    /// Start of the earliest event.
    pub first_event: Millis,
    /// Start of the latest event.
    pub last_event: Millis,
    /// Report time of the record on which it was first raised.
    pub raised_at: Millis,
    /// The records it rests on, by start time and then identity.
    pub evidence: Vec<RecordId>,
    /// Figures by name.
    pub attributes: Vec<(String, Value)>,
}

/// What a call to `process` says.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A new finding or a new revision.
    Raise(Box<Finding>),
    /// An earlier finding does not hold.
    Withdraw {
        /// Its key.
        key: String,
        /// About whom it was.
        subject: Subject,
    },
}

/// The score of a severity, for detectors that state none.
pub(crate) fn usual_score(severity: Severity) -> f64 {
    match severity {
        Severity::Informational => 0.1,
        Severity::Low => 0.3,
        Severity::Medium => 0.5,
        Severity::High => 0.8,
        Severity::Critical => 0.95,
    }
}

/// Cuts a title to its bound, on a character.
pub(crate) fn cut_title(mut title: String) -> String {
    if let Some((at, _)) = title.char_indices().nth(MAX_TITLE) {
        title.truncate(at);
    }
    title
}
