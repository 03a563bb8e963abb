//! All that the author of a Ringfence detector needs.
//!
//! A detector says which rows it wants ([`Detector::select`]), what it makes of them in the order in which they
//! happened ([`Detector::step`]), and how it puts an episode into words ([`Detector::describe`]). The SDK owns the rest:
//! late, shuffled and repeated events, state that survives restarts, revisions of findings, and the component itself
//! ([`register!`]). `plugins/template` is the shortest complete example. Does not own the interface: `wit/` does.

#[cfg(target_family = "wasm")]
pub mod bindings;
pub mod calendar;
#[cfg(target_family = "wasm")]
pub mod component;
pub mod countries;
mod daily;
mod detector;
pub mod directory;
mod episode;
#[rustfmt::skip]
pub mod fields;
mod finding;
#[cfg(test)]
mod habits_tests;
#[cfg(not(target_family = "wasm"))]
pub mod harness;
mod imports;
pub mod log;
pub mod names;
mod organisation;
mod panel;
mod register;
mod rest;
mod row;
mod runner;
#[cfg(test)]
mod runner_tests;
mod setup;
mod span;
mod timeline;
pub mod types;
mod words;

pub use daily::OncePerDay;
pub use detector::Detector;
pub use episode::{About, Case, Episode, Episodes};
pub use fields::known;
pub use finding::{Finding, MAX_EVIDENCE, MAX_TITLE, Output, Report, Value};
pub use names::resolve;
pub use organisation::Habits;
pub use row::{Batch, Column, Columns, Row};
pub use runner::{NativeRunner, Runner};
pub use setup::Setup;
pub use span::{Now, Span, Stamped, Window};
pub use timeline::{Migrated, OldState};
pub use types::{DAY, Error, HOUR, MINUTE, Millis, Name, Number, RecordId, SECOND, Severity, Subject};
pub use words::plural;
