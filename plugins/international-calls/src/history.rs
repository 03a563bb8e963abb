//! What a user's international calls were like: countries, and figures of the last 30 active days.
//!
//! Owns the bounded memory of a user. Does not own judgement ([`crate::judge`]).

use ringfence_sdk::{DAY, Millis, Name};
use serde::{Deserialize, Serialize};

use crate::{Call, Class};

/// Days with international calls that are remembered.
pub const DAYS: usize = 30;
/// Countries remembered per user; the one unused for longest goes.
const COUNTRIES: usize = 64;
/// Different numbers counted exactly per day; more are as unusual as that.
const NUMBERS: usize = 64;

/// A country the user called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    country: Name,
    /// First call of the present use.
    since: Millis,
    last: Millis,
}

/// Figures of one local day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// Calls.
    pub calls: u32,
    /// Seconds talked.
    pub seconds: u32,
    /// Different countries.
    pub countries: u16,
    /// Different numbers.
    pub numbers: u16,
    /// Calls at night.
    pub night: u32,
    /// Premium and satellite calls.
    pub premium: u32,
    /// Calls in the busiest 60 minutes.
    pub busiest: u32,
}

/// Names of the forest's features, in the order of [`Day::features`].
pub const FEATURES: [&str; 7] = [
    "number of calls",
    "minutes talked",
    "number of countries",
    "number of different numbers",
    "share of calls at night",
    "share of premium calls",
    "busiest hour",
];

impl Day {
    /// The day as the forest sees it.
    pub fn features(&self) -> [f64; FEATURES.len()] {
        let calls = f64::from(self.calls.max(1));
        [
            f64::from(self.calls),
            f64::from(self.seconds) / 60.0,
            f64::from(self.countries),
            f64::from(self.numbers),
            f64::from(self.night) / calls,
            f64::from(self.premium) / calls,
            f64::from(self.busiest),
        ]
    }
}

/// A user's memory.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    /// First local day on which the user was seen at all; 0 is never.
    first_day: i32,
    seen: Vec<Seen>,
    /// Oldest first.
    days: Vec<Day>,
    day: i32,
    today: Day,
    countries: Vec<Name>,
    numbers: Vec<u64>,
}

impl History {
    /// Notes that the user was seen.
    pub fn note_user(&mut self, day: i32) {
        if self.first_day == 0 {
            self.first_day = day;
        }
    }

    /// For how many days the user has been seen.
    pub fn age(&self, day: i32) -> i32 {
        if self.first_day == 0 { 0 } else { day - self.first_day }
    }

    /// Notes a call; gives since when the country has been in use, this call included.
    pub fn note_call(&mut self, call: &Call, at: Millis, busiest: usize, forget: Millis) -> Millis {
        let today = &mut self.today;
        today.calls += 1;
        today.seconds = today.seconds.saturating_add(call.seconds);
        today.night += u32::from(call.night);
        today.premium += u32::from(call.class == Class::Premium);
        today.busiest = today.busiest.max(busiest as u32);
        if !self.countries.contains(&call.country) && self.countries.len() < NUMBERS {
            self.countries.push(call.country);
        }
        if !self.numbers.contains(&call.number.0) && self.numbers.len() < NUMBERS {
            self.numbers.push(call.number.0);
        }
        today.countries = self.countries.len() as u16;
        today.numbers = self.numbers.len() as u16;
        self.note_country(call.country, at, forget)
    }

    /// Begins a local day, if it is another one.
    pub fn turn_to(&mut self, day: i32) {
        if day == self.day {
            return;
        }
        if self.today.calls > 0 {
            if self.days.len() == DAYS {
                self.days.remove(0);
            }
            self.days.push(self.today);
        }
        self.day = day;
        self.today = Day::default();
        self.countries.clear();
        self.numbers.clear();
    }

    fn note_country(&mut self, country: Name, at: Millis, forget: Millis) -> Millis {
        if let Some(seen) = self.seen.iter_mut().find(|s| s.country == country) {
            if at - seen.last > forget {
                seen.since = at;
            }
            seen.last = at;
            return seen.since;
        }
        if self.seen.len() == COUNTRIES {
            let oldest = (0..COUNTRIES).min_by_key(|i| self.seen[*i].last).unwrap_or(0);
            self.seen.remove(oldest);
        }
        self.seen.push(Seen { country, since: at, last: at });
        at
    }

    /// Whether the user had called the country before this moment and not only in the last days.
    pub fn countries_known(&self, before: Millis) -> usize {
        self.seen.iter().filter(|s| s.since + DAY <= before).count()
    }

    /// Whether the country came into use less than `phase` before this moment.
    pub fn is_new(&self, country: Name, now: Millis, phase: Millis) -> bool {
        self.seen.iter().any(|s| s.country == country && now - s.since < phase)
    }

    /// Today so far.
    pub fn today(&self) -> &Day {
        &self.today
    }

    /// Days before today, oldest first.
    pub fn days(&self) -> &[Day] {
        &self.days
    }

    /// Days of the last 30 with premium calls.
    pub fn premium_days(&self) -> usize {
        self.days.iter().filter(|d| d.premium > 0).count()
    }

    /// The busiest hour of the days before today.
    pub fn busiest_hour(&self) -> u32 {
        self.days.iter().map(|d| d.busiest).max().unwrap_or(0)
    }
}
