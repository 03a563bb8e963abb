//! Cases under a rule's `tests:`: their records, delivered in several orders to the engine, and what is found against what
//! is expected.
//!
//! Owns what a line of a case means and when a case has passed. Does not own finding (`engine`, the same as in `run`),
//! printing (`cli::rules`), nor the form of a case in YAML (`rules::sigma`).

pub mod expect;
pub mod order;
pub mod place;
pub mod record;
