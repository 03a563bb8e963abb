//! What a finding tells of its calls.
//!
//! Owns the sums; the words are [`crate::report`]'s.

use ringfence_sdk::{Millis, Name, Stamped};
use serde::{Deserialize, Serialize};

use crate::habits::Standing;
use crate::hours::Hours;
use crate::night::Tally;
use crate::places::Known;
use crate::{Call, Class, local};

/// Countries named in one finding.
const NAMED: usize = 8;

/// What an episode's report tells.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    pub calls: u32,
    pub risky: u32,
    pub premium: u32,
    /// Calls to countries that were new to the user.
    pub fresh: u32,
    /// Of those, to countries that nobody of the organisation called.
    pub never: u32,
    pub mobile: u32,
    pub seconds: u64,
    pub location: Name,
    pub new_countries: Vec<Name>,
    pub countries: Vec<Name>,
    /// Local times of the first and last call.
    pub from: Millis,
    pub to: Millis,
    /// Of the first call.
    pub hours: Hours,
    pub habit_days: u32,
    pub habit_of: u32,
    /// Thousandths of a percent.
    pub chance: u32,
    /// Calls of a usual day, tenths.
    pub usual_calls: u32,
    pub age: i32,
    /// The latest night, its points, and what is left of those before.
    pub night: i32,
    pub nights: u32,
    pub points: u32,
    pub before: u32,
    pub most_calls: u32,
}

impl Facts {
    /// Takes a call in, with what its destination is to the user and to the organisation.
    pub fn add(&mut self, call: &Stamped<Call>, known: Known, standing: Standing) {
        let event = &call.event;
        self.calls += 1;
        self.risky += u32::from(event.is_risky());
        self.premium += u32::from(event.class == Class::Premium);
        self.mobile += u32::from(event.mobile);
        self.seconds += u64::from(event.seconds);
        if self.calls == 1 {
            (self.from, self.location, self.hours) = (local(call), event.location, event.hours);
        }
        self.to = local(call);
        if !event.is_risky() || !event.country.is_present() {
            return;
        }
        let fresh = event.class == Class::International && known <= Known::Recent;
        self.fresh += u32::from(fresh);
        self.never += u32::from(fresh && standing == Standing::Never);
        let names = if fresh { &mut self.new_countries } else { &mut self.countries };
        if names.len() < NAMED && !names.contains(&event.country) {
            names.push(event.country);
        }
    }

    /// Takes over a night's points; half of those of the night before stay, a quarter of those before it, and so on.
    pub fn turn_to(&mut self, tonight: &Tally) {
        if self.night != tonight.night {
            self.before = self.before.saturating_add(self.points) / 2;
            self.night = tonight.night;
            self.nights += 1;
        }
        self.points = tonight.points;
        self.most_calls = self.most_calls.max(tonight.calls);
    }
}
