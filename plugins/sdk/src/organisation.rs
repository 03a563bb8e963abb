//! What the organisation as a whole is like: learned day by day, and the same for every subject, whatever arrives when.
//!
//! A subject's fold may depend only on its own events, or the order of arrival would show. So habits come with a delay
//! that makes them certain: an event sees the days up to [`DELAY_DAYS`] before its own, and by the time it is stepped
//! those are nearly always final. Where they are not (the few records ahead of the watermark), the runner steps it
//! again when they are. Every instance learns from the same rows, so all of them hold the same habits. Owns days and
//! their folding; does not own which rows teach ([`crate::Detector::learn`]).

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::calendar::day_of;
use crate::types::{DAY, Millis};

/// An event sees the days that ended at least two days before its own began. Events come up to a day late, a batch spans
/// up to half a day: two would make many wait, three hardly any.
pub(crate) const DELAY_DAYS: i32 = 3;

/// So long before the horizon an event may lie that is still stepped again: one that was stored, unsealed, together with
/// one that is after the horizon. They are at most a batch, the lateness and a silence of the whole organisation apart;
/// two weeks are the longest holidays.
const SLACK_DAYS: i32 = 14;

/// Days kept apart at most; more are folded before they are final. Events are at most some days ahead of the horizon.
const MOST_DAYS: usize = 400;

/// What is known of the organisation as a whole.
pub trait Habits: Clone + Default + Serialize + DeserializeOwned {
    /// What is kept of one UTC day until it is folded: sets and maxima, so that rows may come in any order and again.
    type Day: Clone + Default + Serialize + DeserializeOwned;

    /// Whether there is nothing to know: then nothing is kept, and nothing waits.
    const NONE: bool = false;

    /// Folds a day. Days come in ascending order; days without rows are left out.
    fn seal(&mut self, day: i32, of: &Self::Day);
}

impl Habits for () {
    type Day = ();
    const NONE: bool = true;

    fn seal(&mut self, _day: i32, _of: &()) {}
}

/// What is stored: all but what can be made anew.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Stored<H> {
    /// Habits after all days up to this one.
    base: H,
    through: i32,
    /// Days before this are final.
    open_from: i32,
}

/// A key with what is to be stored there; nothing means that the key goes.
pub(crate) type Change = (String, Option<Vec<u8>>);

/// Days of the organisation, folded as far as they are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Organisation<H: Habits> {
    none: H,
    stored: Stored<H>,
    days: BTreeMap<i32, H::Day>,
    /// Habits after all days up to one that was asked for.
    folded: BTreeMap<i32, H>,
    /// Of what must be stored: the base, and days.
    base_changed: bool,
    days_changed: Vec<i32>,
}

impl<H: Habits> Default for Organisation<H> {
    fn default() -> Self {
        Organisation {
            none: H::default(),
            stored: Stored { base: H::default(), through: i32::MIN, open_from: i32::MIN },
            days: BTreeMap::new(),
            folded: BTreeMap::new(),
            base_changed: false,
            days_changed: Vec::new(),
        }
    }
}

impl<H: Habits> Organisation<H> {
    /// Learns from a row of that moment.
    #[inline]
    pub(crate) fn learn(&mut self, at: Millis, learn: impl FnOnce(&mut H::Day) -> bool) {
        let day = day_of(at);
        if H::NONE || day <= self.stored.through {
            return;
        }
        let known = self.days.contains_key(&day);
        let learned = learn(self.days.entry(day).or_default());
        if !learned && !known {
            // A day of which nothing is stored must not be there either.
            self.days.remove(&day);
        }
        if learned {
            if !self.days_changed.contains(&day) {
                self.days_changed.push(day);
            }
            // What was folded over it is out of date; such days are not final, and seldom asked for.
            if self.folded.last_key_value().is_some_and(|(through, _)| *through >= day) {
                self.folded.retain(|through, _| *through < day);
            }
        }
    }

    /// What an event that starts at this moment sees.
    #[inline]
    pub(crate) fn before(&mut self, start: Millis) -> &H {
        if H::NONE { &self.none } else { self.upto(day_of(start) - DELAY_DAYS) }
    }

    fn upto(&mut self, day: i32) -> &H {
        if !self.folded.contains_key(&day) {
            let below = self.folded.range(..=day).next_back();
            let (through, habits) = below.map_or((self.stored.through, &self.stored.base), |(d, h)| (*d, h));
            if through >= day || self.days.range(through + 1..=day).next().is_none() {
                // Nothing lies between: no copy.
                return match self.folded.range(..=day).next_back() {
                    Some((_, habits)) => habits,
                    None => &self.stored.base,
                };
            }
            let mut habits = habits.clone();
            for (day, of) in self.days.range(through + 1..=day) {
                habits.seal(*day, of);
            }
            self.folded.insert(day, habits);
        }
        self.folded.get(&day).unwrap_or(&self.none)
    }

    /// Nothing before this will be learned or inserted any more, and what lies before it has seen what is final.
    pub(crate) fn final_before(&self) -> Millis {
        match self.stored.open_from {
            i32::MIN => Millis::MIN,
            day => i64::from(day) * DAY,
        }
    }

    /// Whether what an event that starts at this moment sees can still change.
    #[inline]
    pub(crate) fn is_open(&self, start: Millis) -> bool {
        !H::NONE && day_of(start) - DELAY_DAYS >= self.stored.open_from
    }

    /// Nothing that starts before the horizon will be learned any more. To be called when those that waited for it have
    /// been stepped again: older folds go.
    pub(crate) fn forget(&mut self, horizon: Millis) {
        if H::NONE || horizon == Millis::MIN {
            return;
        }
        let mut keep = day_of(horizon) - DELAY_DAYS - SLACK_DAYS;
        if self.days.len() > MOST_DAYS
            && let Some(day) = self.days.keys().nth(self.days.len() - MOST_DAYS)
        {
            keep = keep.max(*day);
        }
        if keep <= self.stored.through {
            return;
        }
        while let Some(entry) = self.days.first_entry()
            && *entry.key() <= keep
        {
            let (day, of) = entry.remove_entry();
            self.stored.base.seal(day, &of);
            self.days_changed.retain(|d| *d != day);
            self.days_changed.push(day);
        }
        self.stored.through = keep;
        self.folded = self.folded.split_off(&keep);
        self.base_changed = true;
    }

    /// Moves on what counts as final.
    pub(crate) fn settle(&mut self, horizon: Millis) {
        if !H::NONE && horizon != Millis::MIN && day_of(horizon) > self.stored.open_from {
            self.stored.open_from = day_of(horizon);
            self.base_changed = true;
        }
    }

    /// What changed since the last time.
    pub(crate) fn changes(&mut self) -> Result<Vec<Change>, postcard::Error> {
        let mut changes = Vec::new();
        if std::mem::take(&mut self.base_changed) || !self.days_changed.is_empty() {
            // The days that stand beside it, because a host gives a value to a key and no list of keys.
            let days: Vec<i32> = self.days.keys().copied().collect();
            changes.push((BASE.to_owned(), Some(postcard::to_allocvec(&(&self.stored, days))?)));
        }
        for day in std::mem::take(&mut self.days_changed) {
            let bytes = self.days.get(&day).map(postcard::to_allocvec).transpose()?;
            changes.push((format!("{BASE}/{day}"), bytes));
        }
        Ok(changes)
    }

    /// Reads what is stored.
    pub(crate) fn read(get: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Self, String> {
        let mut organisation = Organisation::default();
        if H::NONE {
            return Ok(organisation);
        }
        let wrong = |key: &str, e: postcard::Error| format!("key '{key}': {e}");
        let Some(bytes) = get(BASE) else { return Ok(organisation) };
        let (stored, days): (Stored<H>, Vec<i32>) =
            postcard::from_bytes(&bytes).map_err(|e| wrong(BASE, e))?;
        organisation.stored = stored;
        for day in days.into_iter().take(MOST_DAYS + 1) {
            let key = format!("{BASE}/{day}");
            let of = get(&key).map(|bytes| postcard::from_bytes(&bytes)).transpose();
            organisation.days.insert(day, of.map_err(|e| wrong(&key, e))?.unwrap_or_default());
        }
        Ok(organisation)
    }
}

/// Key under which it is stored; the days have it before their number. The host knows that all instances write the same there.
const BASE: &str = "habits";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Seen(Vec<(i32, BTreeSet<u32>)>);

    impl Habits for Seen {
        type Day = BTreeSet<u32>;

        fn seal(&mut self, day: i32, of: &BTreeSet<u32>) {
            self.0.push((day, of.clone()));
        }
    }

    fn teach(organisation: &mut Organisation<Seen>, day: i64, what: u32) {
        organisation.learn(day * DAY, |seen| seen.insert(what));
    }

    #[test]
    fn an_event_sees_days_up_to_three_before_its_own() {
        let mut organisation = Organisation::<Seen>::default();
        for day in [10, 12, 13] {
            teach(&mut organisation, day, day as u32);
        }
        let days = |o: &mut Organisation<Seen>, at: i64| {
            o.before(at * DAY).0.iter().map(|(d, _)| *d).collect::<Vec<_>>()
        };
        assert_eq!(days(&mut organisation, 12), [0; 0]);
        assert_eq!(days(&mut organisation, 13), [10]);
        assert_eq!(days(&mut organisation, 16), [10, 12, 13]);
        assert_eq!(days(&mut organisation, 13), [10], "whatever was asked before");
        // A late row of a day that is not final.
        teach(&mut organisation, 11, 7);
        assert_eq!(days(&mut organisation, 16), [10, 11, 12, 13]);
        organisation.settle(15 * DAY);
        organisation.forget(15 * DAY);
        assert_eq!(days(&mut organisation, 16), [10, 11, 12, 13]);
        assert_eq!(days(&mut organisation, 15), [10, 11, 12]);
        assert!(!organisation.is_open(17 * DAY) && organisation.is_open(18 * DAY));
    }

    #[test]
    fn a_row_that_teaches_nothing_makes_no_day() {
        let mut organisation = Organisation::<Seen>::default();
        organisation.learn(5 * DAY, |_| false);
        assert!(organisation.before(20 * DAY).0.is_empty() && organisation.changes().unwrap().is_empty());
    }

    #[test]
    fn what_is_stored_comes_back() {
        let mut organisation = Organisation::<Seen>::default();
        let mut store = BTreeMap::new();
        for day in 1..40 {
            teach(&mut organisation, day, 1);
            teach(&mut organisation, day, 1);
            organisation.settle((day - 1) * DAY);
            organisation.forget((day - 1) * DAY);
            for (key, value) in organisation.changes().unwrap() {
                match value {
                    Some(value) => drop(store.insert(key, value)),
                    None => drop(store.remove(&key)),
                }
            }
            let mut read = Organisation::<Seen>::read(|key| store.get(key).cloned()).unwrap();
            for at in day..day + 4 {
                assert_eq!(read.before(at * DAY), organisation.before(at * DAY));
                assert_eq!(read.is_open(at * DAY), organisation.is_open(at * DAY));
            }
        }
        assert!(store.len() < 22, "days that are folded are deleted: {:?}", store.keys());
        assert!(organisation.changes().unwrap().is_empty());
    }
}
