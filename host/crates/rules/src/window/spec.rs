//! What a cell is asked to find, and what it gives.

use model::{Millis, RecordId};
use serde::{Deserialize, Serialize};

use super::Datum;
use crate::sigma::{Baseline, Bound, Condition};

/// What one plan asks of its cells. Made by `set`, once per policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// The correlation tree; a rule on its own is `Node::Leaf(0)`.
    pub root: Node,
    /// An episode stays open so long after its last firing, in milliseconds.
    pub gap: Millis,
    /// Compare leaf entries with what is usual before anything else. The index is that of the leaf's columns.
    pub baseline: Option<(Baseline, Vec<usize>)>,
    /// Whether a [`Predicate`] decides, besides the root, which entries fire (a `when` that asks for window counts). Only for
    /// plans whose root is a leaf.
    pub has_predicate: bool,
    /// How far back the predicate looks, in milliseconds; 0 without one. Entries are kept that long.
    pub looks_back: Millis,
    /// How late an entry may be, in milliseconds.
    pub lateness: Millis,
}

impl Spec {
    /// How far back of a firing of the root a record can lie that has a part in it.
    pub(super) fn span(&self) -> Millis {
        self.root.span()
    }

    /// How far before the horizon entries are still needed.
    pub(super) fn reach(&self) -> Millis {
        let counted = match &self.baseline {
            Some((Baseline::Rate { per, .. }, _)) => *per,
            _ => 0,
        };
        self.span().saturating_add(counted.max(0)).max(self.looks_back)
    }

    pub(super) fn compares_rate(&self) -> bool {
        matches!(self.baseline, Some((Baseline::Rate { .. }, _)))
    }

    /// An episode does not end while the root's window still reaches back to it: two episodes of a group never begin with
    /// the same entry of the root's window, and so have different keys.
    pub(super) fn open_for(&self) -> Millis {
        self.gap.max(self.root.timespan())
    }

    /// An episode is at most so long, from its first firing to its last.
    pub(super) fn longest(&self) -> Millis {
        Episode::LONGEST.max(self.root.timespan())
    }
}

/// A node of the correlation tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Matches of a detection rule: entries with this `leaf`.
    Leaf(u16),
    /// A correlation over its children.
    Correlation {
        /// What is counted.
        kind: NodeKind,
        /// Children in the order of `rules`.
        children: Vec<Node>,
        /// `last - first <= timespan`, in milliseconds.
        timespan: Millis,
        /// Columns that separate this node's groups within the cell, for each leaf below it (index by leaf; leaves not below
        /// have an empty list). Empty for all: one group.
        group: Vec<Vec<usize>>,
    },
}

impl Node {
    /// This node's own window.
    pub(super) fn timespan(&self) -> Millis {
        match self {
            Node::Leaf(_) => 0,
            Node::Correlation { timespan, .. } => (*timespan).max(0),
        }
    }

    /// Its window and the longest of those below it.
    fn span(&self) -> Millis {
        match self {
            Node::Leaf(_) => 0,
            Node::Correlation { children, .. } => {
                let below = children.iter().map(Node::span).max().unwrap_or(0);
                self.timespan().saturating_add(below)
            }
        }
    }
}

/// What a correlation counts. Columns are given for each leaf below the node, as in `Node::Correlation::group`; of a child
/// that is itself a correlation the last entry of its window counts.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// Entries.
    EventCount(Vec<Bound>),
    /// Distinct values.
    ValueCount(Vec<Bound>, Vec<Vec<usize>>),
    /// Children that fired; without bounds all must have. The expression names children by their number, as `"0"`.
    Temporal(Vec<Bound>, Option<Condition>),
    /// Children that fired, in order.
    TemporalOrdered(Vec<Bound>),
    /// Sum.
    Sum(Vec<Bound>, Vec<Vec<usize>>),
    /// Mean.
    Avg(Vec<Bound>, Vec<Vec<usize>>),
    /// Percentile, 0 to 100.
    Percentile(f64, Vec<Bound>, Vec<Vec<usize>>),
}

/// A record that matched a leaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it happened.
    pub time: Millis,
    /// Which record. With the leaf it identifies the entry: a repetition changes nothing.
    pub id: RecordId,
    /// Which leaf of the plan.
    pub leaf: u16,
    /// When it was reported.
    pub report: Millis,
    /// Values of the plan's columns for this leaf.
    pub columns: Box<[Datum]>,
}

/// Decides on an entry with what was in the window before it: `when` with window counts.
pub trait Predicate {
    /// Whether `entries[at]` counts. Entries are sorted by time and identity; those after `at` must not be looked at.
    ///
    /// # Errors
    /// When the script fails: the entry does not count, and the rule is reported.
    fn holds(&self, entries: &[Entry], at: usize) -> Result<bool, PredicateError>;
}

/// A predicate that failed on a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PredicateError {
    /// What happened; holds no text of the record.
    pub message: String,
    /// The record.
    pub record: RecordId,
}

/// Firings that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Tells episodes of one cell apart: a digest of the group's columns at the root, and the time of the first entry of the
    /// root's window when it fired first. Holds no text of a record.
    pub key: String,
    /// Columns of the first entry.
    pub columns: Box<[Datum]>,
    /// Leaf of the first entry.
    pub leaf: u16,
    /// First entry's time. Of a chain, the first record that any of its windows holds.
    pub first: Millis,
    /// Last firing's time.
    pub last: Millis,
    /// Report time of the entry on which it fired first; the earliest, if there are several at that instant.
    pub raised: Millis,
    /// What it amounts to.
    pub figures: Figures,
    /// The first records, in order of time; at most [`Episode::MAX_EVIDENCE`].
    pub evidence: Vec<RecordId>,
}

impl Episode {
    /// Most records named by one finding; the count goes on.
    pub const MAX_EVIDENCE: usize = 200;
    /// An episode is at most so long, from its first firing to its last, in milliseconds: what goes on for weeks is told
    /// every week anew instead of being amended for ever, and a cell need not remember how it began.
    pub const LONGEST: Millis = 7 * 24 * 3_600_000;
}

/// Figures of an episode, for severity scripts, titles and attributes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Records that took part: those in the windows of the firings, each once.
    pub count: u64,
    /// The root's count, sum, mean or percentile at the firing where it was largest; for a leaf the count, or the largest
    /// number within `per` where the rule compares with its usual rate.
    pub value: f64,
    /// Records at which the root fired.
    pub firings: u64,
}
