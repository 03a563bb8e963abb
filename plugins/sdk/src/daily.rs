//! One event per subject and day, for detectors that must know since when a subject is seen but need no more.
//!
//! Owns a memory of what was let through, which may forget: a second event of the same day must change nothing.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::types::Name;

/// Subjects remembered; then it starts anew.
const REMEMBERED: usize = 200_000;

/// Lets the first event of a subject and day through, and seldom another.
#[derive(Debug, Default)]
pub struct OncePerDay(RefCell<FxHashMap<Name, i32>>);

impl OncePerDay {
    /// Whether this event should be let through.
    #[inline]
    pub fn first(&self, subject: Name, day: i32) -> bool {
        let mut days = self.0.borrow_mut();
        if days.len() >= REMEMBERED {
            days.clear();
        }
        days.insert(subject, day) != Some(day)
    }
}
