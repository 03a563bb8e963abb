//! Records that belong together in event time: groups, correlations, baselines, episodes.
//!
//! A **cell** holds what one plan (an active rule or correlation with everything it stands on) knows of one partition key.
//! Its episodes are a function of the set of entries it was given within the allowed lateness, not of their order: it keeps
//! its entries sorted, and works out what fires anew whenever some were added. What is older than the horizon is sealed and
//! kept as a summary. Owns that function, its bounds and the stored form. Does not own which records match (`matching`,
//! `script`) or where cells are kept (the evaluator, the host).

mod baseline;
mod cell;
mod children;
mod codec;
mod datum;
mod episodes;
mod evaluate;
mod folding;
mod judge;
mod marks;
mod numbers;
mod ordered;
mod run;
mod spec;
mod tuple;

#[cfg(test)]
mod tests;

pub use cell::{Cell, Change, Inserted};
pub use codec::DecodeError;
pub use datum::Datum;
pub use evaluate::Evaluated;
pub use spec::{Entry, Episode, Figures, Node, NodeKind, Predicate, PredicateError, Spec};
