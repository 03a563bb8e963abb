//! How much there was within the last hour, on one clock or another.
//!
//! Owns slots of a minute. Does not own which clock: findings are counted by the log's, log lines by the wall's.

use std::collections::VecDeque;

use model::Millis;

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;

/// Counts by minute, for an hour.
#[derive(Clone, Debug, Default)]
pub(super) struct Hourly {
    /// Minute and count, ascending; at most one for each minute of an hour and the one under way.
    slots: VecDeque<(i64, u64)>,
}

impl Hourly {
    /// Adds what happened from one time to another. Of a span longer than an hour, as a stretch of old records is, an hour's part counts.
    pub(super) fn add(&mut self, from: Millis, to: Millis, count: u64) {
        if count == 0 {
            return;
        }
        let span = to.saturating_sub(from);
        let count = match u64::try_from(span) {
            Ok(millis) if span > HOUR => {
                let part = u128::from(count) * HOUR.unsigned_abs() as u128;
                u64::try_from(part.div_ceil(u128::from(millis))).unwrap_or(u64::MAX)
            }
            _ => count,
        };
        let minute = to.div_euclid(MINUTE);
        match self.slots.back_mut() {
            // A time that goes back belongs to what is known as now.
            Some((last, counted)) if *last >= minute => *counted = counted.saturating_add(count),
            _ => self.slots.push_back((minute, count)),
        }
        self.forget(to);
    }

    /// How many there were in the hour before `now`.
    pub(super) fn sum(&mut self, now: Millis) -> u64 {
        self.forget(now);
        self.slots.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// How many there would be if these were added.
    pub(super) fn with(&self, from: Millis, to: Millis, count: u64) -> u64 {
        let mut then = self.clone();
        then.add(from, to, count);
        then.sum(to)
    }

    fn forget(&mut self, now: Millis) {
        let least = now.saturating_sub(HOUR).div_euclid(MINUTE);
        while self.slots.front().is_some_and(|(minute, _)| *minute <= least) {
            self.slots.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_forgotten_after_an_hour() {
        let mut hourly = Hourly::default();
        let start = 1_780_000_000_000;
        for minute in 0..90 {
            hourly.add(start + minute * MINUTE, start + minute * MINUTE, 10);
        }
        assert_eq!(hourly.sum(start + 89 * MINUTE), 600);
        assert_eq!(hourly.with(start + 89 * MINUTE, start + 89 * MINUTE, 5), 605);
        assert_eq!(hourly.sum(start + 119 * MINUTE), 300);
        assert_eq!(hourly.sum(start + 1_000 * MINUTE), 0);
        assert!(hourly.slots.is_empty());
    }

    #[test]
    fn a_month_at_once_counts_by_its_hours() {
        let mut hourly = Hourly::default();
        hourly.add(0, 720 * HOUR, 7_200);
        assert_eq!(hourly.sum(720 * HOUR), 10);
        // A clock that goes back makes no room.
        hourly.add(0, 10, 3);
        assert_eq!(hourly.sum(720 * HOUR), 13);
    }
}
