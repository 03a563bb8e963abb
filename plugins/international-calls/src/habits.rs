//! What is usual in the organisation: which countries and ranges it calls from where, and what its days look like.
//!
//! A user whose records begin is judged by these, and what is new to a user says more when nobody else calls there
//! either. Days are folded in when they are final, so arrival order cannot change them. Everything that is bounded
//! keeps what has the smallest hash: the same whatever came first. Owns the memory; judges nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher;

use ringfence_sdk::{Name, Number, resolve};
use serde::{Deserialize, Serialize};

use crate::Call;
use crate::places::range_of;
use crate::userday::{BUSIEST, Figures, Short, figures};

/// Days a country counts as used, and the days of its map.
const COUNTRY_DAYS: i32 = 60;
/// Days a range counts as used.
const RANGE_DAYS: i32 = 60;
/// Pairs of location and country.
const PAIRS: usize = 4_096;
/// Ranges remembered: an organisation that calls more of them has no rare ones.
const RANGES: usize = 20_000;
/// Ranges of one day.
const RANGES_A_DAY: usize = 4_096;
/// User-days taken from each day for the forest's sample.
const SAMPLED: usize = 16;
/// Calls of a sampled user-day that are counted; more are as unusual as these.
const CALLS_A_DAY: usize = 256;
/// Days from which user-days are sampled.
const SAMPLE_DAYS: i32 = 30;
/// Users told apart: enough to say whether others use something.
const USERS: usize = 3;
/// Days of use by others from which something is usual.
const USUAL_DAYS: u32 = 3;
/// Share of the sampled user-days that lie below what is called usual.
const USUAL_SHARE: f64 = 0.9;

/// How well something is known to others in the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// Nobody else used it.
    New,
    /// Others used it.
    Seen,
    /// It was used on several days, by others too.
    Usual,
}

/// A user's mark: from the text, because handles depend on the order of arrival.
pub fn mark(name: Name) -> u16 {
    (hash(name) >> 48) as u16
}

fn hash(name: Name) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(resolve(name).as_bytes());
    mix(hasher.finish())
}

/// SplitMix64's last step: spreads what differs in few bits.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A few users: those with the smallest marks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Few(Vec<u16>);

impl Few {
    fn add(&mut self, mark: u16) -> bool {
        let Err(at) = self.0.binary_search(&mark) else { return false };
        if at >= USERS {
            return false;
        }
        self.0.insert(at, mark);
        self.0.truncate(USERS);
        true
    }

    fn others(&self, me: u16) -> bool {
        self.0.iter().any(|m| *m != me)
    }
}

/// Adds to a map that keeps its smallest keys; whether it changed.
fn add<K: Ord>(map: &mut BTreeMap<K, Few>, most: usize, key: K, mark: u16) -> bool {
    let (before, known) = (map.len(), map.contains_key(&key));
    if !known && before >= most && map.last_key_value().is_some_and(|(last, _)| *last < key) {
        return false;
    }
    let changed = map.entry(key).or_default().add(mark);
    if map.len() > most {
        map.pop_last();
    }
    changed
}

/// One UTC day of the organisation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Day {
    countries: BTreeMap<u32, Few>,
    /// By the hash of the location's text and the country.
    pairs: BTreeMap<(u32, u32), Few>,
    ranges: BTreeMap<u32, Few>,
    /// Calls of the user-days with the smallest hashes.
    sample: BTreeMap<u64, BTreeSet<Short>>,
}

impl Day {
    /// Notes that a range is in use; whether it changed the day.
    pub fn note_range(&mut self, user: Name, number: Number) -> bool {
        add(&mut self.ranges, RANGES_A_DAY, range_of(number), mark(user))
    }

    /// Notes a call; whether it changed the day. Nothing here counts: a call noted twice changes nothing.
    pub fn note(&mut self, user: Name, call: &Call, short: Short, utc_day: i32) -> bool {
        let text = hash(user);
        let mark = (text >> 48) as u16;
        let mut changed = add(&mut self.countries, usize::MAX, call.country.0, mark);
        let place = (hash(call.location) >> 32) as u32;
        changed |= add(&mut self.pairs, PAIRS, (place, call.country.0), mark);
        changed |= add(&mut self.ranges, RANGES_A_DAY, range_of(call.number), mark);
        let rank = mix(text ^ mix(utc_day as u64));
        let full = self.sample.len() >= SAMPLED;
        if full && self.sample.last_key_value().is_some_and(|(last, _)| *last < rank) {
            return changed;
        }
        let calls = self.sample.entry(rank).or_default();
        changed |= calls.insert(short);
        if calls.len() > CALLS_A_DAY {
            calls.pop_last();
        }
        if self.sample.len() > SAMPLED {
            self.sample.pop_last();
        }
        changed
    }
}

/// Use of something over the last days.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Usage {
    /// The latest day with use: bit 0 of the map.
    last: i32,
    days: u64,
    few: Few,
}

impl Usage {
    fn fold(&mut self, day: i32, few: &Few) {
        let ahead = (day - self.last).max(0);
        self.days = self.days.checked_shl(ahead as u32).unwrap_or(0) | 1;
        self.last = day;
        few.0.iter().for_each(|m| {
            self.few.add(*m);
        });
    }

    fn known(&self, me: u16, day: i32, length: i32) -> Known {
        self.known_by(self.few.others(me), day, length)
    }

    fn known_by(&self, others: bool, day: i32, length: i32) -> Known {
        if day - self.last > length || !others {
            return Known::New;
        }
        let still = u64::MAX.checked_shr((64 - length + (day - self.last)).max(0) as u32).unwrap_or(0);
        match (self.days & still).count_ones() {
            0 => Known::New,
            days if days < USUAL_DAYS => Known::Seen,
            _ => Known::Usual,
        }
    }
}

/// A user-day of the sample.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sampled {
    day: i32,
    figures: Figures,
}

/// What is usual in the organisation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Habits {
    first: i32,
    last: i32,
    countries: BTreeMap<u32, Usage>,
    pairs: BTreeMap<(u32, u32), Usage>,
    ranges: BTreeMap<u32, Usage>,
    /// Oldest first.
    sample: Vec<Sampled>,
    /// Calls in the busiest hour of nine in ten user-days.
    usual_hour: u32,
    /// Hash of the sample.
    stamp: u64,
}

impl ringfence_sdk::Habits for Habits {
    type Day = Day;

    fn seal(&mut self, day: i32, of: &Day) {
        // A day of which nothing was learned may be here or not: it must not count.
        if of.countries.is_empty() && of.ranges.is_empty() {
            return;
        }
        if self.first == 0 {
            self.first = day;
        }
        self.last = self.last.max(day);
        of.countries.iter().for_each(|(k, few)| self.countries.entry(*k).or_default().fold(day, few));
        of.pairs.iter().for_each(|(k, few)| self.pairs.entry(*k).or_default().fold(day, few));
        of.ranges.iter().for_each(|(k, few)| self.ranges.entry(*k).or_default().fold(day, few));
        self.countries.retain(|_, u| day - u.last <= COUNTRY_DAYS);
        self.pairs.retain(|_, u| day - u.last <= COUNTRY_DAYS);
        self.ranges.retain(|_, u| day - u.last <= RANGE_DAYS);
        while self.pairs.len() > PAIRS {
            self.pairs.pop_last();
        }
        while self.ranges.len() > RANGES {
            self.ranges.pop_last();
        }
        self.sample.retain(|s| day - s.day < SAMPLE_DAYS);
        let calls = of.sample.values().map(|calls| calls.iter().copied().collect::<Vec<_>>());
        self.sample.extend(calls.map(|calls| Sampled { day, figures: figures(&calls) }));
        let mut busiest: Vec<u32> = self.sample.iter().map(|s| s.figures[BUSIEST] as u32).collect();
        busiest.sort_unstable();
        let at = (busiest.len() as f64 * USUAL_SHARE) as usize;
        self.usual_hour = busiest.get(at).copied().unwrap_or(0);
        let mut hasher = rustc_hash::FxHasher::default();
        self.sample.iter().flat_map(|s| s.figures).for_each(|f| hasher.write_u32(f.to_bits()));
        self.stamp = hasher.finish();
    }
}

impl Habits {
    /// Tells samples apart: a late record changes one that is not final.
    pub fn stamp(&self) -> u64 {
        self.stamp
    }

    /// Days that are known.
    pub fn age(&self) -> i32 {
        if self.first == 0 { 0 } else { 1 + self.last - self.first }
    }

    /// Whether others in the organisation call the country.
    pub fn country(&self, country: Name, me: u16, day: i32) -> Known {
        self.countries.get(&country.0).map_or(Known::New, |u| u.known(me, day, COUNTRY_DAYS))
    }

    /// Whether others at the location call the country.
    pub fn at_location(&self, location: Name, country: Name, me: u16, day: i32) -> Known {
        let key = ((hash(location) >> 32) as u32, country.0);
        self.pairs.get(&key).map_or(Known::New, |u| u.known(me, day, COUNTRY_DAYS))
    }

    /// Whether others in the organisation call the range.
    pub fn range(&self, range: u32, me: u16, day: i32) -> Known {
        self.ranges.get(&range).map_or(Known::New, |u| u.known(me, day, RANGE_DAYS))
    }

    /// Whether anybody is in touch with the range.
    pub fn range_by_any(&self, range: u32, day: i32) -> Known {
        self.ranges.get(&range).map_or(Known::New, |u| u.known_by(true, day, RANGE_DAYS))
    }

    /// Whether anybody calls the country.
    pub fn country_by_any(&self, country: Name, day: i32) -> Known {
        self.countries.get(&country.0).map_or(Known::New, |u| u.known_by(true, day, COUNTRY_DAYS))
    }

    /// Calls abroad in the busiest hour of nine in ten user-days.
    pub fn usual_hour(&self) -> u32 {
        self.usual_hour
    }

    /// The sampled user-days, oldest first.
    pub fn sample(&self) -> impl Iterator<Item = &Figures> {
        self.sample.iter().map(|s| &s.figures)
    }
}

#[cfg(test)]
#[path = "habits_tests.rs"]
mod tests;
