//! Reads what version 1 stored, so that nobody's rhythm is lost.
//!
//! Owns the old types. Findings of version 1 were one per night: those still open go on under today's rules.

use ringfence_sdk::{Migrated, Millis, Name, Number, OldState, RecordId};
use serde::{Deserialize, Serialize};

use crate::hours::Hours;
use crate::night::Tally;
use crate::rhythm::OldRhythm;
use crate::{AfterHours, Call, Class, Facts, State};

#[derive(Clone, Copy, Serialize, Deserialize)]
enum OldClass {
    National,
    International,
    Premium,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum OldHours {
    Open,
    Closed,
    DayOff,
}

impl OldHours {
    fn new(self) -> Hours {
        match self {
            OldHours::Open => Hours::Open,
            OldHours::Closed => Hours::Night,
            OldHours::DayOff => Hours::DayOff,
        }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct OldCall {
    country: Name,
    location: Name,
    seconds: u32,
    offset: i16,
    class: OldClass,
    hours: OldHours,
}

#[derive(Default, Serialize, Deserialize)]
struct OldUser {
    rhythm: OldRhythm,
    night: i32,
    waiting: Vec<RecordId>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct OldFacts {
    calls: u32,
    risky: u32,
    premium: u32,
    seconds: u64,
    location: Name,
    countries: Vec<Name>,
    from: Millis,
    to: Millis,
    day_off: bool,
    usual: u32,
    age: i32,
}

/// See the module.
pub fn migrate(stored: OldState<'_>) -> Result<Migrated<AfterHours>, String> {
    let call = |old: OldCall| Call {
        country: old.country,
        location: old.location,
        number: Number::ABSENT,
        seconds: old.seconds,
        offset: old.offset,
        class: match old.class {
            OldClass::National => Class::National,
            OldClass::International => Class::International,
            OldClass::Premium => Class::Premium,
        },
        hours: old.hours.new(),
        mobile: false,
    };
    let state = |old: OldUser| State {
        rhythm: old.rhythm.into(),
        tonight: Tally::of(old.night),
        found: (old.night != 0).then_some(old.night),
        ..State::default()
    };
    let facts = |old: OldFacts| Facts {
        calls: old.calls,
        risky: old.risky,
        premium: old.premium,
        seconds: old.seconds,
        location: old.location,
        countries: old.countries,
        from: old.from,
        to: old.to,
        hours: if old.day_off { Hours::DayOff } else { Hours::Night },
        habit_days: old.usual,
        age: old.age,
        nights: 1,
        ..Facts::default()
    };
    stored.read::<AfterHours, OldCall, OldUser, OldFacts>(call, state, facts)
}
