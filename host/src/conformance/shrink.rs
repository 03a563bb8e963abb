//! Makes the input of a failed check small: pieces of it are left out as long as the check still fails.
//!
//! Owns the bisection and its bounds. The failure of the small input may be worded differently; it is the same check.

use std::time::{Duration, Instant};

use model::Event;

use super::checks::Check;
use super::{Lab, Verdict};

/// Most times the check is run again; each halves or leaves the input as it is.
const MAX_TRIES: usize = 400;
/// Longest time spent; a slow plugin keeps a larger input.
const MAX_TIME: Duration = Duration::from_secs(20);

/// The smallest input found.
pub(super) fn smallest(lab: &Lab<'_>, check: &Check) -> Vec<Event> {
    let begun = Instant::now();
    let fails = |events: &[Event]| matches!((check.run)(lab, events).verdict, Verdict::Failed(_));
    let mut kept = lab.traffic.events.clone();
    let mut piece = kept.len().div_ceil(2);
    let left = || begun.elapsed() < MAX_TIME;
    let mut used = 0usize;
    while piece > 0 && left() {
        let mut at = 0;
        let before = kept.len();
        while at < kept.len() && used < MAX_TRIES && left() {
            let end = (at + piece).min(kept.len());
            let rest: Vec<Event> = kept[..at].iter().chain(&kept[end..]).cloned().collect();
            used += 1;
            if !rest.is_empty() && fails(&rest) {
                kept = rest;
            } else {
                at = end;
            }
        }
        // A smaller piece when this one helps no more.
        if kept.len() == before {
            piece /= 2;
        } else {
            piece = piece.min(kept.len().div_ceil(2));
        }
        if used >= MAX_TRIES {
            break;
        }
    }
    kept
}
