//! Which plugins were too slow for the main group, and when one may come back.
//!
//! Owns what outlives a term: the ledger, the pace, the stays. A stay lasts a minute at least and twice as long each time a plugin
//! has to leave again soon after it came back, up to an hour: coming back starts the main group anew from what is stored, and a plugin
//! must not be able to have that done over and over. Does not own running lanes (`lane`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::lane::Ending;
use crate::config::{Budget, LanesConfig};
use crate::engine::account::{Pace, is_over};
use crate::engine::ledger::Ledger;
use crate::plugin::Plugin;

/// Shortest stay in a lane.
const FIRST_STAY: Duration = Duration::from_secs(60);

/// Longest stay before it is looked at again.
const LONGEST_STAY: Duration = Duration::from_secs(3_600);

/// A plugin that has been back in the main group for this long starts again with the first stay.
const FORGIVEN_AFTER: Duration = Duration::from_secs(3_600);

/// Part of its budget that a plugin may use to come back: at all of it, it would leave again with the next burst.
const CALM: f64 = 0.7;

/// Rows after which it is known what one costs.
const ENOUGH_ROWS: u64 = 1_000;

/// See the module.
pub(super) struct Book {
    pub(super) ledger: Ledger,
    pub(super) pace: Arc<Pace>,
    /// Lanes of an earlier term that have not ended yet.
    pub(super) ending: Vec<Ending>,
    stays: BTreeMap<String, Stay>,
}

/// A plugin's times in a lane.
struct Stay {
    digest: String,
    length: Duration,
    /// When it came back.
    back: Option<Instant>,
}

impl Book {
    pub(super) fn new(lanes: LanesConfig) -> Book {
        Book {
            ledger: Ledger::default(),
            pace: Arc::new(Pace::new(lanes)),
            ending: Vec::new(),
            stays: BTreeMap::new(),
        }
    }

    /// A plugin must leave the main group, or must not come back to it.
    pub(super) fn enter(&mut self, plugin: &Plugin, now: Instant) {
        self.enter_as(plugin.id(), plugin.digest(), now);
    }

    fn enter_as(&mut self, id: &str, digest: &str, now: Instant) {
        let length = match self.stays.get(id) {
            Some(stay) if stay.digest == digest => match stay.back {
                None => return,
                Some(back) if now.duration_since(back) >= FORGIVEN_AFTER => FIRST_STAY,
                Some(_) => (stay.length * 2).min(LONGEST_STAY),
            },
            _ => FIRST_STAY,
        };
        self.stays.insert(id.to_owned(), Stay { digest: digest.to_owned(), length, back: None });
    }

    /// It comes back.
    pub(super) fn leave(&mut self, id: &str, now: Instant) {
        if let Some(stay) = self.stays.get_mut(id) {
            stay.back = Some(now);
        }
    }

    /// How long it has to stay; none if it is not in a lane for being slow.
    pub(super) fn stay(&self, plugin: &Plugin) -> Option<Duration> {
        self.stay_of(plugin.id(), plugin.digest())
    }

    fn stay_of(&self, id: &str, digest: &str) -> Option<Duration> {
        let stay = self.stays.get(id)?;
        (stay.back.is_none() && stay.digest == digest).then_some(stay.length)
    }

    /// Whether it must not run in the main group: it is slow, or its lane of an earlier term has not ended.
    pub(super) fn is_apart(&self, plugin: &Plugin) -> bool {
        self.stay(plugin).is_some() || self.ends(plugin.id())
    }

    /// Whether a lane of its has not ended yet.
    pub(super) fn ends(&self, id: &str) -> bool {
        self.ending.iter().any(|ending| ending.id == id && !ending.thread.is_finished())
    }
}

/// What a plugin used since a look at it began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    begun: Instant,
    time: Duration,
    rows: u64,
    records: u64,
}

impl Look {
    /// Begins with what it has used by now.
    pub(super) fn begin(begun: Instant, (time, rows): (Duration, u64), records: u64) -> Look {
        Look { begun, time, rows, records }
    }

    /// Whether it may run in the main group; none while too little is known.
    pub(super) fn verdict(
        &self,
        budget: &Budget,
        stay: Duration,
        now: Instant,
        (time, rows): (Duration, u64),
        records: u64,
    ) -> Option<bool> {
        let (time, rows) = (time.saturating_sub(self.time), rows.saturating_sub(self.rows));
        let wall = now.saturating_duration_since(self.begun);
        let is_known = wall >= stay && rows >= ENOUGH_ROWS;
        is_known.then(|| !is_over(budget, CALM, time, records.saturating_sub(self.records), rows, wall))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_comes_and_goes_stays_longer_each_time() {
        let mut book = Book::new(LanesConfig::default());
        let mut now = Instant::now();
        let mut lengths = Vec::new();
        for _ in 0..8 {
            book.enter_as("p", "d", now);
            book.enter_as("p", "d", now);
            lengths.push(book.stay_of("p", "d").unwrap().as_secs());
            now += Duration::from_secs(60);
            book.leave("p", now);
            assert_eq!(book.stay_of("p", "d"), None);
            now += Duration::from_secs(60);
        }
        assert_eq!(lengths, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        // Another file has done nothing yet, and long good conduct counts.
        book.enter_as("p", "d", now);
        assert_eq!(book.stay_of("p", "other"), None);
        book.leave("p", now);
        book.enter_as("p", "d", now + FORGIVEN_AFTER);
        assert_eq!(book.stay_of("p", "d"), Some(FIRST_STAY));
    }

    #[test]
    fn it_comes_back_when_it_is_well_within_its_budget_and_not_at_its_edge() {
        let budget = Budget { record_us: 2.0, ..Budget::default() };
        let begun = Instant::now();
        let look = Look::begin(begun, (Duration::from_secs(5), 100), 100);
        let after = |seconds: u64, micros: u64, rows: u64| {
            let time = Duration::from_secs(5) + Duration::from_micros(micros * rows);
            look.verdict(
                &budget,
                FIRST_STAY,
                begun + Duration::from_secs(seconds),
                (time, 100 + rows),
                100 + rows,
            )
        };
        assert_eq!((after(59, 1, 5_000_000), after(61, 1, 999)), (None, None));
        assert_eq!((after(61, 1, 5_000_000), after(61, 3, 5_000_000)), (Some(true), Some(false)));
        // With little traffic the part of the clock decides.
        assert_eq!((after(61, 1_000, 2_000), after(61, 2_000, 2_000)), (Some(true), Some(false)));
    }
}
