//! Sigma documents as they are meant: modifiers applied, conditions parsed, references by name still.
//!
//! Owns the syntax tree. Does not own links between documents (`set`) or what matching means (`matching`).
//! Specification: Sigma 2.1.0, parts "rules", "modifiers", "correlation rules" and "filters".

pub mod condition;
pub mod correlation;
pub mod detection;
pub mod document;
pub mod ours;
pub mod parse;

pub use condition::{Condition, Quantifier};
pub use correlation::{Alias, Bound, Comparison, Correlation, CorrelationKind, CorrelationTest, Reference};
pub use detection::{Flags, Item, Matcher, Network, Part, Pattern, Piece, Relation, Search, TimePart};
pub use document::{Document, Filter, FilterRules, LogSource, Metadata, Rule, Status};
pub use ours::{Baseline, Case, CaseEvent, Expectation, Ours, SeverityBy, SubjectBy, ZoneBy};
pub use parse::{ParseOptions, Parsed, Strictness, parse};
