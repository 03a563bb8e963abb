//! Correlation rules: several records, or several rules' matches, within a time.

use model::Millis;

use super::{Metadata, Ours};
use crate::Span;

/// A correlation rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlation {
    /// About itself.
    pub meta: Metadata,
    /// What is counted.
    pub kind: CorrelationKind,
    /// Rules and correlations whose matches are taken, in order.
    pub rules: Vec<Reference>,
    /// Fields or aliases whose values separate groups; none is one group for all.
    pub group_by: Vec<(String, Span)>,
    /// How far apart the records of one match may begin, in milliseconds: `last - first <= timespan`.
    pub timespan: Millis,
    /// When it holds.
    pub test: CorrelationTest,
    /// Other names for fields, by rule.
    pub aliases: Vec<Alias>,
    /// Whether the rules it names are rules of their own, too.
    pub generate: bool,
    /// What stands under `ringfence:`.
    pub ours: Ours,
}

/// What a correlation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorrelationKind {
    /// Records.
    EventCount,
    /// Distinct values.
    ValueCount,
    /// Rules that matched.
    Temporal,
    /// Rules that matched in the order of `rules`.
    TemporalOrdered,
    /// Sum of a field.
    ValueSum,
    /// Mean of a field.
    ValueAvg,
    /// Percentile of a field.
    ValuePercentile,
}

/// When a correlation holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CorrelationTest {
    /// All must hold; at least one, but for temporal kinds, where none means every rule must have matched.
    pub bounds: Vec<Bound>,
    /// Fields whose values are counted or summed; several are taken together.
    pub fields: Vec<(String, Span)>,
    /// Which percentile, 0 to 100; 50 where the rule does not say.
    pub percentile: f64,
    /// Temporal kinds: a condition over the names in `rules` (specification 2.2, accepted proposal).
    pub expression: Option<super::Condition>,
}

/// One criterion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub value: f64,
}

/// How a count is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Equal.
    Eq,
    /// Different.
    Neq,
}

/// A rule named by another document: id or name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Id or name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// An alias of fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Its name, for `group-by`.
    pub name: String,
    /// The field it stands for, by rule.
    pub fields: Vec<(Reference, String)>,
}
