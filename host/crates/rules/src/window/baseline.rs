//! What is usual in a cell: values it has had, and how many matches it has.
//!
//! **New values.** An entry counts if its value was not seen in the `days` before it (whole UTC days). What an entry teaches
//! is learned a day after it happened, and not before: the first call to a country does not make the second one usual, so a
//! burst is one episode with all its calls, while tomorrow's call is no news. Entries that lack one of the fields have no
//! value; they neither count nor teach.
//!
//! **Rate.** An entry counts if the matches within `per` up to it are more than `factor` times the usual, and `at_least` so
//! many. Usual is the median over the days of history of each day's busiest clock `per`; days without a match count as
//! none. The entry's own day and the day before are no history, so that fraud which is going on teaches nothing, and
//! more than half of the days would have to be fraud before it was usual.
//!
//! **Cold start.** Nothing counts until the cell's first entry lies `after_days` back.
//!
//! All of it depends on the set of entries only. Not their order of arrival: values are kept with the earliest time of each
//! day, counts by `per`, and both until the horizon has passed them.

use std::collections::BTreeMap;

use model::Millis;
use serde::{Deserialize, Serialize};

use super::Entry;
use super::folding::Numbers;
use super::tuple::{Tuple, digest};
use crate::sigma::Baseline;

/// A day in milliseconds.
const DAY: Millis = 24 * 3_600_000;
/// An entry teaches what it holds so long after it happened.
pub(super) const LEARNED_AFTER: Millis = DAY;
/// Days before the entry's own that are no history of its rate.
const RATE_MARGIN: i64 = 2;
/// Most days of history that are looked at: a year and a month.
const MAX_DAYS: i64 = 400;

/// What a cell has learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct History {
    /// The first entry's time.
    since: Option<Millis>,
    /// Digest of a value, and a day on which it was seen: its earliest time on that day, in milliseconds. Of the days that
    /// are learned only the last is kept.
    values: BTreeMap<(u64, i64), u32>,
    /// Matches by `per` since 1970, of days that may still change.
    counts: BTreeMap<i64, u32>,
    /// Matches in the busiest `per` of days that are final.
    peaks: BTreeMap<i64, u32>,
}

impl History {
    /// Most pairs of value and day kept. Beyond, those seen longest ago are forgotten (and would be new again): a cell's
    /// history stays below a megabyte, and a busy number still has thousands of correspondents.
    pub(super) const MAX_VALUES: usize = 16_384;

    /// Takes an entry that was not there before.
    pub(super) fn learn(&mut self, baseline: &Baseline, columns: &[usize], entry: &Entry) {
        self.since = Some(self.since.map_or(entry.time, |since| since.min(entry.time)));
        match baseline {
            Baseline::NewValue { .. } => {
                if let Some(value) = value(columns, entry) {
                    let within = entry.time.rem_euclid(DAY) as u32;
                    let kept = self.values.entry((value, day(entry.time))).or_insert(within);
                    *kept = within.min(*kept);
                }
            }
            Baseline::Rate { per, .. } => {
                let count = self.counts.entry(entry.time.div_euclid(bucket(*per))).or_insert(0);
                *count = count.saturating_add(1);
            }
        }
    }

    /// Which entries count, and their figure: for rates the matches within `per`.
    pub(super) fn judge(
        &self,
        baseline: &Baseline,
        columns: &[usize],
        entries: &[Entry],
    ) -> (Vec<bool>, Option<Vec<f64>>) {
        match baseline {
            Baseline::NewValue { days, after_days, .. } => {
                let is_new = |(entry, value): (&Entry, Option<u64>)| {
                    self.is_warm(entry, *after_days)
                        && value.is_some_and(|value| !self.is_known(value, entry.time, *days))
                };
                (entries.iter().zip(values(columns, entries)).map(is_new).collect(), None)
            }
            Baseline::Rate { per, factor, at_least, days, after_days } => {
                let usual = self.usual_by_day(*per, *days, entries);
                let mut low = 0;
                let mut counts = vec![0.0; entries.len()];
                // All entries of an instant see each other, so that identities do not decide.
                let mut begin = 0;
                while begin < entries.len() {
                    let now = entries[begin].time;
                    let end = begin + entries[begin..].iter().take_while(|e| e.time == now).count();
                    while now - entries[low].time > *per {
                        low += 1;
                    }
                    counts[begin..end].fill((end - low) as f64);
                    begin = end;
                }
                let is_more = |(entry, count): (&Entry, &f64)| {
                    self.is_warm(entry, *after_days)
                        && *count >= f64::from(*at_least)
                        && *count > factor * usual.get(&day(entry.time)).copied().unwrap_or(0.0)
                };
                (entries.iter().zip(&counts).map(is_more).collect(), Some(counts))
            }
        }
    }

    /// Which entries may still count; none if all may. What is known stays known, whatever still comes at `horizon` or later,
    /// and a history that began too late to judge an entry before the horizon does not begin earlier any more.
    pub(super) fn may_count(
        &self,
        baseline: &Baseline,
        columns: &[usize],
        entries: &[Entry],
        horizon: Millis,
    ) -> Option<Vec<bool>> {
        let Baseline::NewValue { days, after_days, .. } = baseline else { return None };
        let may = |(entry, value): (&Entry, Option<u64>)| {
            value.is_some_and(|value| !self.is_known(value, entry.time, *days))
                && (self.is_warm(entry, *after_days) || warm_from(entry, *after_days) >= horizon)
        };
        Some(entries.iter().zip(values(columns, entries)).map(may).collect())
    }

    /// Forgets what entries at `from` or later do not ask for, and what is beyond bounds. No entry before `horizon` comes
    /// any more. Gives the number of values that were forgotten too early.
    pub(super) fn settle(&mut self, baseline: &Baseline, from: Millis, horizon: Millis) -> u64 {
        match baseline {
            Baseline::NewValue { days, .. } => {
                let settled = day(from.saturating_sub(LEARNED_AFTER));
                let oldest = day(from).saturating_sub(i64::from(*days));
                let mut last: Option<(u64, i64)> = None;
                let mut drop: Vec<(u64, i64)> = Vec::new();
                for &(value, day) in self.values.keys() {
                    if day >= settled {
                        continue;
                    }
                    if day < oldest {
                        drop.push((value, day));
                    } else if let Some(before) = last.replace((value, day)).filter(|l| l.0 == value) {
                        drop.push(before);
                    }
                }
                drop.iter().for_each(|key| {
                    self.values.remove(key);
                });
                self.bound()
            }
            Baseline::Rate { per, days, .. } => {
                let per = bucket(*per);
                let live = self.counts.split_off(&first_bucket(day(horizon), per));
                for (bucket, count) in std::mem::replace(&mut self.counts, live) {
                    let peak = self.peaks.entry(day(bucket.saturating_mul(per))).or_insert(0);
                    *peak = count.max(*peak);
                }
                let oldest = day(from).saturating_sub(i64::from(*days).min(MAX_DAYS));
                self.peaks = self.peaks.split_off(&oldest);
                0
            }
        }
    }

    fn bound(&mut self) -> u64 {
        let excess = self.values.len().saturating_sub(Self::MAX_VALUES);
        if excess == 0 {
            return 0;
        }
        let mut by_age: Vec<(i64, u64)> = self.values.keys().map(|&(value, day)| (day, value)).collect();
        by_age.sort_unstable();
        for &(day, value) in &by_age[..excess] {
            self.values.remove(&(value, day));
        }
        excess as u64
    }

    fn is_warm(&self, entry: &Entry, after_days: u32) -> bool {
        self.since.is_some_and(|since| since <= warm_from(entry, after_days))
    }

    /// Whether the value was seen at most `days` days before `time`, and a day before it at the latest.
    fn is_known(&self, value: u64, time: Millis, days: u32) -> bool {
        let oldest = day(time).saturating_sub(i64::from(days));
        let until = time.saturating_sub(LEARNED_AFTER);
        self.values
            .range((value, oldest)..=(value, day(until).max(oldest)))
            .any(|(&(_, seen), &within)| seen * DAY + Millis::from(within) <= until)
    }

    /// The usual busiest `per` of a day, for the days of these entries.
    fn usual_by_day(&self, per: Millis, days: u32, entries: &[Entry]) -> BTreeMap<i64, f64> {
        let per = bucket(per);
        let mut peaks = self.peaks.clone();
        for (bucket, count) in &self.counts {
            let peak = peaks.entry(day(bucket.saturating_mul(per))).or_insert(0);
            *peak = (*count).max(*peak);
        }
        let mut usual = BTreeMap::new();
        for entry in entries {
            let today = day(entry.time);
            usual.entry(today).or_insert_with(|| {
                let first = today.saturating_sub(i64::from(days).min(MAX_DAYS));
                let first = first.max(self.since.map_or(today, day));
                let mut history: Vec<u32> =
                    (first..=today - RATE_MARGIN).map(|day| peaks.get(&day).copied().unwrap_or(0)).collect();
                median(&mut history)
            });
        }
        usual
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == History::default()
    }

    /// About so many bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        // Nodes of a B-tree are about two thirds full.
        (self.values.len() * 20 + (self.counts.len() + self.peaks.len()) * 12) * 3 / 2
    }

    /// Whether days and counts can be those of a cell: what was read back may be anything.
    pub(super) fn is_sane(&self, largest: Millis) -> bool {
        let sane = |day: &i64| day.unsigned_abs() <= (largest / DAY) as u64 + 1;
        self.since.is_none_or(|since| since.abs() <= largest)
            && self.values.iter().all(|((_, day), within)| sane(day) && Millis::from(*within) < DAY)
            && self.peaks.keys().all(sane)
    }
}

/// The time at which the cell's first entry must lie, or before it, for this entry to be judged.
fn warm_from(entry: &Entry, after_days: u32) -> Millis {
    entry.time.saturating_sub(Millis::from(after_days).saturating_mul(DAY))
}

fn day(time: Millis) -> i64 {
    time.div_euclid(DAY)
}

/// Length of the clock spans that are counted; one that is longer than a day is counted by days.
fn bucket(per: Millis) -> Millis {
    per.clamp(1, DAY)
}

/// First bucket that begins on a day or later.
fn first_bucket(day: i64, per: Millis) -> i64 {
    day.saturating_mul(DAY).div_euclid(per) + i64::from(day.saturating_mul(DAY).rem_euclid(per) != 0)
}

fn median(values: &mut [u32]) -> f64 {
    values.sort_unstable();
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        length if length % 2 == 1 => f64::from(values[middle]),
        _ => (f64::from(values[middle - 1]) + f64::from(values[middle])) / 2.0,
    }
}

fn value(columns: &[usize], entry: &Entry) -> Option<u64> {
    let tuple = Tuple::new(entry, columns);
    tuple.is_whole().then(|| digest(tuple.iter()))
}

/// The values of entries, each worked out once.
fn values(columns: &[usize], entries: &[Entry]) -> Vec<Option<u64>> {
    let mut numbers = Numbers::default();
    let mut digests: Vec<Option<u64>> = Vec::new();
    entries
        .iter()
        .map(|entry| {
            let number = *numbers.entry(Tuple::new(entry, columns)).or_insert_with(|| {
                digests.push(value(columns, entry));
                digests.len() as u32 - 1
            });
            digests[number as usize]
        })
        .collect()
}
