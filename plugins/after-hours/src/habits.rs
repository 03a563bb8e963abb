//! Which countries the organisation calls in its business hours.
//!
//! Owns the memory that all users share: a country is the organisation's own when several people called it on several
//! days. Calls outside business hours do not teach, so that an attack does not. Days become known three days later (the
//! SDK's rule), so what happens now cannot excuse itself.

use std::collections::BTreeMap;

use ringfence_sdk::{Habits, Name};
use serde::{Deserialize, Serialize};

use crate::Config;

/// Countries remembered: there are fewer.
const COUNTRIES: usize = 300;

/// Who called a country on one day: the least and the greatest trace of a user. Two that differ are two people, and they
/// are the same in whatever order the calls come.
pub type Callers = (u32, u32);

/// See the module.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Countries {
    /// First day with a call abroad.
    since: i32,
    of: BTreeMap<Name, Country>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Country {
    callers: Callers,
    days: u32,
    last: i32,
}

/// What a country is to the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Several people call it.
    Usual,
    /// Somebody called it, or too little is known.
    Seldom,
    /// Nobody did, in an organisation that is known for long enough.
    Never,
}

/// Adds a caller to a day; says whether that is new.
pub fn add(day: &mut BTreeMap<Name, Callers>, country: Name, user: u32) -> bool {
    let callers = day.entry(country).or_insert((u32::MAX, 0));
    let before = *callers;
    *callers = (before.0.min(user), before.1.max(user));
    *callers != before
}

/// A text's trace (FNV-1a): handles differ from one run to the next.
pub fn trace(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Habits for Countries {
    type Day = BTreeMap<Name, Callers>;

    fn seal(&mut self, day: i32, of: &BTreeMap<Name, Callers>) {
        if self.since == 0 && !of.is_empty() {
            self.since = day;
        }
        for (name, callers) in of {
            if self.of.len() >= COUNTRIES && !self.of.contains_key(name) {
                continue;
            }
            let fresh = Country { callers: (u32::MAX, 0), days: 0, last: day };
            let country = self.of.entry(*name).or_insert(fresh);
            let before = country.callers;
            country.callers = (before.0.min(callers.0), before.1.max(callers.1));
            country.days = country.days.saturating_add(1);
            country.last = day;
        }
    }
}

impl Countries {
    /// What the country is to the organisation on a day.
    pub fn standing(&self, config: &Config, country: Name, today: i32) -> Standing {
        let known = self.of.get(&country).filter(|c| today - c.last <= config.country_forget_days);
        match known {
            Some(c) if c.days >= config.organisation_days && c.callers.0 != c.callers.1 => Standing::Usual,
            None if self.since > 0 && today - self.since >= config.organisation_learn_days => Standing::Never,
            _ => Standing::Seldom,
        }
    }
}
