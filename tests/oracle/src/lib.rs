//! What our rules are held against: the best-known Rust implementation of Sigma, on the same rules and the same events.
//!
//! ```text
//! rule ─┬─ Ours ───┐
//!       │          ├─ the same answer, or a difference that the table knows (`differences`), found line by line (`explain`)
//! event ┴─ Theirs ─┘
//! ```
//!
//! Owns both readings of a rule, events made from a rule's own values, and the table of known differences. Does not own what
//! is compared: the tests do.

pub mod calls;
pub mod correlations;
pub mod differences;
pub mod engines;
pub mod events;
pub mod explain;
pub mod lines;
pub mod recognise;
pub mod sample;
