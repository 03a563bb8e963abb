//! All that the author of a Ringfence detector needs.
//!
//! A detector says which rows it wants ([`Detector::select`]), what it makes of them in the order in which they
//! happened ([`Detector::step`]), and how it puts an episode into words ([`Detector::describe`]). The SDK owns the rest:
//! late, shuffled and repeated events, state that survives restarts, revisions of findings, and the component itself
//! ([`register!`]). Does not own the interface: `wit/` does.
//!
//! # A detector in thirty lines
//!
//! Its manifest (`plugin.toml`) names the columns it reads and the settings it has; the rest is here.
//!
//! ```
//! use ringfence_sdk::{Case, Detector, Episode, Episodes, HOUR, Millis, Now, Report, Row, Severity, Subject, known};
//!
//! ringfence_sdk::register!(Repeated, "src/example.toml");
//!
//! #[derive(serde::Deserialize)]
//! struct Repeated {
//!     calls: usize,
//! }
//!
//! impl Detector for Repeated {
//!     type Config = Self; // settings, read from JSON
//!     type Event = (); // what is kept of a row
//!     type State = (); // what is remembered of a subject between events
//!     type Facts = (); // what is remembered of an episode
//!     type Habits = (); // what is known of the organisation
//!
//!     fn new(config: Self) -> Result<Self, String> {
//!         Ok(config)
//!     }
//!     fn look_back(&self) -> Millis {
//!         HOUR
//!     }
//!     fn select(&self, row: &Row<'_>) -> Option<(Subject, ())> {
//!         (row.called_class() == known::PREMIUM).then(|| (Subject::User(row.user()), ()))
//!     }
//!     fn step(&self, _: &mut (), now: &Now<'_, ()>, episodes: &mut Episodes<()>) {
//!         if now.within(HOUR).len() >= self.calls {
//!             episodes.extend(Case::new("premium-calls", HOUR), now.within(HOUR)).0.rise(Severity::Medium);
//!         }
//!     }
//!     fn describe(&self, _: Subject, episode: &Episode<()>) -> Report {
//!         Report::new(format!("{} calls to premium-rate numbers", episode.records()))
//!     }
//! }
//!
//! // And its test, without WebAssembly: whatever the order, the batches, the repeats and the restarts.
//! use ringfence_sdk::harness::{Harness, Record};
//! let call = |id, at| Record::at(id, at).set("user", "ana").set("called_class", "premium").talked(60);
//! let records =
//!     [call(1, "2026-03-01T10:00:00Z"), call(2, "2026-03-01T10:20:00Z"), call(3, "2026-03-01T10:50:00Z")];
//! let findings = Harness::new(MANIFEST).check_everything::<Repeated>(&records);
//! assert_eq!(findings.values().next().unwrap().title, "3 calls to premium-rate numbers");
//! ```
//!
//! `ringfence plugin new --lang rust NAME` makes a project of this kind; `cargo build --release --target wasm32-wasip2` makes the component.
//!
//! # What is where
//!
//! | for | look at |
//! |---|---|
//! | what a row has | [`Row`], [`fields`], [`known`] for values of enumerations |
//! | looking back | [`Now::within`], [`Window`], [`OncePerDay`] |
//! | episodes and what they say | [`Episodes`], [`Case`], [`Report`] |
//! | names, zones, business hours, lines for the operator | [`names`], [`directory`], [`mod@log`] |
//! | what the organisation usually does | [`Habits`] |
//! | another form of stored state | [`Detector::migrate`] |
//! | tests | [`harness`] |

#![deny(missing_docs)]

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
mod json;
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
