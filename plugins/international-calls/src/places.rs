//! Where somebody calls: countries or number ranges, each with since when, until when and how often.
//!
//! Owns a small bounded table. Does not own what is unusual ([`crate::evidence`]).

use ringfence_sdk::{Name, Number};
use serde::{Deserialize, Serialize};

/// Digits that neighbouring numbers of one range differ in.
const RANGE: u64 = 10_000;

/// A number without its last digits, so many as `by` has zeros; what is not a full number stays whole.
pub fn leading(number: Number, by: u64) -> u64 {
    number.e164().map_or(number.0, |digits| digits / by)
}

/// Key of the range a number lies in: its number without the last four digits, mixed.
pub fn range_of(number: Number) -> u32 {
    (leading(number, RANGE).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

/// Key of a country.
pub fn country_key(country: Name) -> u32 {
    country.0
}

/// A country or range in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    key: u32,
    /// Latest day of use; days since 1970 fit until 2149.
    last: u16,
    /// Days from the first use to the last.
    age: u16,
    /// Days with calls, up to 255.
    pub days: u8,
    /// Days with calls in the present run, without more than [`RUN_GAP`] days between two, up to 255.
    pub run_days: u8,
    /// Half calls in the run: two for an answered call, one for another, up to 255.
    halves: u8,
    /// A finding of medium or above has calls to it.
    pub suspect: bool,
}

impl Place {
    /// First day of the present use.
    fn first(&self) -> i32 {
        i32::from(self.last) - i32::from(self.age)
    }

    /// Calls in the present run; those without an answer count half.
    pub fn calls(&self) -> f64 {
        f64::from(self.halves) / 2.0
    }

    /// Whether it has been in use for so long that a call there is nothing new.
    pub fn is_established(&self, day: i32, phase: i32) -> bool {
        // What a finding is about takes longer: an attack must not become a habit by going on.
        let phase = if self.suspect { SUSPECT_PHASES * phase } else { phase };
        self.days > 1 && day - self.first() >= phase
    }
}

/// A call after more days begins a new run: a slow drip pauses over a weekend, a relative is called now and then.
const RUN_GAP: i32 = 4;

/// A suspect place becomes known after so many times the usual phase.
const SUSPECT_PHASES: i32 = 4;

/// A bounded table of places.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Places(Vec<Place>);

fn short(day: i32) -> u16 {
    day.clamp(0, i32::from(u16::MAX)) as u16
}

impl Places {
    /// The place, if it was used within `forget` days.
    pub fn get(&self, key: u32, day: i32, forget: i32) -> Option<&Place> {
        self.0.iter().find(|p| p.key == key && day - i32::from(p.last) <= forget)
    }

    /// Places used before this day that no finding is about.
    pub fn used(&self, day: i32, forget: i32) -> usize {
        let used = |p: &&Place| {
            let last = i32::from(p.last);
            day - last <= forget && (last < day || p.days > 1) && !p.suspect
        };
        self.0.iter().filter(used).count()
    }

    /// Notes a call. At most `most` places are kept: those used on one day only go first, and among them the one unused
    /// for longest.
    pub fn note(&mut self, key: u32, day: i32, answered: bool, forget: i32, most: usize) {
        let halves = 1 + u8::from(answered);
        if let Some(place) = self.0.iter_mut().find(|p| p.key == key) {
            let since = day - i32::from(place.last);
            if since > forget {
                *place = Place { key, last: short(day), days: 1, run_days: 1, halves, ..Place::default() };
            } else {
                if since > RUN_GAP {
                    (place.run_days, place.halves) = (0, 0);
                }
                if since > 0 {
                    place.run_days = place.run_days.saturating_add(1);
                    place.days = place.days.saturating_add(1);
                    place.age = place.age.saturating_add(since as u16);
                    place.last = short(day);
                }
                place.halves = place.halves.saturating_add(halves);
            }
            return;
        }
        if self.0.len() >= most {
            let least = (0..self.0.len()).min_by_key(|i| (self.0[*i].days > 1, self.0[*i].last));
            self.0.remove(least.unwrap_or(0));
        }
        self.0.push(Place { key, last: short(day), days: 1, run_days: 1, halves, ..Place::default() });
    }

    /// Marks a place that a finding is about.
    pub fn suspect(&mut self, key: u32) {
        if let Some(place) = self.0.iter_mut().find(|p| p.key == key) {
            place.suspect = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_new_then_established_then_forgotten() {
        let mut places = Places::default();
        places.note(5, 100, true, 60, 4);
        assert!(!places.get(5, 107, 60).unwrap().is_established(107, 7), "one day only");
        places.note(5, 103, false, 60, 4);
        let place = places.get(5, 107, 60).unwrap();
        assert_eq!((place.days, place.calls()), (2, 1.5));
        assert_eq!(place.run_days, 2);
        assert!(place.is_established(107, 7) && !place.is_established(106, 7));
        places.note(5, 110, true, 60, 4);
        let place = places.get(5, 110, 60).unwrap();
        assert_eq!((place.days, place.run_days, place.calls()), (3, 1, 1.0), "another run");
        assert!(places.get(5, 171, 60).is_none());
        places.note(5, 175, true, 60, 4);
        assert_eq!(places.get(5, 175, 60).unwrap().days, 1, "its use begins anew");
    }

    #[test]
    fn what_is_suspect_is_not_soon_usual() {
        let mut places = Places::default();
        places.note(5, 100, true, 60, 4);
        places.note(5, 101, true, 60, 4);
        places.suspect(5);
        assert!(!places.get(5, 110, 60).unwrap().is_established(110, 7));
        assert!(places.get(5, 128, 60).unwrap().is_established(128, 7));
    }

    #[test]
    fn habits_outlive_single_uses() {
        let mut places = Places::default();
        places.note(1, 100, true, 60, 2);
        places.note(1, 101, true, 60, 2);
        for key in 2..20 {
            places.note(key, 102, true, 60, 2);
        }
        assert!(places.get(1, 102, 60).is_some() && places.get(19, 102, 60).is_some());
        assert!(places.get(2, 102, 60).is_none());
    }

    #[test]
    fn neighbours_share_a_range() {
        let of = |digits| range_of(Number::from_e164(digits).unwrap());
        assert_eq!(of(37_120_001_111), of(37_120_009_999));
        assert_ne!(of(37_120_001_111), of(37_120_011_111));
    }
}
